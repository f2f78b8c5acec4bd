"""The CLIP in CLIPSeg (Lueddecke and Ecker, "Image Segmentation Using Text and Image Prompts", 2021):
models/clipseg/modeling_clipseg.py and configuration_clipseg.py of transformers, CLIPSegModel. It takes pictures of any
one size, by interpolation of its position embeddings.
"""

import torch
from torch import Tensor

from . import layers, towers
from .clip import default_names, defaults, encode_texts, load_layers, shapes  # noqa: F401
from .model import Model
from .usual import logit_bias, logit_scale, pads_texts, text_positions  # noqa: F401


def problems(m: Model, found: list[str]) -> None:
    towers.check_clip_text(m, found)
    layers.check_tower(m, found, "vision_config.")
    for name in ["vision_config.image_size", "vision_config.patch_size"]:
        layers.check_integer(m, found, name, 1, 1000000)
    if len(found) == 0:
        size = layers.check_fixed(m, found)
        if len(found) == 0:
            patch = m.integer("vision_config.patch_size")
            if size[0] < patch or size[1] < patch:
                found.append("the image processor makes pictures smaller than one patch of " + str(patch) + " pixels")


def ignored() -> list[str]:
    """What makes it segment."""
    return ["decoder."]


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    pixels = layers.pixel_values(images, m.processing, m.device)
    positions = m.weights["vision_model.embeddings.position_embedding.weight"]
    patch = m.integer("vision_config.patch_size")
    rows = pixels.size(2) // patch
    columns = pixels.size(3) // patch
    if rows * columns != positions.size(0) - 1 or pixels.size(2) != pixels.size(3):
        side = m.integer("vision_config.image_size") // patch
        width = positions.size(1)
        table = positions.narrow(0, 1, side * side).view([1, side, side, width]).permute([0, 3, 1, 2])
        table = torch.ops.aten.upsample_bicubic2d(table, [rows, columns], False, None, None)
        table = table.permute([0, 2, 3, 1]).reshape([rows * columns, width])
        positions = torch.cat([positions.narrow(0, 0, 1), table], 0)
    return towers.encode_clip_pixels(m, pixels, positions)
