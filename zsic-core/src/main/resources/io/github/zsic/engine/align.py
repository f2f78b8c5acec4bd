"""ALIGN (Jia et al., "Scaling Up Visual and Vision-Language Representation Learning With Noisy Text Supervision",
2021): models/align/modeling_align.py and configuration_align.py of transformers. An EfficientNet for pictures, whose
pooled channels are the embedding, and BERT for texts.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from . import checks, convolutions, layers, towers
from .model import Model
from .usual import logit_bias, pads_texts, text_positions  # noqa: F401


def defaults() -> dict[str, float]:
    return {
        "projection_dim": 640.0,
        "text_config.hidden_size": 768.0,
        "text_config.intermediate_size": 3072.0,
        "text_config.num_hidden_layers": 12.0,
        "text_config.num_attention_heads": 12.0,
        "text_config.max_position_embeddings": 512.0,
        "text_config.vocab_size": 30522.0,
        "text_config.type_vocab_size": 2.0,
        "text_config.layer_norm_eps": 1e-12,
        "vision_config.width_coefficient": 2.0,
        "vision_config.depth_coefficient": 3.1,
        "vision_config.depth_divisor": 8.0,
        "vision_config.squeeze_expansion_ratio": 0.25,
        "vision_config.batch_norm_eps": 0.001,
    }


def default_names() -> dict[str, str]:
    return {
        "text_config.hidden_act": "gelu",
        "vision_config.hidden_act": "swish",
        "vision_config.pooling_type": "mean",
    }


def problems(m: Model, found: list[str]) -> None:
    towers.check_bert(m, found)
    vision = "vision_config."
    for name in ["depth_divisor", "hidden_dim", "image_size"]:
        layers.check_integer(m, found, vision + name, 1, 1000000)
    for name in ["width_coefficient", "depth_coefficient", "squeeze_expansion_ratio", "batch_norm_eps"]:
        if m.config[vision + name] <= 0.0 or vision + name in m.names:
            found.append(vision + name + " is no positive number")
    if m.names[vision + "hidden_act"] != "swish":
        found.append("{}hidden_act is '{}', and zsic has 'swish'".format(vision, m.names[vision + "hidden_act"]))
    if m.names[vision + "pooling_type"] != "mean":
        found.append("{}pooling_type is '{}', and zsic has 'mean'".format(vision, m.names[vision + "pooling_type"]))
    stages = len(stage_numbers(m, "kernel_sizes"))
    for name in ["in_channels", "out_channels", "strides", "num_block_repeats", "expand_ratios"]:
        values = stage_numbers(m, name)
        if len(values) != stages:
            found.append("{}{} has {} numbers, but kernel_sizes has {}".format(vision, name, len(values), stages))
        for value in values:
            if value < 1 or value > 100000:
                found.append(vision + name + " holds " + str(value))
    if len(found) == 0:
        dimension = m.integer("projection_dim")
        last = head_channels(m)
        if dimension != last:
            found.append("projection_dim is {}, but the picture's embedding has {} numbers".format(dimension, last))
        layers.check_fixed(m, found)


def standard_stages(name: str) -> list[int]:
    if name == "kernel_sizes":
        return [3, 3, 5, 3, 5, 5, 3]
    if name == "in_channels":
        return [32, 16, 24, 40, 80, 112, 192]
    if name == "out_channels":
        return [16, 24, 40, 80, 112, 192, 320]
    if name == "strides":
        return [1, 2, 2, 2, 1, 2, 1]
    if name == "num_block_repeats":
        return [1, 2, 2, 3, 3, 4, 1]
    return [1, 6, 6, 6, 6, 6, 6]


def stage_numbers(m: Model, name: str) -> list[int]:
    """One number for each stage of the EfficientNet."""
    values: list[int] = []
    key = "vision_config." + name + "."
    while key + str(len(values)) in m.config:
        values.append(int(m.config[key + str(len(values))]))
    if len(values) == 0:
        values = standard_stages(name)
    return values


def channels(m: Model, base: int) -> int:
    """The number of channels, scaled, in multiples of the divisor: round_filters."""
    divisor = m.integer("vision_config.depth_divisor")
    scaled = float(base) * m.config["vision_config.width_coefficient"]
    rounded = int(scaled + float(divisor) / 2.0) // divisor * divisor
    if rounded < divisor:
        rounded = divisor
    # Rounding down must not go down by more than a tenth.
    if float(rounded) < 0.9 * scaled:
        rounded = rounded + divisor
    return rounded


def head_channels(m: Model) -> int:
    values = stage_numbers(m, "out_channels")
    return channels(m, values[len(values) - 1])


def blocks(m: Model) -> list[list[int]]:
    """For each block: channels in, expanded and out, stride, kernel size, whether it is the first of its stage, and
    whether its padding is on the right and at the bottom only.
    """
    found: list[list[int]] = []
    whole: list[int] = []
    while "vision_config.depthwise_padding." + str(len(whole)) in m.config:
        whole.append(int(m.config["vision_config.depthwise_padding." + str(len(whole))]))
    kernels = stage_numbers(m, "kernel_sizes")
    inputs = stage_numbers(m, "in_channels")
    outputs = stage_numbers(m, "out_channels")
    strides = stage_numbers(m, "strides")
    repeats = stage_numbers(m, "num_block_repeats")
    ratios = stage_numbers(m, "expand_ratios")
    depth = m.config["vision_config.depth_coefficient"]
    for stage in range(len(kernels)):
        out = channels(m, outputs[stage])
        for j in range(int(math.ceil(depth * float(repeats[stage])))):
            width = out
            stride = 1
            first = 0
            if j == 0:
                width = channels(m, inputs[stage])
                stride = strides[stage]
                first = 1
            adjusted = 1
            if len(found) in whole:
                adjusted = 0
            found.append([width, width * ratios[stage], out, stride, kernels[stage], first, adjusted])
    return found


def norm_shapes(shapes: dict[str, list[int]], name: str, width: int) -> None:
    for part in ["weight", "bias", "running_mean", "running_var"]:
        shapes[name + "." + part] = [width]


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    width = m.integer("text_config.hidden_size")
    towers.bert_text_shapes(m, shapes, "text_model.", m.integer("text_config.type_vocab_size"))
    layers.linear_shapes(shapes, "text_projection", m.integer("projection_dim"), width)
    stem = channels(m, 32)
    shapes["vision_model.embeddings.convolution.weight"] = [stem, 3, 3, 3]
    norm_shapes(shapes, "vision_model.embeddings.batchnorm", stem)
    squeeze = m.config["vision_config.squeeze_expansion_ratio"]
    i = 0
    for b in blocks(m):
        block = "vision_model.encoder.blocks." + str(i) + "."
        i += 1
        if b[1] != b[0]:
            shapes[block + "expansion.expand_conv.weight"] = [b[1], b[0], 1, 1]
            norm_shapes(shapes, block + "expansion.expand_bn", b[1])
        shapes[block + "depthwise_conv.depthwise_conv.weight"] = [b[1], 1, b[4], b[4]]
        norm_shapes(shapes, block + "depthwise_conv.depthwise_norm", b[1])
        reduced = max(int(float(b[0]) * squeeze), 1)
        shapes[block + "squeeze_excite.reduce.weight"] = [reduced, b[1], 1, 1]
        shapes[block + "squeeze_excite.reduce.bias"] = [reduced]
        shapes[block + "squeeze_excite.expand.weight"] = [b[1], reduced, 1, 1]
        shapes[block + "squeeze_excite.expand.bias"] = [b[1]]
        shapes[block + "projection.project_conv.weight"] = [b[2], b[1], 1, 1]
        norm_shapes(shapes, block + "projection.project_bn", b[2])
    layers.scalar_shape(shapes, "temperature")


def ignored() -> list[str]:
    """Counters of the training, and BERT's head for the first token."""
    return ["num_batches_tracked", "text_model.pooler."]


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    towers.load_bert_text(m, state, "text_model.")
    layers.take(m, state, "vision_model.")
    if m.checked:
        for name in m.weights:
            weight = m.weights[name]
            if weight.dim() == 4:
                checks.convolution(m, weight, weight.size(0) if "depthwise_conv." in name else 1)


