"""CLIP (Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021):
models/clip/modeling_clip.py and configuration_clip.py of transformers.
"""

from torch import Tensor

from . import layers, towers
from .model import Model


def problems(m: Model, found: list[str]) -> None:
    towers.check_clip_text(m, found)
    towers.check_clip_vision(m, found)


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    towers.clip_shapes(m, shapes)


def ignored() -> list[str]:
    none: list[str] = []
    return none


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    towers.load_clip(m, state)


def text_positions(m: Model) -> int:
    return layers.integer(m.config, "text_config.max_position_embeddings", 77)


def pads_texts(m: Model) -> bool:
    return False


def logit_scale(m: Model) -> float:
    return float(m.weights["logit_scale"].exp())


def logit_bias(m: Model) -> float:
    return 0.0


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    return towers.encode_clip_images(m, images)


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    return towers.encode_clip_text(m, ids, towers.clip_end(m, ids, mask))
