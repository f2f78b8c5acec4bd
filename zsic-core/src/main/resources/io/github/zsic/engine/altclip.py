"""AltCLIP (Chen et al., "AltCLIP: Altering the Language Encoder in CLIP for Extended Language Capabilities", 2022):
models/altclip/modeling_altclip.py and configuration_altclip.py of transformers. CLIP's vision tower, and XLM-RoBERTa
for texts.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers, towers
from .model import Model
from .usual import logit_bias, logit_scale, pads_texts  # noqa: F401


def defaults() -> dict[str, float]:
    return {
        "projection_dim": 768.0,
        "text_config.hidden_size": 1024.0,
        "text_config.intermediate_size": 4096.0,
        "text_config.num_hidden_layers": 24.0,
        "text_config.num_attention_heads": 16.0,
        "text_config.max_position_embeddings": 514.0,
        "text_config.vocab_size": 250002.0,
        "text_config.type_vocab_size": 1.0,
        "text_config.pad_token_id": 1.0,
        "text_config.project_dim": 768.0,
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
        "text_config.hidden_act": "gelu",
        "vision_config.hidden_act": "quick_gelu",
    }


def problems(m: Model, found: list[str]) -> None:
    towers.check_bert(m, found)
    layers.check_integer(m, found, "text_config.project_dim", 1, 1000000)
    if len(found) == 0 and text_positions(m) < 1:
        found.append("text_config.max_position_embeddings leaves no position for text")
    towers.check_clip_vision(m, found)


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    dimension = m.integer("projection_dim")
    width = m.integer("text_config.hidden_size")
    middle = m.integer("text_config.project_dim")
    towers.bert_text_shapes(m, shapes, "text_model.roberta.", m.integer("text_config.type_vocab_size"))
    layers.norm_shapes(shapes, "text_model.pre_LN", width)
    layers.linear_shapes(shapes, "text_model.transformation", middle, width)
    shapes["text_projection.weight"] = [dimension, middle]
    towers.clip_vision_shapes(m, shapes, dimension)
    layers.scalar_shape(shapes, "logit_scale")


def ignored() -> list[str]:
    """BERT's head for the first token, which this model does not use."""
    return ["text_model.roberta.pooler."]


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    towers.load_bert_text(m, state, "text_model.roberta.")
    towers.load_clip_vision(m, state)


def padding(m: Model) -> int:
    """The id of padding is also the position of padding; those of text come behind it."""
    return m.integer("text_config.pad_token_id")


def text_positions(m: Model) -> int:
    return m.integer("text_config.max_position_embeddings") - padding(m) - 1


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    return towers.encode_clip_images(m, images)


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    read = (ids != padding(m)).to(torch.int64)
    positions = read.cumsum(1) * read + padding(m)
    x = towers.encode_bert_text(m, "text_model.roberta.", ids, positions, mask)
    x = layers.layer_norm(x, m.weights, "text_model.pre_LN", m.config["text_config.layer_norm_eps"])
    x = layers.linear(x, m.weights, "text_model.transformation")
    return F.linear(x, m.weights["text_projection.weight"])
