"""Chinese CLIP (Yang et al., "Chinese CLIP: Contrastive Vision-Language Pretraining in Chinese", 2022):
models/chinese_clip/modeling_chinese_clip.py and configuration_chinese_clip.py of transformers. CLIP's vision tower, and
BERT for texts.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers, towers
from .model import Model
from .usual import logit_bias, logit_scale, pads_texts, text_positions  # noqa: F401


def defaults() -> dict[str, float]:
    return {
        "projection_dim": 512.0,
        "text_config.hidden_size": 768.0,
        "text_config.intermediate_size": 3072.0,
        "text_config.num_hidden_layers": 12.0,
        "text_config.num_attention_heads": 12.0,
        "text_config.max_position_embeddings": 512.0,
        "text_config.vocab_size": 30522.0,
        "text_config.type_vocab_size": 2.0,
        "text_config.layer_norm_eps": 1e-12,
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
        "text_config.hidden_act": "gelu",
        "vision_config.hidden_act": "quick_gelu",
    }


def problems(m: Model, found: list[str]) -> None:
    towers.check_bert(m, found)
    towers.check_clip_vision(m, found)


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    dimension = m.integer("projection_dim")
    towers.bert_text_shapes(m, shapes, "text_model.", m.integer("text_config.type_vocab_size"))
    shapes["text_projection.weight"] = [dimension, m.integer("text_config.hidden_size")]
    towers.clip_vision_shapes(m, shapes, dimension)
    layers.scalar_shape(shapes, "logit_scale")


def ignored() -> list[str]:
    """BERT's head for the first token, which this model does not use."""
    return ["text_model.pooler."]


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    towers.load_bert_text(m, state, "text_model.")
    towers.load_clip_vision(m, state)


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    return towers.encode_clip_images(m, images)


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    positions = torch.arange(ids.size(1), dtype=torch.int64, device=m.device).unsqueeze(0)
    x = towers.encode_bert_text(m, "text_model.", ids, positions, mask)
    return F.linear(x, m.weights["text_projection.weight"])
