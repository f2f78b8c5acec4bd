"""timm's FastViT as OpenCLIP's tower for pictures, that of MobileCLIP (timm/models/fastvit.py; Vasu et al., "FastViT",
2023). It is stored as it was trained, with several branches where one convolution does the same; they become that one
when they are loaded. Pictures are [batch, rows, columns, channels], so that what is no depthwise convolution is a
product.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import checks, convolutions, layers
from . import open_clip_timm as timm
from .model import Model
from .open_clip_timm import default_names, defaults  # noqa: F401


def trunk() -> str:
    return "visual.trunk."


def stage(i: int) -> str:
    return "visual.trunk.stages." + str(i) + "."


def block(i: int, j: int) -> str:
    return stage(i) + "blocks." + str(j) + "."


def stages(m: Model) -> int:
    return layers.stored_blocks(m, "visual.trunk.stages.", ".blocks.0.mlp.fc1.weight")


def blocks(m: Model, i: int) -> int:
    return layers.stored_blocks(m, stage(i) + "blocks.", ".mlp.fc1.weight")


def has(m: Model, name: str) -> bool:
    return name in m.stored


def problems(m: Model, found: list[str]) -> None:
    """Parts of each block, and of what is before and behind them: what there is of it tells how it is made, so that
    what there must be is asked for by name.
    """
    before = len(found)
    layers.check_integer(m, found, "model_cfg.vision_cfg.image_size", 1, 1000000)
    needed = ["visual.trunk.final_conv.conv_kxk.0.conv.weight", "visual.trunk.head.fc.weight"]
    for i in range(3):
        needed.append("visual.trunk.stem." + str(i) + ".conv_kxk.0.conv.weight")
    for i in range(stages(m)):
        if i > 0:
            needed.append(stage(i) + "downsample.proj.0.large_conv.conv.weight")
            needed.append(stage(i) + "downsample.proj.1.conv_kxk.0.conv.weight")
        for j in range(blocks(m, i)):
            prefix = block(i, j)
            needed.append(prefix + "mlp.conv.conv.weight")
            if has(m, prefix + "token_mixer.qkv.weight"):
                needed.append(prefix + "norm.weight")
                needed.append(prefix + "token_mixer.proj.weight")
            else:
                needed.append(prefix + "token_mixer.mixer.conv_kxk.0.conv.weight")
                needed.append(prefix + "token_mixer.norm.identity.weight")
    for name in needed:
        if not has(m, name):
            found.append("the weights have no '" + name + "'")
    for name in m.stored:
        # The parts of a batch norm go together.
        if name.startswith("visual.trunk.") and name.endswith(".running_mean"):
            norm = name[:-13]
            for part in [".weight", ".bias", ".running_var"]:
                if not has(m, norm + part):
                    found.append("the weights have no '{}{}'".format(norm, part))
    if stages(m) == 0:
        found.append("the weights have no 'visual.trunk.stages.0.blocks.0.mlp.fc1.weight'")
    if len(found) == before:
        layers.check_picture(m, found, timm.image_size(m))
        timm.problems(m, found, layers.stored_size(m, "visual.trunk.head.fc.weight", 1))


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    """All of the trunk, in the shapes that it has."""
    for name in m.stored:
        if name.startswith("visual.trunk.") and not name.endswith(".num_batches_tracked"):
            shapes[name] = m.stored[name]


def read(m: Model, state: dict[str, list[Tensor]], name: str) -> Tensor:
    return layers.weight(state, name, m.device)


def norm(m: Model, state: dict[str, list[Tensor]], name: str) -> list[Tensor]:
    """By what a batch norm multiplies, and what it adds."""
    scale = read(m, state, name + ".weight")
    shift = read(m, state, name + ".bias")
    if name + ".running_var" in m.stored:
        scale = scale * torch.rsqrt(read(m, state, name + ".running_var") + 1e-5)
        shift = shift - read(m, state, name + ".running_mean") * scale
    return [scale, shift]


def widen(kernel: Tensor, side: int) -> Tensor:
    """A kernel [out, in, rows, columns] in the middle of a larger one."""
    gap = (side - kernel.size(2)) // 2
    return F.pad(kernel, [gap, gap, gap, gap])


def branch(m: Model, state: dict[str, list[Tensor]], name: str, side: int) -> list[Tensor]:
    """A convolution and the batch norm behind it, as a kernel of a size and a bias."""
    affine = norm(m, state, name + ".bn")
    kernel = read(m, state, name + ".conv.weight") * affine[0].view([-1, 1, 1, 1])
    return [widen(kernel, side), affine[1]]


def unity(scale: Tensor, like: Tensor) -> Tensor:
    """What leaves a picture as it is but for a factor of each channel, as a kernel like another one."""
    if like.size(1) == 1:
        kernel = scale.view([-1, 1, 1, 1])
    else:
        kernel = scale.diag().view([scale.size(0), scale.size(0), 1, 1])
    return widen(kernel, like.size(2))


def together(m: Model, state: dict[str, list[Tensor]], name: str) -> list[Tensor]:
    """MobileOneBlock: all branches as one."""
    side = layers.stored_size(m, name + "conv_kxk.0.conv.weight", 2)
    sum = branch(m, state, name + "conv_kxk.0", side)
    for i in range(1, layers.stored_blocks(m, name + "conv_kxk.", ".conv.weight")):
        more = branch(m, state, name + "conv_kxk." + str(i), side)
        sum = [sum[0] + more[0], sum[1] + more[1]]
    if name + "conv_scale.conv.weight" in state:
        more = branch(m, state, name + "conv_scale", side)
        sum = [sum[0] + more[0], sum[1] + more[1]]
    if name + "identity.weight" in state:
        affine = norm(m, state, name + "identity")
        sum = [sum[0] + unity(affine[0], sum[0]), sum[1] + affine[1]]
    return sum


def keep(m: Model, layer: dict[str, Tensor], name: str, made: list[Tensor]) -> None:
    """Keeps a convolution; one of a single pixel is a product."""
    layer[name + ".bias"] = made[1]
    if made[0].size(2) == 1:
        layer[name + ".weight"] = made[0].flatten(1)
        layers.pack(m, layer, name, True)
    else:
        layer[name + ".weight"] = made[0].contiguous()
        if m.checked and made[0].size(1) == 1:
            checks.convolution(m, layer[name + ".weight"], made[0].size(0))


def keep_excitation(m: Model, state: dict[str, list[Tensor]], layer: dict[str, Tensor], name: str, source: str) -> None:
    """What weighs the channels by what they hold, if there is that."""
    if source + "se.fc1.weight" in state:
        for part in ["fc1", "fc2"]:
            layer[name + "." + part + ".weight"] = read(m, state, source + "se." + part + ".weight").flatten(1)
            layer[name + "." + part + ".bias"] = read(m, state, source + "se." + part + ".bias")


def gamma(m: Model, state: dict[str, list[Tensor]], name: str, size: int) -> Tensor:
    if name + ".gamma" in state:
        return read(m, state, name + ".gamma").flatten(0)
    return torch.ones([size], dtype=torch.float32, device=m.device)


def load_block(m: Model, state: dict[str, list[Tensor]], block: str, attends: bool) -> dict[str, Tensor]:
    layer: dict[str, Tensor] = {}
    for name in ["mlp.fc1", "mlp.fc2"]:
        layer[name + ".weight"] = read(m, state, block + name + ".weight").flatten(1)
        layer[name + ".bias"] = read(m, state, block + name + ".bias")
    width = layer["mlp.fc2.weight"].size(0)
    last = block + "layer_scale"
    if attends:
        last = block + "layer_scale_2"
        layer["qkv.weight"] = read(m, state, block + "token_mixer.qkv.weight")
        layer["qkv.bias"] = torch.zeros([3 * width], dtype=torch.float32, device=m.device)
        affine = norm(m, state, block + "norm")
        if block + "norm.running_mean" in m.stored:
            layer["qkv.bias"] = layer["qkv.weight"].mv(affine[1])
            layer["qkv.weight"] = layer["qkv.weight"] * affine[0]
        else:
            layer["norm.weight"] = affine[0]
            layer["norm.bias"] = affine[1]
        scale = gamma(m, state, block + "layer_scale_1", width)
        layer["out_proj.weight"] = read(m, state, block + "token_mixer.proj.weight") * scale.unsqueeze(1)
        layer["out_proj.bias"] = read(m, state, block + "token_mixer.proj.bias") * scale
    else:
        scale = gamma(m, state, block + "token_mixer.layer_scale", width)
        mixer = together(m, state, block + "token_mixer.mixer.")
        affine = norm(m, state, block + "token_mixer.norm.identity")
        kernel = (mixer[0] - unity(affine[0], mixer[0])) * scale.view([-1, 1, 1, 1])
        kernel = kernel + unity(torch.ones_like(scale), mixer[0])
        keep(m, layer, "mixer", [kernel, (mixer[1] - affine[1]) * scale])
    side = layers.stored_size(m, block + "mlp.conv.conv.weight", 2)
    keep(m, layer, "mlp.conv", branch(m, state, block + "mlp.conv", side))
    scale = gamma(m, state, last, width)
    layer["mlp.fc2.weight"] = layer["mlp.fc2.weight"] * scale.unsqueeze(1)
    layer["mlp.fc2.bias"] = layer["mlp.fc2.bias"] * scale
    layers.pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", "gelu")
    for name in ["mlp.fc1", "mlp.fc2"]:
        layers.pack(m, layer, name, True)
    if attends:
        for name in ["qkv", "out_proj"]:
            layers.pack(m, layer, name, True)
    return layer


def load(m: Model, state: dict[str, list[Tensor]]) -> None:
    w: dict[str, Tensor] = {}
    for i in range(3):
        name = "stem." + str(i)
        keep(m, w, name, together(m, state, "visual.trunk." + name + "."))
    mixing: list[dict[str, Tensor]] = []
    attending: list[dict[str, Tensor]] = []
    for i in range(stages(m)):
        source = stage(i)
        down = "down." + str(i)
        if i > 0:
            large = source + "downsample.proj.0.large_conv"
            side = layers.stored_size(m, large + ".conv.weight", 2)
            made = branch(m, state, large, side)
            small = source + "downsample.proj.0.small_conv"
            if small + ".conv.weight" in state:
                more = branch(m, state, small, side)
                made = [made[0] + more[0], made[1] + more[1]]
            keep(m, w, down + ".0", made)
            keep_excitation(m, state, w, down + ".se", source + "downsample.proj.0.")
            keep(m, w, down + ".1", together(m, state, source + "downsample.proj.1."))
        if source + "pos_emb.pos_enc.weight" in state:
            kernel = read(m, state, source + "pos_emb.pos_enc.weight")
            bias = read(m, state, source + "pos_emb.pos_enc.bias")
            keep(m, w, "positions." + str(i), [kernel + unity(torch.ones_like(bias), kernel), bias])
        for j in range(blocks(m, i)):
            prefix = block(i, j)
            attends = prefix + "token_mixer.qkv.weight" in state
            layer = load_block(m, state, prefix, attends)
            if attends:
                attending.append(layer)
            else:
                mixing.append(layer)
    last = "visual.trunk.final_conv."
    keep(m, w, "final", together(m, state, last))
    keep_excitation(m, state, w, "final.se", last)
    if len(mixing) > 0:
        m.layers["mixing"] = mixing
    if len(attending) > 0:
        m.layers["attending"] = attending
    for name in w:
        m.weights["visual." + name] = w[name]


def convolve(x: Tensor, weights: dict[str, Tensor], name: str, stride: int) -> Tensor:
    """A convolution of x [batch, rows, columns, channels]."""
    weight = weights[name + ".weight"]
    if name + ".outputs" in weights or weight.dim() == 2:
        y = layers.linear(x, weights, name).to(torch.float32)
    else:
        groups = x.size(3) // weight.size(1)
        y = convolutions.convolve(
            x.permute([0, 3, 1, 2]), weight, weights[name + ".bias"], stride, weight.size(2) // 2, groups
        )
        y = y.permute([0, 2, 3, 1]).contiguous()
    return y


def excite(x: Tensor, w: dict[str, Tensor], name: str) -> Tensor:
    if name + ".fc1.weight" in w:
        s = x.mean([1, 2])
        s = F.linear(s, w[name + ".fc1.weight"], w[name + ".fc1.bias"]).relu_()
        s = torch.sigmoid(F.linear(s, w[name + ".fc2.weight"], w[name + ".fc2.bias"]))
        x = x * s.view([x.size(0), 1, 1, x.size(3)])
    return x


def gelu(x: Tensor) -> Tensor:
    return torch.ops.aten.gelu_(x, approximate="none")


def attend(x: Tensor, layer: dict[str, Tensor]) -> Tensor:
    tokens = x.flatten(1, 2)
    h = tokens
    if "norm.weight" in layer:
        h = layers.layer_norm(h, layer, "norm", 1e-5)
    h = layers.self_attention(h, layer, x.size(3) // 32, False, None)
    return layers.linear_add(h, tokens, layer, "out_proj", False).view_as(x)


def encode_together(m: Model, images: list[Tensor]) -> Tensor:
    w = m.weights
    x = layers.pixel_values(images, m.processing, m.device).permute([0, 2, 3, 1])
    for i in range(3):
        stride = 2
        if i == 2:
            stride = 1
        x = gelu(convolve(x, w, "visual.stem." + str(i), stride))
    mixed = 0
    attended = 0
    for i in range(stages(m)):
        down = "visual.down." + str(i)
        if i > 0:
            x = excite(convolve(x, w, down + ".0", 2), w, down + ".se")
            x = convolve(gelu(x), w, down + ".1", 1)
            x = gelu(x)
        if "visual.positions." + str(i) + ".weight" in w:
            x = convolve(x, w, "visual.positions." + str(i), 1)
        for j in range(blocks(m, i)):
            if has(m, block(i, j) + "token_mixer.qkv.weight"):
                layer = m.layers["attending"][attended]
                attended += 1
                x = attend(x, layer)
            else:
                layer = m.layers["mixing"][mixed]
                mixed += 1
                x = convolve(x, layer, "mixer", 1)
            h = convolve(x, layer, "mlp.conv", 1)
            x = layers.feed_forward(h, x, layer, "mlp.fc1", "mlp.fc2", "gelu")
    x = excite(convolve(x, w, "visual.final", 1), w, "visual.final.se")
    return gelu(x).mean([1, 2])


def encode(m: Model, images: list[Tensor]) -> Tensor:
    """On the CPU each by itself: the convolutions depend in their last bits on how many pictures they see."""
    if m.device.startswith("cuda"):
        x = encode_together(m, images)
    else:
        results = [encode_together(m, [image]) for image in images]
        x = torch.cat(results, 0)
    return timm.project(m, x)
