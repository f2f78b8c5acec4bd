"""CLIP (Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021):
models/clip/modeling_clip.py and configuration_clip.py of transformers.
"""

from torch import Tensor

from . import layers, towers
from .model import Model
from .usual import ignored, logit_bias, logit_scale, pads_texts, text_positions  # noqa: F401


def defaults() -> dict[str, float]:
    return {
        "projection_dim": 512.0,
        "text_config.hidden_size": 512.0,
        "text_config.intermediate_size": 2048.0,
        "text_config.num_hidden_layers": 12.0,
        "text_config.num_attention_heads": 8.0,
        "text_config.max_position_embeddings": 77.0,
        "text_config.vocab_size": 49408.0,
        "text_config.eos_token_id": 49407.0,
        "text_config.layer_norm_eps": 1e-5,
        "vision_config.hidden_size": 768.0,
        "vision_config.intermediate_size": 3072.0,
        "vision_config.num_hidden_layers": 12.0,
        "vision_config.num_attention_heads": 12.0,
        "vision_config.image_size": 224.0,
        "vision_config.patch_size": 32.0,
        "vision_config.layer_norm_eps": 1e-5,
    }


def default_names() -> dict[str, str]:
    return {
        "text_config.hidden_act": "quick_gelu",
        "vision_config.hidden_act": "quick_gelu",
    }


def problems(m: Model, found: list[str]) -> None:
    towers.check_clip_text(m, found)
    towers.check_clip_vision(m, found)


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    dimension = m.integer("projection_dim")
    towers.clip_text_shapes(m, shapes, dimension)
    towers.clip_vision_shapes(m, shapes, dimension)
    layers.scalar_shape(shapes, "logit_scale")


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    towers.load_clip_text(m, state)
    towers.load_clip_vision(m, state)


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    return towers.encode_clip_images(m, images)


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    return towers.encode_clip_text(m, ids, towers.clip_end(m, ids, mask))
