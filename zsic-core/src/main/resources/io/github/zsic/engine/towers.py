"""Towers that several architectures share, in the same TorchScript as layers.py. Each has functions that check its part
of the configuration, name its tensors, fuse its layers, and run it.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers
from .model import Model

# -------------------------------------------------------------------------------------- CLIP, text


def check_clip_text(m: Model, found: list[str]) -> None:
    """models/clip/modeling_clip.py of transformers, CLIPTextModel and text_projection."""
    layers.check_tower(m, found, "text_config.")
    for name in ["projection_dim", "text_config.max_position_embeddings"]:
        layers.check_integer(m, found, name, 1, 1000000)
    layers.check_integer(m, found, "text_config.vocab_size", 1, 1000000000)
    layers.check_integer(m, found, "text_config.eos_token_id", 0, 1000000000)


def clip_text_shapes(m: Model, shapes: dict[str, list[int]], dimension: int) -> None:
    width = m.integer("text_config.hidden_size")
    inner = m.integer("text_config.intermediate_size")
    positions = m.integer("text_config.max_position_embeddings")
    shapes["text_model.embeddings.token_embedding.weight"] = [m.integer("text_config.vocab_size"), width]
    shapes["text_model.embeddings.position_embedding.weight"] = [positions, width]
    count = m.integer("text_config.num_hidden_layers")
    layers.encoder_layers_shapes(shapes, "text_model.encoder.layers.", count, width, inner)
    layers.norm_shapes(shapes, "text_model.final_layer_norm", width)
    shapes["text_projection.weight"] = [dimension, width]


def load_clip_text(m: Model, state: dict[str, list[Tensor]]) -> None:
    count = m.integer("text_config.num_hidden_layers")
    kind = m.names["text_config.hidden_act"]
    m.layers["text"] = layers.encoder_layers(m, state, "text_model.encoder.layers.", count, kind)
    layers.pack_words(m, state, "text_model.embeddings.token_embedding.weight")


def encode_clip_text(m: Model, ids: Tensor, end: Tensor) -> Tensor:
    """Token ids to the state of each text's end token behind the last layer, in the shared space. The attention is
    causal, so padding on the right does not reach the end token.
    """
    w = m.weights
    x = layers.words(w, "text_model.embeddings.token_embedding.weight", ids)
    x = x + w["text_model.embeddings.position_embedding.weight"].narrow(0, 0, ids.size(1))
    eps = m.config["text_config.layer_norm_eps"]
    heads = m.integer("text_config.num_attention_heads")
    kind = m.names["text_config.hidden_act"]
    x = layers.encoder(x, m.layers["text"], heads, kind, eps, True, None, end)
    x = layers.layer_norm(x, w, "text_model.final_layer_norm", eps)
    return F.linear(x, w["text_projection.weight"])


def clip_end(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    """Where the end token is. Configurations from before transformers#24773 say 2, which was never the end token: for
    them it is the one with the highest id.
    """
    eos = m.integer("text_config.eos_token_id")
    return (ids * mask).argmax(-1) if eos == 2 else layers.first_position(ids, eos)


# ------------------------------------------------------------------------------------ CLIP, vision


def check_clip_vision(m: Model, found: list[str]) -> None:
    """models/clip/modeling_clip.py of transformers, CLIPVisionModel and visual_projection."""
    layers.check_tower(m, found, "vision_config.")
    layers.check_patches(m, found)


def clip_vision_shapes(m: Model, shapes: dict[str, list[int]], dimension: int) -> None:
    width = m.integer("vision_config.hidden_size")
    inner = m.integer("vision_config.intermediate_size")
    patch = m.integer("vision_config.patch_size")
    grid = m.integer("vision_config.image_size") // patch
    shapes["vision_model.embeddings.class_embedding"] = [width]
    shapes["vision_model.embeddings.patch_embedding.weight"] = [width, 3, patch, patch]
    shapes["vision_model.embeddings.position_embedding.weight"] = [grid * grid + 1, width]
    count = m.integer("vision_config.num_hidden_layers")
    layers.encoder_layers_shapes(shapes, "vision_model.encoder.layers.", count, width, inner)
    layers.norm_shapes(shapes, "vision_model.pre_layrnorm", width)
    layers.norm_shapes(shapes, "vision_model.post_layernorm", width)
    shapes["visual_projection.weight"] = [dimension, width]


def load_clip_vision(m: Model, state: dict[str, list[Tensor]]) -> None:
    count = m.integer("vision_config.num_hidden_layers")
    kind = m.names["vision_config.hidden_act"]
    layers.pack_patches(m, state, "vision_model.embeddings.patch_embedding")
    m.layers["vision"] = layers.encoder_layers(m, state, "vision_model.encoder.layers.", count, kind)


def encode_clip_images(m: Model, images: list[Tensor]) -> Tensor:
    pixels = layers.pixel_values(images, m.processing, m.device)
    return encode_clip_pixels(m, pixels, m.weights["vision_model.embeddings.position_embedding.weight"])


def encode_clip_pixels(m: Model, pixels: Tensor, positions: Tensor) -> Tensor:
    w = m.weights
    patch = m.integer("vision_config.patch_size")
    x = layers.patches(pixels, w, "vision_model.embeddings.patch_embedding", patch)
    x = layers.with_class_token(x, w["vision_model.embeddings.class_embedding"])
    x = x + positions
    eps = m.config["vision_config.layer_norm_eps"]
    heads = m.integer("vision_config.num_attention_heads")
    kind = m.names["vision_config.hidden_act"]
    x = layers.layer_norm(x, w, "vision_model.pre_layrnorm", eps)
    x = layers.encoder(x, m.layers["vision"], heads, kind, eps, False, None, layers.first(x))
    x = layers.layer_norm(x, w, "vision_model.post_layernorm", eps)
    return layers.project(x, w["visual_projection.weight"])


# ------------------------------------------------------------------------------------ SigLIP, text


def check_siglip_text(m: Model, found: list[str]) -> None:
    """models/siglip/modeling_siglip.py of transformers, SiglipTextModel. What it makes has the width of the tower for
    pictures.
    """
    layers.check_tower(m, found, "text_config.")
    for name in ["text_config.max_position_embeddings", "text_config.projection_size"]:
        layers.check_integer(m, found, name, 1, 1000000)
    layers.check_integer(m, found, "text_config.vocab_size", 1, 1000000000)
    if len(found) == 0:
        dimension = siglip_dimension(m)
        width = m.integer("vision_config.hidden_size")
        if dimension != width:
            found.append(
                "text_config.projection_size is {}, but vision_config.hidden_size is {}".format(dimension, width)
            )


def siglip_dimension(m: Model) -> int:
    if "text_config.projection_size" in m.config:
        return m.integer("text_config.projection_size")
    return m.integer("text_config.hidden_size")


def siglip_text_positions(m: Model) -> int:
    """The pipeline pads to 64 whatever the model has, which fails for those that have fewer positions."""
    return min(m.integer("text_config.max_position_embeddings"), 64)


def siglip_text_shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    width = m.integer("text_config.hidden_size")
    inner = m.integer("text_config.intermediate_size")
    positions = m.integer("text_config.max_position_embeddings")
    shapes["text_model.embeddings.token_embedding.weight"] = [m.integer("text_config.vocab_size"), width]
    shapes["text_model.embeddings.position_embedding.weight"] = [positions, width]
    count = m.integer("text_config.num_hidden_layers")
    layers.encoder_layers_shapes(shapes, "text_model.encoder.layers.", count, width, inner)
    layers.norm_shapes(shapes, "text_model.final_layer_norm", width)
    layers.linear_shapes(shapes, "text_model.head", siglip_dimension(m), width)


def load_siglip_text(m: Model, state: dict[str, list[Tensor]]) -> None:
    count = m.integer("text_config.num_hidden_layers")
    kind = m.names["text_config.hidden_act"]
    m.layers["text"] = layers.encoder_layers(m, state, "text_model.encoder.layers.", count, kind)
    layers.pack_words(m, state, "text_model.embeddings.token_embedding.weight")


def encode_siglip_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    """Reads padding too, unless the tokenizer masks it: the last position is the text's embedding."""
    w = m.weights
    x = layers.words(w, "text_model.embeddings.token_embedding.weight", ids)
    x = x + w["text_model.embeddings.position_embedding.weight"].narrow(0, 0, ids.size(1))
    eps = m.config["text_config.layer_norm_eps"]
    heads = m.integer("text_config.num_attention_heads")
    kind = m.names["text_config.hidden_act"]
    last = layers.first(x) + (x.size(1) - 1)
    x = layers.encoder(x, m.layers["text"], heads, kind, eps, False, layers.key_mask(mask), last)
    x = layers.layer_norm(x, w, "text_model.final_layer_norm", eps)
    return layers.linear(x, w, "text_model.head")


