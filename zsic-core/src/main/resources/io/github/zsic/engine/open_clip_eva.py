"""timm's Eva as OpenCLIP's tower for pictures (timm/models/eva.py): EVA01 and EVA02 (Fang et al., "EVA-02: A Visual
Representation for Neon Genesis", 2023), and the Perception Encoder (Bolya et al., "Perception Encoder", 2025). Most of
them turn queries and keys by the position of their patch; EVA02 has a gated feed-forward part with a norm inside.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers
from . import open_clip_timm as timm
from .model import Model
from .open_clip_timm import default_names, defaults  # noqa: F401


def is_perception(m: Model) -> bool:
    return "_pe_core_" in timm.name(m)


def eps(m: Model) -> float:
    return 1e-5 if is_perception(m) else 1e-6


def norms_behind(m: Model) -> bool:
    """Whether norms come behind what they else come before."""
    return "eva02_enormous_" in timm.name(m)


def rotates(m: Model) -> bool:
    called = timm.name(m)
    return is_perception(m) or "eva02_base_" in called or "eva02_large_" in called


def pooling_heads() -> int:
    """Attention pooling has other heads than the layers."""
    return 8


def count(m: Model) -> int:
    return layers.stored_blocks(m, "visual.trunk.blocks.", ".norm1.weight")


def problems(m: Model, found: list[str]) -> None:
    before = len(found)
    timm.transformer_problems(m, found)
    if len(found) == before:
        width = timm.width(m)
        if rotates(m) and width // timm.heads(m) % 4 != 0:
            found.append("heads of " + str(width // timm.heads(m)) + " numbers cannot be turned in two directions")
        if timm.pool(m) == "map" and width % pooling_heads() != 0:
            found.append("the width of the vision tower is " + str(width) + ", no multiple of 8")


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    width = timm.width(m)
    inner = layers.stored_size(m, "visual.trunk.blocks.0.mlp.fc2.weight", 1)
    for i in range(count(m)):
        block = "visual.trunk.blocks." + str(i) + "."
        for norm in ["norm1", "norm2"]:
            layers.norm_shapes(shapes, block + norm, width)
        for norm in ["attn.norm", "mlp.norm"]:
            for suffix in [".weight", ".bias"]:
                size = width
                if norm == "mlp.norm":
                    size = inner
                layers.optional_shape(m, shapes, block + norm + suffix, [size])
        if block + "attn.qkv.weight" in m.stored:
            shapes[block + "attn.qkv.weight"] = [3 * width, width]
        else:
            for name in ["q", "k", "v"]:
                shapes[block + "attn." + name + "_proj.weight"] = [width, width]
        layers.optional_shape(m, shapes, block + "attn.qkv.bias", [3 * width])
        for bias in ["attn.q_bias", "attn.v_bias", "attn.q_proj.bias", "attn.v_proj.bias", "gamma_1", "gamma_2"]:
            layers.optional_shape(m, shapes, block + bias, [width])
        layers.linear_shapes(shapes, block + "attn.proj", width, width)
        if block + "mlp.fc1_g.weight" in m.stored:
            for name in ["mlp.fc1_g", "mlp.fc1_x"]:
                layers.linear_shapes(shapes, block + name, inner, width)
        else:
            layers.linear_shapes(shapes, block + "mlp.fc1", inner, width)
        layers.linear_shapes(shapes, block + "mlp.fc2", width, inner)
    timm.transformer_shapes(m, shapes)


def bias(m: Model, state: dict[str, list[Tensor]], names: list[str], size: int) -> Tensor:
    """A tensor, or zeros where the checkpoint does not have it."""
    found = torch.zeros([size], dtype=torch.float32, device=m.device)
    for name in names:
        if name in state:
            found = layers.weight(state, name, m.device)
    return found


def layer(m: Model, state: dict[str, list[Tensor]], block: str) -> dict[str, Tensor]:
    device = m.device
    width = timm.width(m)
    layer: dict[str, Tensor] = {}
    if block + "attn.qkv.weight" in state:
        layer["qkv.weight"] = layers.weight(state, block + "attn.qkv.weight", device)
    else:
        parts = [layers.borrowed(state, block + "attn." + name + "_proj.weight", device) for name in ["q", "k", "v"]]
        layer["qkv.weight"] = torch.cat(parts, 0)
    if block + "attn.qkv.bias" in state:
        layer["qkv.bias"] = layers.weight(state, block + "attn.qkv.bias", device)
    else:
        q = bias(m, state, [block + "attn.q_bias", block + "attn.q_proj.bias"], width)
        v = bias(m, state, [block + "attn.v_bias", block + "attn.v_proj.bias"], width)
        layer["qkv.bias"] = torch.cat([q, torch.zeros_like(q), v], 0)
    for suffix in [".weight", ".bias"]:
        layer["out_proj" + suffix] = layers.weight(state, block + "attn.proj" + suffix, device)
        layer["mlp.fc2" + suffix] = layers.weight(state, block + "mlp.fc2" + suffix, device)
        for name in ["norm1", "norm2", "attn.norm", "mlp.norm"]:
            if block + name + suffix in state:
                layer[name + suffix] = layers.weight(state, block + name + suffix, device)
        if block + "mlp.fc1_g.weight" in m.stored:
            gate = layers.borrowed(state, block + "mlp.fc1_g" + suffix, device)
            layer["mlp.gated" + suffix] = torch.cat(
                [gate, layers.borrowed(state, block + "mlp.fc1_x" + suffix, device)], 0
            )
        else:
            layer["mlp.fc1" + suffix] = layers.weight(state, block + "mlp.fc1" + suffix, device)
    layers.scale_output(state, block + "gamma_1", layer, "out_proj", device)
    layers.scale_output(state, block + "gamma_2", layer, "mlp.fc2", device)
    if "mlp.fc1.weight" in layer:
        layers.pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", "gelu")
    layers.pack_layer(m, layer)
    return layer


def turns(m: Model) -> Tensor:
    """Sine and cosine for each token and number of a head, [2, tokens, size]: the first half of a head is turned by the
    row of the patch, the second by its column, in the Perception Encoder the other way round; tokens before the patches
    are not. Distances are those of the pictures that a model was first trained with.
    """
    size = timm.width(m) // timm.heads(m)
    grid = timm.grid(m)
    steps = torch.arange(grid, dtype=torch.int64).to(torch.float32)
    perception = is_perception(m)
    if perception and timm.prefix(m) > 0:
        steps = steps + 1.0
    if not perception:
        steps = steps / float(grid) * 16.0
    exponents = torch.arange(size // 4, dtype=torch.int64).to(torch.float32) / float(size // 4)
    bands = torch.exp(exponents * 9.210340371976184).reciprocal()
    angles = steps.unsqueeze(1) * bands
    rows = angles.unsqueeze(1).expand([grid, grid, size // 4])
    columns = angles.unsqueeze(0).expand([grid, grid, size // 4])
    parts = [rows, columns]
    if perception:
        parts = [columns, rows]
    # Each angle is that of two numbers that lie side by side.
    both = torch.cat(parts, -1).reshape([grid * grid, size // 2, 1])
    both = both.expand([grid * grid, size // 2, 2]).reshape([grid * grid, size])
    still = torch.zeros([timm.prefix(m), size], dtype=torch.float32)
    both = torch.cat([still, both], 0)
    return torch.stack([torch.sin(both), torch.cos(both)], 0).to(m.device, torch.float32)


def turn(x: Tensor, turns: Tensor) -> Tensor:
    """Each two numbers that lie side by side, as the coordinates of a point, turned."""
    pairs = x.to(torch.float32).unflatten(-1, [x.size(3) // 2, 2])
    across = torch.stack([torch.select(pairs, -1, 1).neg(), torch.select(pairs, -1, 0)], -1).flatten(-2)
    return (x * turns[1] + across * turns[0]).to(x.dtype)


def load(m: Model, state: dict[str, list[Tensor]]) -> None:
    timm.load_transformer(m, state, "gelu")
    m.layers["vision"] = [layer(m, state, "visual.trunk.blocks." + str(i) + ".") for i in range(count(m))]
    if rotates(m):
        m.weights["visual.turns"] = turns(m)


def gated(x: Tensor, layer: dict[str, Tensor], eps: float) -> Tensor:
    """The feed-forward part of x, before its last product."""
    parts = layers.linear(x, layer, "mlp.gated").to(torch.float32).chunk(2, -1)
    h = F.silu(parts[0]) * parts[1]
    if "mlp.norm.weight" in layer:
        h = layers.layer_norm(h, layer, "mlp.norm", eps)
    return h


def encode(m: Model, images: list[Tensor]) -> Tensor:
    w = m.weights
    epsilon = eps(m)
    behind = norms_behind(m)
    x = timm.embed(m, images, epsilon)
    stack = m.layers["vision"]
    for i in range(len(stack)):
        layer = stack[i]
        h = x
        if not behind:
            h = layers.layer_norm(x, layer, "norm1", epsilon)
        qkv = layers.queries_keys_values(h, layer, timm.heads(m), False, None)
        q = qkv[0]
        k = qkv[1]
        if "visual.turns" in w:
            q = turn(q, w["visual.turns"])
            k = turn(k, w["visual.turns"])
        h = layers.join_heads(layers.attention(q, k, qkv[2], None, False))
        if i == len(stack) - 1:
            positions = timm.counting(m, x)
            h = layers.at(h, positions)
            x = layers.at(x, positions)
        if "attn.norm.weight" in layer:
            h = layers.layer_norm(h.to(torch.float32), layer, "attn.norm", epsilon)
        if behind:
            h = layers.linear(h, layer, "out_proj").to(torch.float32)
            x = x + layers.layer_norm(h, layer, "norm1", epsilon)
            h = layers.feed_forward(x, torch.zeros_like(x), layer, "mlp.fc1", "mlp.fc2", "gelu")
            x = x + layers.layer_norm(h, layer, "norm2", epsilon)
        else:
            x = layers.linear_add(h, x, layer, "out_proj", False)
            h = layers.layer_norm(x, layer, "norm2", epsilon)
            if "mlp.gated.weight" in layer:
                h = gated(h, layer, epsilon)
                x = layers.linear_add(h, x, layer, "mlp.fc2", False)
            else:
                x = layers.feed_forward(h, x, layer, "mlp.fc1", "mlp.fc2", "gelu")
    return timm.finish(m, x, pooling_heads(), "gelu", epsilon)
