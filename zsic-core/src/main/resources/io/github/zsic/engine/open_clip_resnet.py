"""OpenAI's ResNet as OpenCLIP's tower for pictures (ModifiedResNet of src/open_clip/modified_resnet.py). What its batch
norms do goes into the convolutions before them when they are loaded.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import checks, convolutions, layers, open_clip
from .model import Model


def defaults() -> dict[str, float]:
    return {
        "model_cfg.vision_cfg.width": 64.0,
        "model_cfg.vision_cfg.head_width": 64.0,
        "model_cfg.vision_cfg.image_size": 224.0,
    }


def default_names() -> dict[str, str]:
    none: dict[str, str] = {}
    return none


def stage_sizes(m: Model) -> list[int]:
    found: list[int] = []
    while "model_cfg.vision_cfg.layers." + str(len(found)) in m.config:
        found.append(int(m.config["model_cfg.vision_cfg.layers." + str(len(found))]))
    return found


def width(m: Model) -> int:
    return m.integer("model_cfg.vision_cfg.width")


def heads(m: Model) -> int:
    return width(m) * 32 // m.integer("model_cfg.vision_cfg.head_width")


def image_size(m: Model) -> int:
    return m.integer("model_cfg.vision_cfg.image_size")


def block(i: int, j: int) -> str:
    return "visual.layer" + str(i + 1) + "." + str(j) + "."


def stride(i: int, j: int) -> int:
    """A first block makes pictures half as large, but for those of the first four."""
    return 2 if i > 0 and j == 0 else 1


def problems(m: Model, found: list[str]) -> None:
    vision = "model_cfg.vision_cfg."
    before = len(found)
    for name in ["image_size", "width", "head_width"]:
        layers.check_integer(m, found, vision + name, 1, 1000000)
    counts = stage_sizes(m)
    if len(counts) != 4:
        found.append("{}layers has {} numbers instead of 4".format(vision, len(counts)))
    for i in range(len(counts)):
        layers.check_integer(m, found, vision + "layers." + str(i), 1, 1000)
    if len(found) == before:
        head_count = heads(m)
        if head_count < 1:
            found.append(vision + "head_width is larger than the pooled width")
        elif width(m) * 32 % head_count != 0:
            found.append("{}width {} does not divide into heads".format(vision, width(m)))
        layers.check_picture(m, found, image_size(m))


def convolution_shapes(shapes: dict[str, list[int]], name: str, norm: str, out: int, width: int, side: int) -> None:
    """A convolution without a bias, and the batch norm behind it."""
    shapes[name + ".weight"] = [out, width, side, side]
    for part in ["weight", "bias", "running_mean", "running_var"]:
        shapes[norm + "." + part] = [out]


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    channels = width(m)
    convolution_shapes(shapes, "visual.conv1", "visual.bn1", channels // 2, 3, 3)
    convolution_shapes(shapes, "visual.conv2", "visual.bn2", channels // 2, channels // 2, 3)
    convolution_shapes(shapes, "visual.conv3", "visual.bn3", channels, channels // 2, 3)
    size = channels
    counts = stage_sizes(m)
    for i in range(4):
        planes = channels << i
        for j in range(counts[i]):
            prefix = block(i, j)
            convolution_shapes(shapes, prefix + "conv1", prefix + "bn1", planes, size, 1)
            convolution_shapes(shapes, prefix + "conv2", prefix + "bn2", planes, planes, 3)
            convolution_shapes(shapes, prefix + "conv3", prefix + "bn3", 4 * planes, planes, 1)
            if j == 0:
                convolution_shapes(shapes, prefix + "downsample.0", prefix + "downsample.1", 4 * planes, size, 1)
            size = 4 * planes
    grid = image_size(m) // 32
    shapes["visual.attnpool.positional_embedding"] = [grid * grid + 1, size]
    for name in ["q_proj", "k_proj", "v_proj"]:
        layers.linear_shapes(shapes, "visual.attnpool." + name, size, size)
    layers.linear_shapes(shapes, "visual.attnpool.c_proj", open_clip.dimension(m), size)


def fold(m: Model, name: str, norm: str) -> None:
    w = m.weights
    scale = w.pop(norm + ".weight") * torch.rsqrt(w.pop(norm + ".running_var") + 1e-5)
    w[name + ".weight"] = w[name + ".weight"] * scale.view([-1, 1, 1, 1])
    w[name + ".bias"] = w.pop(norm + ".bias") - w.pop(norm + ".running_mean") * scale
    if m.checked:
        checks.convolution(m, w[name + ".weight"], 1)


def load(m: Model, state: dict[str, list[Tensor]]) -> None:
    w = m.weights
    layers.take(m, state, "visual.")
    for number in ["1", "2", "3"]:
        fold(m, "visual.conv" + number, "visual.bn" + number)
    counts = stage_sizes(m)
    for i in range(4):
        for j in range(counts[i]):
            name = block(i, j)
            for number in ["1", "2", "3"]:
                fold(m, name + "conv" + number, name + "bn" + number)
            if j == 0:
                fold(m, name + "downsample.0", name + "downsample.1")
    pool = "visual.attnpool."
    for suffix in [".weight", ".bias"]:
        w[pool + "kv" + suffix] = torch.cat([w.pop(pool + "k_proj" + suffix), w.pop(pool + "v_proj" + suffix)], 0)
    layers.pack(m, w, pool + "kv", True)
    layers.pack(m, w, pool + "q_proj", True)


def convolve(x: Tensor, m: Model, name: str, stride: int) -> Tensor:
    weight = m.weights[name + ".weight"]
    return convolutions.convolve(x, weight, m.weights[name + ".bias"], stride, weight.size(2) // 2, 1)


def halve(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, [2, 2], [2, 2], [0, 0], False, True, None)


def attention_pooling(x: Tensor, m: Model) -> Tensor:
    """The attention of the average of all places, which is a place itself, to all of them."""
    w = m.weights
    pool = "visual.attnpool."
    x = x.flatten(2).permute([0, 2, 1])
    x = torch.cat([x.mean([1], keepdim=True), x], 1) + w[pool + "positional_embedding"]
    head_count = heads(m)
    size = x.size(2) // head_count
    q = layers.linear(x[:, 0], w, pool + "q_proj").to(torch.float32)
    kv = layers.linear(x, w, pool + "kv").to(torch.float32)
    parts = kv.view([x.size(0), x.size(1), 2, head_count, size]).permute([2, 0, 3, 1, 4]).unbind()
    h = F.scaled_dot_product_attention(q.view([x.size(0), head_count, 1, size]), parts[0], parts[1])
    return h.reshape([x.size(0), head_count * size])


def encode_together(m: Model, images: list[Tensor]) -> Tensor:
    x = layers.pixel_values(images, m.processing, m.device)
    x = convolve(x, m, "visual.conv1", 2).relu_()
    x = convolve(x, m, "visual.conv2", 1).relu_()
    x = convolve(x, m, "visual.conv3", 1).relu_()
    x = halve(x)
    counts = stage_sizes(m)
    for i in range(4):
        for j in range(counts[i]):
            name = block(i, j)
            h = convolve(x, m, name + "conv1", 1).relu_()
            h = convolve(h, m, name + "conv2", 1).relu_()
            if stride(i, j) == 2:
                h = halve(h)
                x = halve(x)
            h = convolve(h, m, name + "conv3", 1)
            if j == 0:
                x = convolve(x, m, name + "downsample.0", 1)
            x = (h + x).relu_()
    return attention_pooling(x, m)


def encode(m: Model, images: list[Tensor]) -> Tensor:
    """On the CPU each by itself: the convolutions depend in their last bits on how many pictures they see."""
    if m.device.startswith("cuda"):
        x = encode_together(m, images)
    else:
        results = [encode_together(m, [image]) for image in images]
        x = torch.cat(results, 0)
    pool = "visual.attnpool.c_proj"
    return layers.project(x, m.weights[pool + ".weight"]) + m.weights[pool + ".bias"]
