"""MetaCLIP 2 (Chuang et al., "MetaCLIP 2: A Worldwide Scaling Recipe", 2025), which is CLIP with another vocabulary:
models/metaclip_2/modeling_metaclip_2.py and configuration_metaclip_2.py of transformers.
"""

from torch import Tensor

from . import layers, towers
from .clip import default_names, defaults, load_layers, shapes  # noqa: F401
from .model import Model


def problems(m: Model, found: list[str]) -> None:
    towers.check_clip_text(m, found)
    towers.check_clip_vision(m, found)


def ignored() -> list[str]:
    none: list[str] = []
    return none


def text_positions(m: Model) -> int:
    return m.integer("text_config.max_position_embeddings")


def pads_texts(m: Model) -> bool:
    return False


def logit_scale(m: Model) -> float:
    return float(m.weights["logit_scale"].exp())


def logit_bias(m: Model) -> float:
    return 0.0


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    return towers.encode_clip_images(m, images)


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    # Its end token is 2, which for CLIP means something else.
    eos = m.integer("text_config.eos_token_id")
    return towers.encode_clip_text(m, ids, layers.first_position(ids, eos))
