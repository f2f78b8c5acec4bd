"""SigLIP 2 in its NaFlex form (Tschannen et al., "SigLIP 2", 2025), which keeps the aspect of a picture:
models/siglip2/modeling_siglip2.py, configuration_siglip2.py and image_processing_siglip2.py of transformers.
"""

import math

import torch
from torch import Tensor

from . import layers, towers
from .model import Model
from .siglip import default_names, encode_texts, pads_texts, text_positions  # noqa: F401
from .usual import ignored, logit_bias, logit_scale  # noqa: F401


def defaults() -> dict[str, float]:
    return {
        "text_config.hidden_size": 768.0,
        "text_config.intermediate_size": 3072.0,
        "text_config.num_hidden_layers": 12.0,
        "text_config.num_attention_heads": 12.0,
        "text_config.max_position_embeddings": 64.0,
        "text_config.vocab_size": 32000.0,
        "text_config.layer_norm_eps": 1e-6,
        "vision_config.hidden_size": 768.0,
        "vision_config.intermediate_size": 3072.0,
        "vision_config.num_hidden_layers": 12.0,
        "vision_config.num_attention_heads": 12.0,
        "vision_config.num_patches": 256.0,
        "vision_config.patch_size": 16.0,
        "vision_config.layer_norm_eps": 1e-6,
        "vision_config.vision_use_head": 1.0,
    }


def problems(m: Model, found: list[str]) -> None:
    towers.check_siglip_vision(m, found)
    towers.check_siglip_text(m, found)
    before = len(found)
    for name in ["vision_config.patch_size", "vision_config.num_patches"]:
        layers.check_integer(m, found, name, 1, 1000000)
    if len(found) == before:
        patch = m.integer("vision_config.patch_size")
        side = grid(m)
        count = m.integer("vision_config.num_patches")
        if side * side != count:
            found.append("vision_config.num_patches " + str(count) + " is no square number")
        if "max_num_patches" not in m.processing:
            found.append("the image processor makes pictures of one size, but the model takes patches")
        elif int(m.processing["patch_size"]) != patch:
            found.append(
                "the image processor makes patches of {} pixels, but vision_config.patch_size is {}".format(
                    int(m.processing["patch_size"]), patch
                )
            )


def grid(m: Model) -> int:
    """The position embeddings are a square of this many patches to a side."""
    count = m.integer("vision_config.num_patches")
    side = 1
    while (side + 1) * (side + 1) <= count:
        side += 1
    return side


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    towers.siglip_text_shapes(m, shapes)
    towers.siglip_vision_shapes(m, shapes)
    width = m.integer("vision_config.hidden_size")
    patch = m.integer("vision_config.patch_size")
    layers.linear_shapes(shapes, "vision_model.embeddings.patch_embedding", width, 3 * patch * patch)
    shapes["vision_model.embeddings.position_embedding.weight"] = [
        m.integer("vision_config.num_patches"),
        width,
    ]
    for name in ["logit_scale", "logit_bias"]:
        shapes[name] = [1]


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    layers.take(m, state, "vision_model.embeddings.patch_embedding.")
    layers.pack(m, m.weights, "vision_model.embeddings.patch_embedding", False)
    towers.load_siglip_text(m, state)
    towers.load_siglip_vision(m, state)


def scaled(size: int, scale: float, patch: int) -> int:
    """A side scaled and rounded up to whole patches, at least one."""
    return max(int(math.ceil(float(size) * scale / float(patch))), 1) * patch


def resized(height: int, width: int, patch: int, limit: int) -> list[int]:
    """Height and width after the resize: get_image_size_for_max_num_patches."""
    low = 1e-6
    high = 100.0
    while high - low >= 1e-5:
        scale = (low + high) / 2.0
        rows = scaled(height, scale, patch) // patch
        columns = scaled(width, scale, patch) // patch
        if rows * columns <= limit:
            low = scale
        else:
            high = scale
    return [scaled(height, low, patch), scaled(width, low, patch)]


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    """Pictures of different shapes have different numbers of patches. Those with the same number are computed together,
    without padding, where the reference pads all to the largest number that is allowed and masks that.
    """
    w = m.weights
    patch = int(m.processing["patch_size"])
    side = grid(m)
    table = w["vision_model.embeddings.position_embedding.weight"]
    table = table.view([side, side, -1]).permute([2, 0, 1]).unsqueeze(0)
    pictures: list[Tensor] = []
    for image in images:
        x = image.permute([2, 0, 1]).unsqueeze(0)
        if m.processing["do_resize"] != 0.0:
            size = resized(image.size(0), image.size(1), patch, int(m.processing["max_num_patches"]))
            x = layers.resize(x, size, int(m.processing["resample"]))
        x = layers.rescale_and_normalize(x, m.processing, m.device)
        rows = x.size(2) // patch
        columns = x.size(3) // patch
        x = x.view([3, rows, patch, columns, patch])
        x = x.permute([1, 3, 2, 4, 0]).reshape([rows * columns, -1])
        x = layers.linear(x, w, "vision_model.embeddings.patch_embedding").to(torch.float32)
        positions = torch.ops.aten._upsample_bilinear2d_aa(table, [rows, columns], False, None, None)
        x = x + positions.squeeze(0).flatten(1).transpose(0, 1)
        pictures.append(x)
    results: dict[int, Tensor] = {}
    for i in range(len(pictures)):
        if i not in results:
            alike: list[int] = []
            batch: list[Tensor] = []
            for j in range(i, len(pictures)):
                if pictures[j].size(0) == pictures[i].size(0):
                    alike.append(j)
                    batch.append(pictures[j])
            x = towers.encode_siglip_patches(m, torch.stack(batch, 0), None)
            for j in range(len(alike)):
                results[alike[j]] = x[j]
    ordered = [results[i] for i in range(len(pictures))]
    return torch.stack(ordered, 0)
