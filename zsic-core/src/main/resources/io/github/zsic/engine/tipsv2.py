"""TIPSv2 (Google DeepMind, "TIPSv2: Advancing Vision-Language Pretraining with Enhanced Patch-Text Alignment", 2026):
models/tipsv2/modeling_tipsv2.py and configuration_tipsv2.py of transformers. A DINOv2 with registers for pictures,
whose class token is the embedding, and the mean of all tokens for texts. The names of the tensors are the published
ones, which transformers renames when it loads and writes again.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers
from .model import Model
from .usual import logit_bias, pads_texts, text_positions  # noqa: F401


def defaults() -> dict[str, float]:
    return {
        "temperature_init_value": 0.005065968260169029,
        "text_config.hidden_size": 768.0,
        "text_config.intermediate_size": 3072.0,
        "text_config.num_hidden_layers": 12.0,
        "text_config.num_attention_heads": 12.0,
        "text_config.max_position_embeddings": 64.0,
        "text_config.vocab_size": 32000.0,
        "text_config.layer_norm_eps": 1e-5,
        "text_config.pooling_epsilon": 1e-8,
        "text_config.scale_sqrt_depth": 1.0,
        "vision_config.hidden_size": 768.0,
        "vision_config.num_hidden_layers": 12.0,
        "vision_config.num_attention_heads": 12.0,
        "vision_config.mlp_ratio": 4.0,
        "vision_config.image_size": 448.0,
        "vision_config.patch_size": 14.0,
        "vision_config.num_register_tokens": 1.0,
        "vision_config.layer_norm_eps": 1e-6,
        "vision_config.qkv_bias": 1.0,
        "vision_config.use_swiglu_ffn": 0.0,
    }


def default_names() -> dict[str, str]:
    return {
        "text_config.hidden_act": "relu",
        "vision_config.hidden_act": "gelu",
    }


def problems(m: Model, found: list[str]) -> None:
    vision = "vision_config."
    text = "text_config."
    layers.check_tower(m, found, vision)
    layers.check_sizes(m, found, text)
    if m.names[text + "hidden_act"] != "relu":
        found.append("text_config.hidden_act is '" + m.names[text + "hidden_act"] + "', and zsic has 'relu'")
    for name in [vision + "image_size", vision + "patch_size", text + "max_position_embeddings"]:
        layers.check_integer(m, found, name, 1, 1000000)
    layers.check_integer(m, found, text + "vocab_size", 1, 1000000000)
    layers.check_integer(m, found, vision + "num_register_tokens", 0, 1000)
    for name in [vision + "mlp_ratio", "temperature_init_value"]:
        if m.config[name] <= 0.0 or name in m.names:
            found.append(name + " is no positive number")
    if len(found) == 0:
        width = m.integer(vision + "hidden_size")
        width0 = m.integer(text + "hidden_size")
        if width != width0:
            found.append("text_config.hidden_size is {}, but vision_config.hidden_size is {}".format(width0, width))
        if width < 4:
            found.append("text_config.hidden_size " + str(width) + " is too small for the position embeddings")
        patch = m.integer(vision + "patch_size")
        size = layers.check_fixed(m, found)
        if len(found) == 0 and (size[0] < patch or size[1] < patch):
            found.append("the image processor makes pictures smaller than one patch of " + str(patch) + " pixels")


def gated(m: Model) -> bool:
    return m.config["vision_config.use_swiglu_ffn"] != 0.0


def mlp_names(m: Model) -> list[str]:
    """The names of the two layers of an MLP: with a gate, those of DINOv2, or those that transformers writes."""
    if gated(m):
        return ["mlp.w12", "mlp.w3"]
    if "vision_encoder.blocks.0.mlp.fc1.weight" in m.stored:
        return ["mlp.fc1", "mlp.fc2"]
    return ["mlp.c_fc", "mlp.c_proj"]


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    width = m.integer("vision_config.hidden_size")
    text = "text_encoder."
    shapes[text + "token_embedding.weight"] = [m.integer("text_config.vocab_size"), width]
    inner = m.integer("text_config.intermediate_size")
    count = m.integer("text_config.num_hidden_layers")
    layers.resblocks_shapes(shapes, text + "transformer.resblocks.", count, width, inner)
    layers.norm_shapes(shapes, text + "ln_final", width)
    vision = "vision_encoder."
    patch = m.integer("vision_config.patch_size")
    grid = m.integer("vision_config.image_size") // patch
    shapes[vision + "cls_token"] = [1, 1, width]
    shapes[vision + "register_tokens"] = [1, m.integer("vision_config.num_register_tokens"), width]
    shapes[vision + "pos_embed"] = [1, grid * grid + 1, width]
    shapes[vision + "patch_embed.proj.weight"] = [width, 3, patch, patch]
    shapes[vision + "patch_embed.proj.bias"] = [width]
    # An MLP with a gate has two thirds of the width, in multiples of 8, and two functions of it.
    inner = int(float(width) * m.config["vision_config.mlp_ratio"])
    first = inner
    if gated(m):
        inner = (int(float(inner * 2) / 3.0) + 7) // 8 * 8
        first = 2 * inner
    mlp = mlp_names(m)
    for i in range(m.integer("vision_config.num_hidden_layers")):
        block = vision + "blocks." + str(i) + "."
        for norm in ["norm1", "norm2"]:
            layers.norm_shapes(shapes, block + norm, width)
        shapes[block + "attn.qkv.weight"] = [3 * width, width]
        if m.config["vision_config.qkv_bias"] != 0.0:
            shapes[block + "attn.qkv.bias"] = [3 * width]
        layers.linear_shapes(shapes, block + "attn.proj", width, width)
        for scale in ["ls1", "ls2"]:
            shapes[block + scale + ".gamma"] = [width]
        layers.linear_shapes(shapes, block + mlp[0], first, width)
        layers.linear_shapes(shapes, block + mlp[1], width, inner)
    layers.norm_shapes(shapes, vision + "norm", width)
    if "temperature" in m.stored:
        layers.scalar_shape(shapes, "temperature")


def ignored() -> list[str]:
    """What stands for hidden patches in the training."""
    return ["mask_token"]


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    count = m.integer("text_config.num_hidden_layers")
    m.layers["text"] = layers.resblocks(m, state, "text_encoder.transformer.resblocks.", count, "relu")
    layers.pack_words(m, state, "text_encoder.token_embedding.weight")
    layers.pack_patches(m, state, "vision_encoder.patch_embed.proj")
    kind = m.names["vision_config.hidden_act"]
    mlp = mlp_names(m)
    stack: list[dict[str, Tensor]] = []
    for i in range(m.integer("vision_config.num_hidden_layers")):
        block = "vision_encoder.blocks." + str(i) + "."
        layer: dict[str, Tensor] = {}
        layer["qkv.weight"] = layers.weight(state, block + "attn.qkv.weight", m.device)
        if block + "attn.qkv.bias" in state:
            layer["qkv.bias"] = layers.weight(state, block + "attn.qkv.bias", m.device)
        else:
            layer["qkv.bias"] = torch.zeros([layer["qkv.weight"].size(0)], dtype=torch.float32, device=m.device)
        for suffix in [".weight", ".bias"]:
            for name in ["norm1", "norm2", "attn.proj"]:
                layer[name + suffix] = layers.weight(state, block + name + suffix, m.device)
            layer["mlp.in" + suffix] = layers.weight(state, block + mlp[0] + suffix, m.device)
            layer["mlp.out" + suffix] = layers.weight(state, block + mlp[1] + suffix, m.device)
        # The scale of each residual goes into the product before it.
        for scale, name in [("ls1", "attn.proj"), ("ls2", "mlp.out")]:
            gamma = layers.weight(state, block + scale + ".gamma", m.device)
            layer[name + ".weight"].mul_(gamma.unsqueeze(1))
            layer[name + ".bias"].mul_(gamma)
        if not gated(m):
            layers.pack_feed_forward(m, layer, "mlp.in", "mlp.out", kind)
        layers.pack_layer(m, layer)
        stack.append(layer)
    m.layers["vision"] = stack


def logit_scale(m: Model) -> float:
    """Where the files hold no temperature, as the published ones, the configuration has it."""
    temperature = m.config["temperature_init_value"]
    if "temperature" in m.weights:
        temperature = float(m.weights["temperature"])
    return 1.0 / temperature


def positions(m: Model, rows: int, columns: int) -> Tensor:
    """The position embeddings of the class token and of so many rows and columns of patches."""
    table = m.weights["vision_encoder.pos_embed"]
    side = m.integer("vision_config.image_size") // m.integer("vision_config.patch_size")
    if rows != side or columns != side:
        width = table.size(2)
        grid = table.narrow(1, 1, side * side).view([1, side, side, width]).permute([0, 3, 1, 2])
        grid = torch.ops.aten._upsample_bilinear2d_aa(grid, [rows, columns], False, None, None)
        grid = grid.permute([0, 2, 3, 1]).reshape([1, rows * columns, width])
        table = torch.cat([table.narrow(1, 0, 1), grid], 1)
    return table


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    w = m.weights
    pixels = layers.pixel_values(images, m.processing, m.device)
    patch = m.integer("vision_config.patch_size")
    x = layers.patches(pixels, w, "vision_encoder.patch_embed.proj", patch)
    x = layers.with_class_token(x, w["vision_encoder.cls_token"])
    x = x + positions(m, pixels.size(2) // patch, pixels.size(3) // patch)
    registers = w["vision_encoder.register_tokens"].expand([x.size(0), -1, -1])
    x = torch.cat([x.narrow(1, 0, 1), registers, x.narrow(1, 1, x.size(1) - 1)], 1)
    eps = m.config["vision_config.layer_norm_eps"]
    heads = m.integer("vision_config.num_attention_heads")
    kind = m.names["vision_config.hidden_act"]
    gate = gated(m)
    stack = m.layers["vision"]
    for i in range(len(stack)):
        layer = stack[i]
        h = layers.layer_norm(x, layer, "norm1", eps)
        h = layers.self_attention(h, layer, heads, False, None)
        if i == len(stack) - 1:
            start = layers.first(x)
            h = layers.at(h, start)
            x = layers.at(x, start)
        x = layers.linear_add(h, x, layer, "attn.proj", False)
        h = layers.layer_norm(x, layer, "norm2", eps)
        if gate:
            h = layers.linear(h, layer, "mlp.in")
            halves = h.chunk(2, -1)
            x = layers.linear_add(F.silu(halves[0]) * halves[1], x, layer, "mlp.out", False)
        else:
            x = layers.feed_forward(h, x, layer, "mlp.in", "mlp.out", kind)
    return layers.layer_norm(x, w, "vision_encoder.norm", eps)


def waves(count: int, width: int, device: str) -> Tensor:
    """Sines in the first half, cosines in the second."""
    half = width // 2
    steps = torch.arange(half, dtype=torch.int64, device=device).to(torch.float32)
    steps = torch.exp(steps * (-9.210340371976184 / float(half - 1)))
    times = torch.arange(count, dtype=torch.int64, device=device).to(torch.float32)
    angles = times.unsqueeze(1) * steps.unsqueeze(0)
    x = torch.cat([torch.sin(angles), torch.cos(angles)], 1)
    return F.pad(x, [0, width - 2 * half])


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    """The mean of what is not padding."""
    w = m.weights
    x = layers.words(w, "text_encoder.token_embedding.weight", ids)
    width = x.size(2)
    if m.config["text_config.scale_sqrt_depth"] != 0.0:
        x = x * math.sqrt(float(width))
    x = x + waves(ids.size(1), width, m.device)
    eps = m.config["text_config.layer_norm_eps"]
    heads = m.integer("text_config.num_attention_heads")
    x = layers.encoder(x, m.layers["text"], heads, "relu", eps, False, layers.key_mask(mask), None)
    x = layers.layer_norm(x, w, "text_encoder.ln_final", eps)
    read = mask.to(torch.float32)
    epsilon = m.config["text_config.pooling_epsilon"]
    return (x * read.unsqueeze(2)).sum([1]) / (read.sum([1], keepdim=True) + epsilon)
