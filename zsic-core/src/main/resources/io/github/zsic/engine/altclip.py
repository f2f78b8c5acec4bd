"""AltCLIP (Chen et al., "AltCLIP: Altering the Language Encoder in CLIP for Extended Language Capabilities", 2022):
models/altclip/modeling_altclip.py and configuration_altclip.py of transformers. CLIP's vision tower, and XLM-RoBERTa
for texts.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers, towers
from .model import Model


def problems(m: Model, found: list[str]) -> None:
    towers.check_bert(m, found)
    layers.check_integer(found, m.config, m.names, "text_config.project_dim", 1, 1000000)
    if len(found) == 0 and text_positions(m) < 1:
        found.append("text_config.max_position_embeddings leaves no position for text")
    towers.check_clip_vision(m, found)


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    c = m.config
    dimension = layers.integer(c, "projection_dim", 768)
    width = layers.integer(c, "text_config.hidden_size", 1024)
    inner = layers.integer(c, "text_config.intermediate_size", 4096)
    vocabulary = layers.integer(c, "text_config.vocab_size", 250002)
    types = layers.integer(c, "text_config.type_vocab_size", 1)
    count = layers.integer(c, "text_config.num_hidden_layers", 24)
    positions = layers.integer(c, "text_config.max_position_embeddings", 514)
    middle = layers.integer(c, "text_config.project_dim", 768)
    towers.bert_shapes(shapes, "text_model.roberta.", vocabulary, positions, types, count, width, inner)
    layers.norm_shapes(shapes, "text_model.pre_LN", width)
    layers.linear_shapes(shapes, "text_model.transformation", middle, width)
    shapes["text_projection.weight"] = [dimension, middle]
    towers.clip_vision_shapes(m, shapes, dimension)
    layers.scalar_shape(shapes, "logit_scale")


def ignored() -> list[str]:
    """BERT's head for the first token, which this model does not use."""
    return ["text_model.roberta.pooler."]


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    count = layers.integer(m.config, "text_config.num_hidden_layers", 24)
    towers.load_bert(m, state, "text_model.roberta.", count)
    towers.load_clip_vision(m, state)


def padding(m: Model) -> int:
    """The id of padding is also the position of padding; those of text come behind it."""
    return layers.integer(m.config, "text_config.pad_token_id", 1)


def text_positions(m: Model) -> int:
    return layers.integer(m.config, "text_config.max_position_embeddings", 514) - padding(m) - 1


def pads_texts(m: Model) -> bool:
    return False


def logit_scale(m: Model) -> float:
    return float(m.weights["logit_scale"].exp())


def logit_bias(m: Model) -> float:
    return 0.0


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    return towers.encode_clip_images(m, images)


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    read = (ids != padding(m)).to(torch.int64)
    positions = read.cumsum(1) * read + padding(m)
    heads = layers.integer(m.config, "text_config.num_attention_heads", 16)
    kind = layers.text(m.names, "text_config.hidden_act", "gelu")
    eps = layers.number(m.config, "text_config.layer_norm_eps", 1e-5)
    x = towers.encode_bert(m, "text_model.roberta.", ids, positions, mask, heads, kind, eps)
    x = layers.layer_norm(x, m.weights, "text_model.pre_LN", eps)
    x = layers.linear(x, m.weights, "text_model.transformation")
    return F.linear(x, m.weights["text_projection.weight"])