def logit_scale(m: Model) -> float:
    return 1.0 / float(m.weights["temperature"])


def batch_norm(x: Tensor, m: Model, name: str) -> Tensor:
    w = m.weights
    eps = m.config["vision_config.batch_norm_eps"]
    return torch.batch_norm(
        x,
        w[name + ".weight"],
        w[name + ".bias"],
        w[name + ".running_mean"],
        w[name + ".running_var"],
        False,
        0.0,
        eps,
        False,
    )


def convolve(x: Tensor, m: Model, name: str, stride: int, padding: int, groups: int) -> Tensor:
    bias = layers.optional(m.weights, name + ".bias")
    return convolutions.convolve(x, m.weights[name + ".weight"], bias, stride, padding, groups)


def encode_together(m: Model, images: list[Tensor]) -> Tensor:
    x = layers.pixel_values(images, m.processing, m.device)
    x = F.pad(x, [0, 1, 0, 1])
    x = convolve(x, m, "vision_model.embeddings.convolution", 2, 0, 1)
    x = F.silu(batch_norm(x, m, "vision_model.embeddings.batchnorm"))
    i = 0
    for b in blocks(m):
        block = "vision_model.encoder.blocks." + str(i) + "."
        i += 1
        h = x
        if b[1] != b[0]:
            h = convolve(h, m, block + "expansion.expand_conv", 1, 0, 1)
            h = F.silu(batch_norm(h, m, block + "expansion.expand_bn"))
        half = b[4] // 2
        padding = half
        if b[3] == 2:
            padding = 0
            h = F.pad(h, [half - b[6], half, half - b[6], half])
        h = convolve(h, m, block + "depthwise_conv.depthwise_conv", b[3], padding, b[1])
        h = F.silu(batch_norm(h, m, block + "depthwise_conv.depthwise_norm"))
        s = h.mean([2, 3], keepdim=True)
        s = F.silu(convolve(s, m, block + "squeeze_excite.reduce", 1, 0, 1))
        s = torch.sigmoid(convolve(s, m, block + "squeeze_excite.expand", 1, 0, 1))
        h = convolve(h * s, m, block + "projection.project_conv", 1, 0, 1)
        h = batch_norm(h, m, block + "projection.project_bn")
        if b[3] == 1 and b[5] == 0:
            h = h + x
        x = h
    return x.mean([2, 3])


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    """On the CPU each by itself: the convolutions depend in their last bits on how many pictures they see."""
    if m.device.startswith("cuda"):
        y = encode_together(m, images)
    else:
        results = [encode_together(m, [image]) for image in images]
        y = torch.cat(results, 0)
    return y


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    positions = torch.arange(ids.size(1), dtype=torch.int64, device=m.device).unsqueeze(0)
    x = towers.encode_bert_text(m, "text_model.", ids, positions, mask)
    return layers.linear(x, m.weights, "text_projection")
