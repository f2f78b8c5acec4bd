"""BLIP (Li et al., "BLIP: Bootstrapping Language-Image Pre-training", 2022): models/blip/modeling_blip.py,
modeling_blip_text.py and configuration_blip.py of transformers, BlipModel. The published image-text matching
checkpoints are of another class and lack its projections.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers, towers
from .model import Model


def problems(m: Model, found: list[str]) -> None:
    towers.check_bert(m, found)
    towers.check_blip_vision(m, found, 384)


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    c = m.config
    dimension = layers.integer(c, "projection_dim", 512)
    width = layers.integer(c, "text_config.hidden_size", 768)
    inner = layers.integer(c, "text_config.intermediate_size", 3072)
    vocabulary = layers.integer(c, "text_config.vocab_size", 30524)
    count = layers.integer(c, "text_config.num_hidden_layers", 12)
    positions = text_positions(m)
    towers.bert_shapes(shapes, "text_model.", vocabulary, positions, 0, count, width, inner)
    layers.linear_shapes(shapes, "text_model.pooler.dense", width, width)
    shapes["text_projection.weight"] = [dimension, width]
    width0 = layers.integer(c, "vision_config.hidden_size", 768)
    inner0 = layers.integer(c, "vision_config.intermediate_size", 3072)
    count0 = layers.integer(c, "vision_config.num_hidden_layers", 12)
    size = layers.integer(c, "vision_config.image_size", 384)
    patch = layers.integer(c, "vision_config.patch_size", 16)
    towers.blip_vision_shapes(shapes, count0, width0, inner0, size, patch, True)
    shapes["visual_projection.weight"] = [dimension, width0]
    layers.scalar_shape(shapes, "logit_scale")


def ignored() -> list[str]:
    """What makes the text tower a decoder of pictures."""
    return [".crossattention."]


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    count = layers.integer(m.config, "text_config.num_hidden_layers", 12)
    towers.load_bert(m, state, "text_model.", count)
    count0 = layers.integer(m.config, "vision_config.num_hidden_layers", 12)
    towers.load_blip_vision(m, state, count0)


def text_positions(m: Model) -> int:
    return layers.integer(m.config, "text_config.max_position_embeddings", 512)


def pads_texts(m: Model) -> bool:
    return False


def logit_scale(m: Model) -> float:
    return float(m.weights["logit_scale"].exp())


def logit_bias(m: Model) -> float:
    return 0.0


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    heads = layers.integer(m.config, "vision_config.num_attention_heads", 12)
    kind = layers.text(m.names, "vision_config.hidden_act", "gelu")
    eps = layers.number(m.config, "vision_config.layer_norm_eps", 1e-5)
    patch = layers.integer(m.config, "vision_config.patch_size", 16)
    x = towers.encode_blip_images(m, images, patch, heads, kind, eps, False)
    # The reference norms the first token a second time.
    x = layers.layer_norm(x, m.weights, "vision_model.post_layernorm", eps)
    return layers.project(x, m.weights["visual_projection.weight"])


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    positions = torch.arange(ids.size(1), dtype=torch.int64, device=m.device).unsqueeze(0)
    heads = layers.integer(m.config, "text_config.num_attention_heads", 8)
    kind = layers.text(m.names, "text_config.hidden_act", "gelu")
    eps = layers.number(m.config, "text_config.layer_norm_eps", 1e-12)
    x = towers.encode_bert(m, "text_model.", ids, positions, mask, heads, kind, eps)
    x = torch.tanh(layers.linear(x, m.weights, "text_model.pooler.dense"))
    return F.linear(x, m.weights["text_projection.weight"])