# ---------------------------------------------------------------------------------- SigLIP, vision


def check_siglip_vision(m: Model, found: list[str]) -> None:
    """What SigLIP and its NaFlex form have in common: models/siglip/modeling_siglip.py of transformers, the layers of
    SiglipVisionModel, and SiglipMultiheadAttentionPoolingHead.
    """
    layers.check_tower(m, found, "vision_config.")
    if m.config["vision_config.vision_use_head"] == 0.0:
        found.append("vision_config.vision_use_head is false, so the model makes no embedding of a picture")


def siglip_vision_shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    """All but the embeddings of patches and positions."""
    width = m.integer("vision_config.hidden_size")
    inner = m.integer("vision_config.intermediate_size")
    count = m.integer("vision_config.num_hidden_layers")
    head = "vision_model.head."
    layers.encoder_layers_shapes(shapes, "vision_model.encoder.layers.", count, width, inner)
    layers.norm_shapes(shapes, "vision_model.post_layernorm", width)
    shapes[head + "probe"] = [1, 1, width]
    shapes[head + "attention.in_proj_weight"] = [3 * width, width]
    shapes[head + "attention.in_proj_bias"] = [3 * width]
    layers.linear_shapes(shapes, head + "attention.out_proj", width, width)
    layers.norm_shapes(shapes, head + "layernorm", width)
    layers.linear_shapes(shapes, head + "mlp.fc1", inner, width)
    layers.linear_shapes(shapes, head + "mlp.fc2", width, inner)


