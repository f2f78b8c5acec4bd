"""BLIP (Li et al., "BLIP: Bootstrapping Language-Image Pre-training", 2022): models/blip/modeling_blip.py,
modeling_blip_text.py and configuration_blip.py of transformers, BlipModel. The published image-text matching
checkpoints are of another class and lack its projections.
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
        "text_config.num_attention_heads": 8.0,
        "text_config.max_position_embeddings": 512.0,
        "text_config.vocab_size": 30524.0,
        "text_config.layer_norm_eps": 1e-12,
        "vision_config.hidden_size": 768.0,
        "vision_config.intermediate_size": 3072.0,
        "vision_config.num_hidden_layers": 12.0,
        "vision_config.num_attention_heads": 12.0,
        "vision_config.image_size": 384.0,
        "vision_config.patch_size": 16.0,
        "vision_config.layer_norm_eps": 1e-5,
    }


def default_names() -> dict[str, str]:
    return {
        "text_config.hidden_act": "gelu",
        "vision_config.hidden_act": "gelu",
    }


def problems(m: Model, found: list[str]) -> None:
    towers.check_bert(m, found)
    towers.check_blip_vision(m, found)


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    dimension = m.integer("projection_dim")
    width = m.integer("text_config.hidden_size")
    towers.bert_text_shapes(m, shapes, "text_model.", 0)
    layers.linear_shapes(shapes, "text_model.pooler.dense", width, width)
    shapes["text_projection.weight"] = [dimension, width]
    towers.blip_vision_shapes(m, shapes, True)
    shapes["visual_projection.weight"] = [dimension, m.integer("vision_config.hidden_size")]
    layers.scalar_shape(shapes, "logit_scale")


def ignored() -> list[str]:
    """What makes the text tower a decoder of pictures."""
    return [".crossattention."]


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    towers.load_bert_text(m, state, "text_model.")
    towers.load_blip_vision(m, state)


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    x = towers.encode_blip_images(m, images, False)
    # The reference norms the first token a second time.
    x = layers.layer_norm(x, m.weights, "vision_model.post_layernorm", m.config["vision_config.layer_norm_eps"])
    return layers.project(x, m.weights["visual_projection.weight"])


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    positions = torch.arange(ids.size(1), dtype=torch.int64, device=m.device).unsqueeze(0)
    x = towers.encode_bert_text(m, "text_model.", ids, positions, mask)
    x = torch.tanh(layers.linear(x, m.weights, "text_model.pooler.dense"))
    return F.linear(x, m.weights["text_projection.weight"])
