"""BLIP-2 (Li et al., "BLIP-2: Bootstrapping Language-Image Pre-training with Frozen Image Encoders and Large Language
Models", 2023): models/blip_2/modeling_blip_2.py and configuration_blip_2.py of transformers, Blip2ForImageTextRetrieval
without its matching head. A picture has one embedding for each query of the Q-Former; the nearest to a text decides,
and there is no scale.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers, towers
from .model import Model


def problems(m: Model, found: list[str]) -> None:
    layers.check_tower(found, m.config, m.names, "qformer_config.", 768, 12, "gelu")
    layers.check_tower(found, m.config, m.names, "vision_config.", 1408, 16, "gelu")
    for name in [
        "num_query_tokens",
        "image_text_hidden_size",
        "qformer_config.max_position_embeddings",
        "qformer_config.cross_attention_frequency",
        "qformer_config.encoder_hidden_size",
    ]:
        layers.check_integer(found, m.config, m.names, name, 1, 1000000)
    layers.check_integer(found, m.config, m.names, "qformer_config.vocab_size", 1, 1000000000)
    layers.check_patches(found, m.config, m.names, m.processing, 224)
    if layers.number(m.config, "qformer_config.use_qformer_text_input", 0.0) == 0.0:
        found.append(
            "qformer_config.use_qformer_text_input is not true, so the checkpoint is not one for image-text retrieval"
        )


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    c = m.config
    dimension = layers.integer(c, "image_text_hidden_size", 256)
    width = layers.integer(c, "qformer_config.hidden_size", 768)
    inner = layers.integer(c, "qformer_config.intermediate_size", 3072)
    width0 = layers.integer(c, "vision_config.hidden_size", 1408)
    inner0 = layers.integer(c, "vision_config.intermediate_size", 6144)
    count0 = layers.integer(c, "vision_config.num_hidden_layers", 39)
    size = layers.integer(c, "vision_config.image_size", 224)
    patch = layers.integer(c, "vision_config.patch_size", 14)
    bias = layers.number(c, "vision_config.qkv_bias", 1.0) != 0.0
    towers.blip_vision_shapes(shapes, count0, width0, inner0, size, patch, bias)
    shapes["query_tokens"] = [1, layers.integer(c, "num_query_tokens", 32), width]
    shapes["embeddings.word_embeddings.weight"] = [layers.integer(c, "qformer_config.vocab_size", 30522), width]
    shapes["embeddings.position_embeddings.weight"] = [text_positions(m), width]
    layers.norm_shapes(shapes, "qformer.layernorm", width)
    frequency = layers.integer(c, "qformer_config.cross_attention_frequency", 2)
    seen = layers.integer(c, "qformer_config.encoder_hidden_size", 1408)
    for i in range(layers.integer(c, "qformer_config.num_hidden_layers", 12)):
        layer = "qformer.encoder.layer." + str(i) + "."
        for name in [
            "attention.attention.query",
            "attention.attention.key",
            "attention.attention.value",
            "attention.output.dense",
        ]:
            layers.linear_shapes(shapes, layer + name, width, width)
        layers.norm_shapes(shapes, layer + "attention.output.LayerNorm", width)
        if i % frequency == 0:
            for name in ["crossattention.attention.query", "crossattention.output.dense"]:
                layers.linear_shapes(shapes, layer + name, width, width)
            for name in ["crossattention.attention.key", "crossattention.attention.value"]:
                layers.linear_shapes(shapes, layer + name, width, seen)
            layers.norm_shapes(shapes, layer + "crossattention.output.LayerNorm", width)
        for part in ["", "_query"]:
            layers.linear_shapes(shapes, layer + "intermediate" + part + ".dense", inner, width)
            layers.linear_shapes(shapes, layer + "output" + part + ".dense", width, inner)
            layers.norm_shapes(shapes, layer + "output" + part + ".LayerNorm", width)
    layers.linear_shapes(shapes, "vision_projection", dimension, width)
    layers.linear_shapes(shapes, "text_projection", dimension, width)


def ignored() -> list[str]:
    """The head that looks at picture and text together."""
    return ["itm_head."]


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    count0 = layers.integer(m.config, "vision_config.num_hidden_layers", 39)
    towers.load_blip_vision(m, state, count0)
    kind = layers.text(m.names, "qformer_config.hidden_act", "gelu")
    stack: list[dict[str, Tensor]] = []
    for i in range(layers.integer(m.config, "qformer_config.num_hidden_layers", 12)):
        source = "qformer.encoder.layer." + str(i) + "."
        layer: dict[str, Tensor] = {}
        for suffix in [".weight", ".bias"]:
            q = layers.weight(state, source + "attention.attention.query" + suffix, m.device)
            k = layers.weight(state, source + "attention.attention.key" + suffix, m.device)
            v = layers.weight(state, source + "attention.attention.value" + suffix, m.device)
            layer["qkv" + suffix] = torch.cat([q, k, v], 0)
            for name in ["attention.output.dense", "attention.output.LayerNorm"]:
                layer[name + suffix] = layers.weight(state, source + name + suffix, m.device)
            for part in ["", "_query"]:
                for name in [
                    "intermediate" + part + ".dense",
                    "output" + part + ".dense",
                    "output" + part + ".LayerNorm",
                ]:
                    layer[name + suffix] = layers.weight(state, source + name + suffix, m.device)
            if source + "crossattention.output.dense.weight" in state:
                for name in [
                    "crossattention.attention.query",
                    "crossattention.attention.key",
                    "crossattention.attention.value",
                    "crossattention.output.dense",
                    "crossattention.output.LayerNorm",
                ]:
                    layer[name + suffix] = layers.weight(state, source + name + suffix, m.device)
        for part in ["", "_query"]:
            layers.pack_feed_forward(m, layer, "intermediate" + part + ".dense", "output" + part + ".dense", kind)
        layers.pack_layer(m, layer)
        stack.append(layer)
    m.layers["qformer"] = stack


def text_positions(m: Model) -> int:
    return layers.integer(m.config, "qformer_config.max_position_embeddings", 512)


def pads_texts(m: Model) -> bool:
    return False


def logit_scale(m: Model) -> float:
    return 1.0


def logit_bias(m: Model) -> float:
    return 0.0


def cross_attention(x: Tensor, picture: Tensor, layer: dict[str, Tensor], heads: int) -> Tensor:
    """Attention of x to the tokens of a picture, before the last projection."""
    batch = x.size(0)
    width = x.size(2)
    q = layers.linear(x, layer, "crossattention.attention.query")
    k = layers.linear(picture, layer, "crossattention.attention.key")
    v = layers.linear(picture, layer, "crossattention.attention.value")
    q = q.view([batch, -1, heads, width // heads]).transpose(1, 2)
    k = k.view([batch, -1, heads, width // heads]).transpose(1, 2)
    v = v.view([batch, -1, heads, width // heads]).transpose(1, 2)
    h = F.scaled_dot_product_attention(q, k, v)
    return h.transpose(1, 2).reshape([batch, -1, width])


def qformer(m: Model, x: Tensor, mask: Tensor | None, picture: Tensor | None, part: str) -> Tensor:
    """The Q-Former reads either its queries, which look at the picture, or a text; each has a feed-forward part."""
    heads = layers.integer(m.config, "qformer_config.num_attention_heads", 12)
    kind = layers.text(m.names, "qformer_config.hidden_act", "gelu")
    eps = layers.number(m.config, "qformer_config.layer_norm_eps", 1e-12)
    x = layers.layer_norm(x, m.weights, "qformer.layernorm", eps)
    for layer in m.layers["qformer"]:
        h = layers.self_attention(x, layer, heads, False, mask)
        x = layers.linear_add(h, x, layer, "attention.output.dense", False)
        x = layers.layer_norm(x, layer, "attention.output.LayerNorm", eps)
        if picture is not None and "crossattention.output.dense.weight" in layer:
            h = cross_attention(x, picture, layer, heads)
            x = layers.linear_add(h, x, layer, "crossattention.output.dense", False)
            x = layers.layer_norm(x, layer, "crossattention.output.LayerNorm", eps)
        x = layers.feed_forward(x, x, layer, "intermediate" + part + ".dense", "output" + part + ".dense", kind)
        x = layers.layer_norm(x, layer, "output" + part + ".LayerNorm", eps)
    return x


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    heads = layers.integer(m.config, "vision_config.num_attention_heads", 16)
    kind = layers.text(m.names, "vision_config.hidden_act", "gelu")
    eps = layers.number(m.config, "vision_config.layer_norm_eps", 1e-6)
    patch = layers.integer(m.config, "vision_config.patch_size", 14)
    picture = towers.encode_blip_images(m, images, patch, heads, kind, eps, True)
    queries = m.weights["query_tokens"].expand([picture.size(0), -1, -1])
    x = qformer(m, queries, None, picture, "_query")
    return layers.linear(x, m.weights, "vision_projection")


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    x = layers.words(m.weights, "embeddings.word_embeddings.weight", ids)
    x = x + m.weights["embeddings.position_embeddings.weight"].narrow(0, 0, ids.size(1))
    x = qformer(m, x, layers.key_mask(mask), None, "")
    return layers.linear(x[:, 0], m.weights, "text_projection")