def load_siglip_vision(m: Model, state: dict[str, list[Tensor]]) -> None:
    count = m.integer("vision_config.num_hidden_layers")
    kind = m.names["vision_config.hidden_act"]
    head = "vision_model.head."
    m.layers["vision"] = layers.encoder_layers(m, state, "vision_model.encoder.layers.", count, kind)
    layers.pack_attention_pooling(m, state, head)
    layers.pack_feed_forward(m, m.weights, head + "mlp.fc1", head + "mlp.fc2", kind)
    for name in ["mlp.fc1", "mlp.fc2"]:
        layers.pack(m, m.weights, head + name, True)


def encode_siglip_patches(m: Model, x: Tensor, mask: Tensor | None) -> Tensor:
    """Patches with their positions, [batch, patches, width], through the layers and the head."""
    w = m.weights
    eps = m.config["vision_config.layer_norm_eps"]
    heads = m.integer("vision_config.num_attention_heads")
    kind = m.names["vision_config.hidden_act"]
    x = layers.encoder(x, m.layers["vision"], heads, kind, eps, False, mask, None)
    x = layers.layer_norm(x, w, "vision_model.post_layernorm", eps)
    x = layers.attention_pooling(x, w, "vision_model.head.", heads, mask)
    h = layers.layer_norm(x, w, "vision_model.head.layernorm", eps)
    return layers.feed_forward(h, x, w, "vision_model.head.mlp.fc1", "vision_model.head.mlp.fc2", kind)


# -------------------------------------------------------------------------------------------- BERT


def check_bert(m: Model, found: list[str]) -> None:
    """The post-norm encoder of BERT and RoBERTa, as models/chinese_clip/modeling_chinese_clip.py and others of
    transformers repeat it. The tensors' names begin with a prefix; the sizes are in text_config. Some have no token
    types.
    """
    layers.check_tower(m, found, "text_config.")
    for name in ["projection_dim", "text_config.max_position_embeddings", "text_config.type_vocab_size"]:
        layers.check_integer(m, found, name, 1, 1000000)
    layers.check_integer(m, found, "text_config.vocab_size", 1, 1000000000)
    layers.check_integer(m, found, "text_config.pad_token_id", 0, 1000000)


