"""SigLIP (Zhai et al., "Sigmoid Loss for Language Image Pre-Training", 2023), and the releases of SigLIP 2 for one
fixed resolution: models/siglip/modeling_siglip.py and configuration_siglip.py of transformers.
"""

from torch import Tensor

from . import layers, towers
from .model import Model
from .usual import ignored, logit_bias, logit_scale  # noqa: F401


def defaults() -> dict[str, float]:
    return {
        "text_config.hidden_size": 768.0,
        "text_config.intermediate_size": 3072.0,
        "text_config.num_hidden_layers": 12.0,
        "text_config.num_attention_heads": 12.0,
        "text_config.max_position_embeddings": 64.0,
        "text_config.vocab_size": 32000.0,
        "text_config.layer_norm_eps": 1e-6,
        "vision_config.hidden_size": 768.0,
        "vision_config.intermediate_size": 3072.0,
        "vision_config.num_hidden_layers": 12.0,
        "vision_config.num_attention_heads": 12.0,
        "vision_config.image_size": 224.0,
        "vision_config.patch_size": 16.0,
        "vision_config.layer_norm_eps": 1e-6,
        "vision_config.vision_use_head": 1.0,
    }


def default_names() -> dict[str, str]:
    return {
        "text_config.hidden_act": "gelu_pytorch_tanh",
        "vision_config.hidden_act": "gelu_pytorch_tanh",
    }


def problems(m: Model, found: list[str]) -> None:
    towers.check_siglip_vision(m, found)
    towers.check_siglip_text(m, found)
    layers.check_patches(m, found)


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    towers.siglip_text_shapes(m, shapes)
    towers.siglip_vision_shapes(m, shapes)
    width = m.integer("vision_config.hidden_size")
    patch = m.integer("vision_config.patch_size")
    grid = m.integer("vision_config.image_size") // patch
    shapes["vision_model.embeddings.patch_embedding.weight"] = [width, 3, patch, patch]
    shapes["vision_model.embeddings.patch_embedding.bias"] = [width]
    shapes["vision_model.embeddings.position_embedding.weight"] = [grid * grid, width]
    for name in ["logit_scale", "logit_bias"]:
        shapes[name] = [1]


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    layers.pack_patches(m, state, "vision_model.embeddings.patch_embedding")
    towers.load_siglip_text(m, state)
    towers.load_siglip_vision(m, state)


def text_positions(m: Model) -> int:
    return towers.siglip_text_positions(m)


def pads_texts(m: Model) -> bool:
    return True


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    w = m.weights
    x = layers.pixel_values(images, m.processing, m.device)
    patch = m.integer("vision_config.patch_size")
    x = layers.patches(x, w, "vision_model.embeddings.patch_embedding", patch)
    x = x + w["vision_model.embeddings.position_embedding.weight"]
    return towers.encode_siglip_patches(m, x, None)


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    return towers.encode_siglip_texts(m, ids, mask)
