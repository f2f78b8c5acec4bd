"""timm's ConvNeXt as OpenCLIP's tower for pictures (timm/models/convnext.py; Liu et al., "A ConvNet for the 2020s",
2022). Pictures are [batch, rows, columns, channels] throughout, so that all but the depthwise convolutions are
products.
"""

import torch
from torch import Tensor

from . import checks, convolutions, layers
from . import open_clip_timm as timm
from .model import Model
from .open_clip_timm import default_names, defaults  # noqa: F401


def stage(i: int) -> str:
    return "visual.trunk.stages." + str(i) + "."


def block(i: int, j: int) -> str:
    return stage(i) + "blocks." + str(j) + "."


def stages(m: Model) -> int:
    return layers.stored_blocks(m, "visual.trunk.stages.", ".blocks.0.norm.weight")


def blocks(m: Model, i: int) -> int:
    return layers.stored_blocks(m, stage(i) + "blocks.", ".norm.weight")


def channels(m: Model, i: int) -> int:
    return layers.stored_size(m, block(i, 0) + "norm.weight", 0)


def eps(m: Model) -> float:
    return 1e-5 if "_xxlarge" in timm.name(m) else 1e-6


def problems(m: Model, found: list[str]) -> None:
    before = len(found)
    layers.check_integer(m, found, "model_cfg.vision_cfg.image_size", 1, 1000000)
    layers.check_stored(m, found, "visual.trunk.stem.0.weight", 4)
    layers.check_stored(m, found, "visual.trunk.stages.0.blocks.0.conv_dw.weight", 4)
    pool = m.names["model_cfg.vision_cfg.timm_pool"]
    if pool not in ["", "avg"]:
        found.append("model_cfg.vision_cfg.timm_pool is '" + pool + "', and zsic has 'avg'")
    if len(found) == before:
        layers.check_picture(m, found, timm.image_size(m))
        timm.problems(m, found, channels(m, stages(m) - 1))


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    width = channels(m, 0)
    patch = layers.stored_size(m, "visual.trunk.stem.0.weight", 2)
    shapes["visual.trunk.stem.0.weight"] = [width, 3, patch, patch]
    shapes["visual.trunk.stem.0.bias"] = [width]
    layers.norm_shapes(shapes, "visual.trunk.stem.1", width)
    for i in range(stages(m)):
        before = width
        width = channels(m, i)
        if i > 0:
            down = stage(i) + "downsample."
            layers.norm_shapes(shapes, down + "0", before)
            shapes[down + "1.weight"] = [width, before, 2, 2]
            shapes[down + "1.bias"] = [width]
        for j in range(blocks(m, i)):
            name = block(i, j)
            side = layers.stored_size(m, name + "conv_dw.weight", 2)
            inner = layers.stored_size(m, name + "mlp.fc1.weight", 0)
            shapes[name + "conv_dw.weight"] = [width, 1, side, side]
            shapes[name + "conv_dw.bias"] = [width]
            layers.norm_shapes(shapes, name + "norm", width)
            layers.linear_shapes(shapes, name + "mlp.fc1", inner, width)
            layers.linear_shapes(shapes, name + "mlp.fc2", width, inner)
            layers.optional_shape(m, shapes, name + "gamma", [width])
    layers.norm_shapes(shapes, "visual.trunk.head.norm", width)
    timm.shapes(m, shapes, width)


def load(m: Model, state: dict[str, list[Tensor]]) -> None:
    w = m.weights
    layers.pack_patches(m, state, "visual.trunk.stem.0")
    stack: list[dict[str, Tensor]] = []
    for i in range(stages(m)):
        if i > 0:
            down = stage(i) + "downsample."
            for name in ["0.weight", "0.bias", "1.bias"]:
                w[down + name] = layers.weight(state, down + name, m.device)
            kernel = layers.weight(state, down + "1.weight", m.device)
            w[down + "1.weight"] = layers.square_kernel(kernel)
            layers.pack(m, w, down + "1", True)
        for j in range(blocks(m, i)):
            prefix = block(i, j)
            layer: dict[str, Tensor] = {}
            for suffix in [".weight", ".bias"]:
                for name in ["conv_dw", "norm", "mlp.fc1", "mlp.fc2"]:
                    layer[name + suffix] = layers.weight(state, prefix + name + suffix, m.device)
            if m.checked:
                checks.convolution(m, layer["conv_dw.weight"], layer["conv_dw.weight"].size(0))
            layers.scale_output(state, prefix + "gamma", layer, "mlp.fc2", m.device)
            layers.pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", "gelu")
            layers.pack_layer(m, layer)
            stack.append(layer)
    m.layers["vision"] = stack


def downsample(m: Model, x: Tensor, i: int, eps: float) -> Tensor:
    """Each four neighbours become one."""
    down = stage(i) + "downsample."
    x = layers.layer_norm(x, m.weights, down + "0", eps)
    x = layers.squares(x, 2)
    return layers.linear(x, m.weights, down + "1").to(torch.float32)


def encode_together(m: Model, images: list[Tensor]) -> Tensor:
    w = m.weights
    epsilon = eps(m)
    pixels = layers.pixel_values(images, m.processing, m.device)
    patch = layers.stored_size(m, "visual.trunk.stem.0.weight", 2)
    x = layers.patches(pixels, w, "visual.trunk.stem.0", patch)
    x = x.reshape([x.size(0), pixels.size(2) // patch, pixels.size(3) // patch, x.size(2)])
    x = layers.layer_norm(x, w, "visual.trunk.stem.1", epsilon)
    stack = m.layers["vision"]
    number = 0
    for i in range(stages(m)):
        if i > 0:
            x = downsample(m, x, i, epsilon)
        for _ in range(blocks(m, i)):
            layer = stack[number]
            number += 1
            weight = layer["conv_dw.weight"]
            h = x.permute([0, 3, 1, 2])
            h = convolutions.convolve(h, weight, layer["conv_dw.bias"], 1, weight.size(2) // 2, weight.size(0))
            h = layers.layer_norm(h.permute([0, 2, 3, 1]).contiguous(), layer, "norm", epsilon)
            x = layers.feed_forward(h, x, layer, "mlp.fc1", "mlp.fc2", "gelu")
    x = x.mean([1, 2])
    return layers.layer_norm(x, w, "visual.trunk.head.norm", epsilon)


def encode(m: Model, images: list[Tensor]) -> Tensor:
    """On the CPU each by itself: the convolutions depend in their last bits on how many pictures they see."""
    if m.device.startswith("cuda"):
        x = encode_together(m, images)
    else:
        results = [encode_together(m, [image]) for image in images]
        x = torch.cat(results, 0)
    return timm.project(m, x)