def bert_shapes(
    shapes: dict[str, list[int]],
    prefix: str,
    vocabulary: int,
    positions: int,
    types: int,
    count: int,
    width: int,
    inner: int,
) -> None:
    shapes[prefix + "embeddings.word_embeddings.weight"] = [vocabulary, width]
    shapes[prefix + "embeddings.position_embeddings.weight"] = [positions, width]
    if types > 0:
        shapes[prefix + "embeddings.token_type_embeddings.weight"] = [types, width]
    layers.norm_shapes(shapes, prefix + "embeddings.LayerNorm", width)
    for i in range(count):
        layer = prefix + "encoder.layer." + str(i) + "."
        for name in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"]:
            layers.linear_shapes(shapes, layer + name, width, width)
        layers.norm_shapes(shapes, layer + "attention.output.LayerNorm", width)
        layers.linear_shapes(shapes, layer + "intermediate.dense", inner, width)
        layers.linear_shapes(shapes, layer + "output.dense", width, inner)
        layers.norm_shapes(shapes, layer + "output.LayerNorm", width)


def bert_text_shapes(m: Model, shapes: dict[str, list[int]], prefix: str, types: int) -> None:
    """Those of a tower whose sizes are in text_config."""
    vocabulary = m.integer("text_config.vocab_size")
    positions = m.integer("text_config.max_position_embeddings")
    count = m.integer("text_config.num_hidden_layers")
    width = m.integer("text_config.hidden_size")
    inner = m.integer("text_config.intermediate_size")
    bert_shapes(shapes, prefix, vocabulary, positions, types, count, width, inner)


def load_bert(m: Model, state: dict[str, list[Tensor]], prefix: str, count: int, kind: str) -> None:
    stack: list[dict[str, Tensor]] = []
    for i in range(count):
        source = prefix + "encoder.layer." + str(i) + "."
        layer: dict[str, Tensor] = {}
        for suffix in [".weight", ".bias"]:
            q = layers.weight(state, source + "attention.self.query" + suffix, m.device)
            k = layers.weight(state, source + "attention.self.key" + suffix, m.device)
            v = layers.weight(state, source + "attention.self.value" + suffix, m.device)
            layer["qkv" + suffix] = torch.cat([q, k, v], 0)
            for name in [
                "attention.output.dense",
                "attention.output.LayerNorm",
                "intermediate.dense",
                "output.dense",
                "output.LayerNorm",
            ]:
                layer[name + suffix] = layers.weight(state, source + name + suffix, m.device)
        layers.pack_feed_forward(m, layer, "intermediate.dense", "output.dense", kind)
        layers.pack_layer(m, layer)
        stack.append(layer)
    m.layers["text"] = stack
    layers.pack_words(m, state, prefix + "embeddings.word_embeddings.weight")


def load_bert_text(m: Model, state: dict[str, list[Tensor]], prefix: str) -> None:
    load_bert(m, state, prefix, m.integer("text_config.num_hidden_layers"), m.names["text_config.hidden_act"])


