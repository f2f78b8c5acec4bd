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
from .usual import logit_bias, pads_texts  # noqa: F401


def defaults() -> dict[str, float]:
    return {
        "image_text_hidden_size": 256.0,
        "num_query_tokens": 32.0,
        "qformer_config.hidden_size": 768.0,
        "qformer_config.intermediate_size": 3072.0,
        "qformer_config.num_hidden_layers": 12.0,
        "qformer_config.num_attention_heads": 12.0,
        "qformer_config.encoder_hidden_size": 1408.0,
        "qformer_config.cross_attention_frequency": 2.0,
        "qformer_config.max_position_embeddings": 512.0,
        "qformer_config.vocab_size": 30522.0,
        "qformer_config.layer_norm_eps": 1e-12,
        "qformer_config.use_qformer_text_input": 0.0,
        "vision_config.hidden_size": 1408.0,
        "vision_config.intermediate_size": 6144.0,
        "vision_config.num_hidden_layers": 39.0,
        "vision_config.num_attention_heads": 16.0,
        "vision_config.image_size": 224.0,
        "vision_config.patch_size": 14.0,
        "vision_config.layer_norm_eps": 1e-6,
        "vision_config.qkv_bias": 1.0,
    }


def default_names() -> dict[str, str]:
    return {
        "qformer_config.hidden_act": "gelu",
        "vision_config.hidden_act": "gelu",
    }


def problems(m: Model, found: list[str]) -> None:
    layers.check_tower(m, found, "qformer_config.")
    layers.check_tower(m, found, "vision_config.")
    for name in [
        "num_query_tokens",
        "image_text_hidden_size",
        "qformer_config.max_position_embeddings",
        "qformer_config.cross_attention_frequency",
        "qformer_config.encoder_hidden_size",
    ]:
        layers.check_integer(m, found, name, 1, 1000000)
    layers.check_integer(m, found, "qformer_config.vocab_size", 1, 1000000000)
    layers.check_patches(m, found)
    if m.config["qformer_config.use_qformer_text_input"] == 0.0:
        found.append(
            "qformer_config.use_qformer_text_input is not true, so the checkpoint is not one for image-text retrieval"
        )


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    dimension = m.integer("image_text_hidden_size")
    width = m.integer("qformer_config.hidden_size")
    inner = m.integer("qformer_config.intermediate_size")
    towers.blip_vision_shapes(m, shapes, m.config["vision_config.qkv_bias"] != 0.0)
    shapes["query_tokens"] = [1, m.integer("num_query_tokens"), width]
    shapes["embeddings.word_embeddings.weight"] = [m.integer("qformer_config.vocab_size"), width]
    shapes["embeddings.position_embeddings.weight"] = [text_positions(m), width]
    layers.norm_shapes(shapes, "qformer.layernorm", width)
    frequency = m.integer("qformer_config.cross_attention_frequency")
    seen = m.integer("qformer_config.encoder_hidden_size")
    for i in range(m.integer("qformer_config.num_hidden_layers")):
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
    towers.load_blip_vision(m, state)
    kind = m.names["qformer_config.hidden_act"]
    stack: list[dict[str, Tensor]] = []
    for i in range(m.integer("qformer_config.num_hidden_layers")):
        source = "qformer.encoder.layer." + str(i) + "."
        layer: dict[str, Tensor] = {}
        looks = source + "crossattention.output.dense.weight" in state
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
            if looks:
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
    layers.pack_words(m, state, "embeddings.word_embeddings.weight")


def text_positions(m: Model) -> int:
    return m.integer("qformer_config.max_position_embeddings")


def logit_scale(m: Model) -> float:
    return 1.0


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
    heads = m.integer("qformer_config.num_attention_heads")
    kind = m.names["qformer_config.hidden_act"]
    eps = m.config["qformer_config.layer_norm_eps"]
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
    picture = towers.encode_blip_images(m, images, True)
    queries = m.weights["query_tokens"].expand([picture.size(0), -1, -1])
    x = qformer(m, queries, None, picture, "_query")
    return layers.linear(x, m.weights, "vision_projection")


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    x = layers.words(m.weights, "embeddings.word_embeddings.weight", ids)
    x = x + m.weights["embeddings.position_embeddings.weight"].narrow(0, 0, ids.size(1))
    x = qformer(m, x, layers.key_mask(mask), None, "")
    return layers.linear(x[:, 0], m.weights, "text_projection")
