"""Chinese CLIP (Yang et al., "Chinese CLIP: Contrastive Vision-Language Pretraining in Chinese", 2022):
models/chinese_clip/modeling_chinese_clip.py and configuration_chinese_clip.py of transformers. CLIP's vision tower, and
BERT for texts.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers, towers
from .model import Model


def problems(m: Model, found: list[str]) -> None:
    towers.check_bert(m, found)
    towers.check_clip_vision(m, found)


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    c = m.config
    dimension = layers.integer(c, "projection_dim", 512)
    width = layers.integer(c, "text_config.hidden_size", 768)
    inner = layers.integer(c, "text_config.intermediate_size", 3072)
    vocabulary = layers.integer(c, "text_config.vocab_size", 30522)
    types = layers.integer(c, "text_config.type_vocab_size", 2)
    count = layers.integer(c, "text_config.num_hidden_layers", 12)
    positions = text_positions(m)
    towers.bert_shapes(shapes, "text_model.", vocabulary, positions, types, count, width, inner)
    shapes["text_projection.weight"] = [dimension, width]
    towers.clip_vision_shapes(m, shapes, dimension)
    layers.scalar_shape(shapes, "logit_scale")


def ignored() -> list[str]:
    """BERT's head for the first token, which this model does not use."""
    return ["text_model.pooler."]


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    count = layers.integer(m.config, "text_config.num_hidden_layers", 12)
    towers.load_bert(m, state, "text_model.", count)
    towers.load_clip_vision(m, state)


def text_positions(m: Model) -> int:
    return layers.integer(m.config, "text_config.max_position_embeddings", 512)


def pads_texts(m: Model) -> bool:
    return False


def logit_scale(m: Model) -> float:
    return float(m.weights["logit_scale"].exp())


def logit_bias(m: Model) -> float:
    return 0.0


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    return towers.encode_clip_images(m, images)


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    positions = torch.arange(ids.size(1), dtype=torch.int64, device=m.device).unsqueeze(0)
    heads = layers.integer(m.config, "text_config.num_attention_heads", 12)
    kind = layers.text(m.names, "text_config.hidden_act", "gelu")
    eps = layers.number(m.config, "text_config.layer_norm_eps", 1e-12)
    x = towers.encode_bert(m, "text_model.", ids, positions, mask, heads, kind, eps)
    return F.linear(x, m.weights["text_projection.weight"])