def encode_bert_text(m: Model, prefix: str, ids: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
    """The state of the first token, behind the last layer. A text's own length decides its positions, and padding is
    masked, so it does not reach that token.
    """
    heads = m.integer("text_config.num_attention_heads")
    kind = m.names["text_config.hidden_act"]
    eps = m.config["text_config.layer_norm_eps"]
    return encode_bert(m, prefix, ids, positions, mask, heads, kind, eps, False)


def encode_bert(
    m: Model, prefix: str, ids: Tensor, positions: Tensor, mask: Tensor, heads: int, kind: str, eps: float, all: bool
) -> Tensor:
    """The state of the first token, or those of all, [batch, tokens, width]."""
    w = m.weights
    x = layers.words(w, prefix + "embeddings.word_embeddings.weight", ids)
    types = prefix + "embeddings.token_type_embeddings.weight"
    if types in w:
        x = x + w[types][0]
    x = x + torch.embedding(w[prefix + "embeddings.position_embeddings.weight"], positions)
    x = layers.layer_norm(x, w, prefix + "embeddings.LayerNorm", eps)
    keys = layers.key_mask(mask)
    stack = m.layers["text"]
    for i in range(len(stack)):
        layer = stack[i]
        h = layers.self_attention(x, layer, heads, False, keys)
        if i == len(stack) - 1 and not all:
            start = layers.first(x)
            h = layers.at(h, start)
            x = layers.at(x, start)
        x = layers.linear_add(h, x, layer, "attention.output.dense", False)
        x = layers.layer_norm(x, layer, "attention.output.LayerNorm", eps)
        x = layers.feed_forward(x, x, layer, "intermediate.dense", "output.dense", kind)
        x = layers.layer_norm(x, layer, "output.LayerNorm", eps)
    return x


# ------------------------------------------------------------------------------------ BLIP, vision


def check_blip_vision(m: Model, found: list[str]) -> None:
    """The vision tower of BLIP and BLIP-2: models/blip/modeling_blip.py of transformers, BlipVisionModel."""
    layers.check_tower(m, found, "vision_config.")
    layers.check_patches(m, found)


def blip_vision_shapes(m: Model, shapes: dict[str, list[int]], bias: bool) -> None:
    width = m.integer("vision_config.hidden_size")
    inner = m.integer("vision_config.intermediate_size")
    patch = m.integer("vision_config.patch_size")
    grid = m.integer("vision_config.image_size") // patch
    shapes["vision_model.embeddings.class_embedding"] = [1, 1, width]
    shapes["vision_model.embeddings.patch_embedding.weight"] = [width, 3, patch, patch]
    shapes["vision_model.embeddings.patch_embedding.bias"] = [width]
    shapes["vision_model.embeddings.position_embedding"] = [1, grid * grid + 1, width]
    for i in range(m.integer("vision_config.num_hidden_layers")):
        layer = "vision_model.encoder.layers." + str(i) + "."
        shapes[layer + "self_attn.qkv.weight"] = [3 * width, width]
        if bias:
            shapes[layer + "self_attn.qkv.bias"] = [3 * width]
        layers.linear_shapes(shapes, layer + "self_attn.projection", width, width)
        for norm in ["layer_norm1", "layer_norm2"]:
            layers.norm_shapes(shapes, layer + norm, width)
        layers.linear_shapes(shapes, layer + "mlp.fc1", inner, width)
        layers.linear_shapes(shapes, layer + "mlp.fc2", width, inner)
    layers.norm_shapes(shapes, "vision_model.post_layernorm", width)


def load_blip_vision(m: Model, state: dict[str, list[Tensor]]) -> None:
    kind = m.names["vision_config.hidden_act"]
    layers.pack_patches(m, state, "vision_model.embeddings.patch_embedding")
    stack: list[dict[str, Tensor]] = []
    for i in range(m.integer("vision_config.num_hidden_layers")):
        source = "vision_model.encoder.layers." + str(i) + "."
        layer: dict[str, Tensor] = {}
        layer["qkv.weight"] = layers.weight(state, source + "self_attn.qkv.weight", m.device)
        if source + "self_attn.qkv.bias" in state:
            layer["qkv.bias"] = layers.weight(state, source + "self_attn.qkv.bias", m.device)
        else:
            layer["qkv.bias"] = torch.zeros([layer["qkv.weight"].size(0)], dtype=torch.float32, device=m.device)
        for suffix in [".weight", ".bias"]:
            layer["out_proj" + suffix] = layers.weight(state, source + "self_attn.projection" + suffix, m.device)
            for name in ["layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2"]:
                layer[name + suffix] = layers.weight(state, source + name + suffix, m.device)
        layers.pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", kind)
        layers.pack_layer(m, layer)
        stack.append(layer)
    m.layers["vision"] = stack


def encode_blip_images(m: Model, images: list[Tensor], all: bool) -> Tensor:
    """The states of all tokens, or of the class token, behind the norm."""
    w = m.weights
    heads = m.integer("vision_config.num_attention_heads")
    kind = m.names["vision_config.hidden_act"]
    eps = m.config["vision_config.layer_norm_eps"]
    x = layers.pixel_values(images, m.processing, m.device)
    x = layers.patches(x, w, "vision_model.embeddings.patch_embedding", m.integer("vision_config.patch_size"))
    x = layers.with_class_token(x, w["vision_model.embeddings.class_embedding"])
    x = x + w["vision_model.embeddings.position_embedding"]
    positions = None if all else layers.first(x)
    x = layers.encoder(x, m.layers["vision"], heads, kind, eps, False, None, positions)
    return layers.layer_norm(x, w, "vision_model.post_layernorm", eps)
