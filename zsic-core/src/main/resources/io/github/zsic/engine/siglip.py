"""SigLIP (Zhai et al., "Sigmoid Loss for Language Image Pre-Training", 2023), and the releases of SigLIP 2 for one
fixed resolution: models/siglip/modeling_siglip.py and configuration_siglip.py of transformers.
"""

from torch import Tensor

from . import layers, towers
from .model import Model


def problems(m: Model, found: list[str]) -> None:
    towers.check_siglip(m, found)
    layers.check_patches(found, m.config, m.names, m.processing, 224)


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    towers.siglip_shapes(m, shapes)
    width = layers.integer(m.config, "vision_config.hidden_size", 768)
    patch = layers.integer(m.config, "vision_config.patch_size", 16)
    grid = layers.integer(m.config, "vision_config.image_size", 224) // patch
    shapes["vision_model.embeddings.patch_embedding.weight"] = [width, 3, patch, patch]
    shapes["vision_model.embeddings.patch_embedding.bias"] = [width]
    shapes["vision_model.embeddings.position_embedding.weight"] = [grid * grid, width]


def ignored() -> list[str]:
    none: list[str] = []
    return none


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    layers.pack_patches(m, m.weights, "vision_model.embeddings.patch_embedding")
    towers.load_siglip(m, state)


def text_positions(m: Model) -> int:
    return towers.siglip_text_positions(m)


def pads_texts(m: Model) -> bool:
    return True


def logit_scale(m: Model) -> float:
    return float(m.weights["logit_scale"].exp())


def logit_bias(m: Model) -> float:
    return float(m.weights["logit_bias"])


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    w = m.weights
    x = layers.pixel_values(images, m.processing, m.device)
    patch = layers.integer(m.config, "vision_config.patch_size", 16)
    x = layers.patches(x, w, "vision_model.embeddings.patch_embedding", patch)
    x = x + w["vision_model.embeddings.position_embedding.weight"]
    return towers.encode_siglip_patches(m, x, None)


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    return towers.encode_siglip_texts(m, ids, mask)
