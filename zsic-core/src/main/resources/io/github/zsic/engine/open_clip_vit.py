"""OpenCLIP's own tower for pictures (VisionTransformer of src/open_clip/transformer.py)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers, open_clip
from .model import Model


def defaults() -> dict[str, float]:
    return {
        "model_cfg.vision_cfg.width": 768.0,
        "model_cfg.vision_cfg.layers": 12.0,
        "model_cfg.vision_cfg.head_width": 64.0,
        "model_cfg.vision_cfg.mlp_ratio": 4.0,
        "model_cfg.vision_cfg.image_size": 224.0,
        "model_cfg.vision_cfg.patch_size": 16.0,
        "model_cfg.vision_cfg.no_ln_pre": 0.0,
        "model_cfg.vision_cfg.final_ln_after_pool": 0.0,
        "model_cfg.vision_cfg.attentional_pool": 0.0,
        "model_cfg.vision_cfg.attn_pooler_heads": 8.0,
        "model_cfg.vision_cfg.norm_kwargs.eps": 1e-5,
    }


def default_names() -> dict[str, str]:
    return {
        "model_cfg.vision_cfg.pool_type": "tok",
        "model_cfg.vision_cfg.block_type": "default",
        "model_cfg.vision_cfg.act_kwargs.approximate": "none",
    }


def tower() -> str:
    return "model_cfg.vision_cfg."


def flag(m: Model, name: str) -> bool:
    return m.config[tower() + name] != 0.0


def averages(m: Model) -> bool:
    return m.names[tower() + "pool_type"] == "avg"


def heads(m: Model) -> int:
    vision = tower()
    return m.integer(vision + "width") // m.integer(vision + "head_width")


def patch(m: Model) -> int:
    return m.integer(tower() + "patch_size")


def problems(m: Model, found: list[str]) -> None:
    vision = tower()
    before = len(found)
    for name in ["image_size", "patch_size", "head_width"]:
        layers.check_integer(m, found, vision + name, 1, 1000000)
    open_clip.check_transformer(m, found, vision)
    if vision + "attentional_pool" in m.names:
        found.append(
            "{}attentional_pool is '{}', and zsic has true and false".format(
                vision, m.names[vision + "attentional_pool"]
            )
        )
    layers.check_integer(m, found, vision + "attn_pooler_heads", 1, 1000000)
    pool = m.names[vision + "pool_type"]
    if pool not in ["tok", "avg"]:
        found.append("{}pool_type is '{}', and zsic has 'tok' and 'avg'".format(vision, pool))
    if len(found) == before:
        width = m.integer(vision + "width")
        if width % m.integer(vision + "head_width") != 0:
            found.append("{}width {} is no multiple of head_width".format(vision, width))
        layers.check_picture(m, found, m.integer(vision + "image_size"))
        if flag(m, "attentional_pool"):
            layers.check_stored(m, found, "visual.attn_pool.query", 2)
            if open_clip.dimension(m) % pooling_heads(m) != 0:
                found.append("model_cfg.embed_dim is no multiple of attn_pooler_heads")
            if averages(m):
                found.append(vision + "pool_type is 'avg' behind attentional_pool, and zsic has 'tok' there")


def pooling_heads(m: Model) -> int:
    """Attention pooling, of which only the first query counts: what the others find is for captions."""
    return m.integer(tower() + "attn_pooler_heads")


def pooling_shapes(m: Model, shapes: dict[str, list[int]], width: int, dimension: int) -> None:
    pool = "visual.attn_pool."
    shapes[pool + "query"] = [layers.stored_size(m, pool + "query", 0), dimension]
    layers.norm_shapes(shapes, pool + "ln_q", dimension)
    layers.norm_shapes(shapes, pool + "ln_k", width)
    if width == dimension:
        shapes[pool + "attn.in_proj_weight"] = [3 * width, width]
    else:
        shapes[pool + "attn.q_proj_weight"] = [dimension, dimension]
        shapes[pool + "attn.k_proj_weight"] = [dimension, width]
        shapes[pool + "attn.v_proj_weight"] = [dimension, width]
    shapes[pool + "attn.in_proj_bias"] = [3 * dimension]
    layers.linear_shapes(shapes, pool + "attn.out_proj", dimension, dimension)


def load_pooling(m: Model, state: dict[str, list[Tensor]], eps: float) -> None:
    w = m.weights
    pool = "visual.attn_pool."
    layers.take(m, state, pool)
    bias = w.pop(pool + "attn.in_proj_bias")
    size = bias.size(0) // 3
    if pool + "attn.in_proj_weight" in w:
        parts = w.pop(pool + "attn.in_proj_weight").chunk(3)
    else:
        parts = [
            w.pop(pool + "attn.q_proj_weight"),
            w.pop(pool + "attn.k_proj_weight"),
            w.pop(pool + "attn.v_proj_weight"),
        ]
    query = layers.layer_norm(w.pop(pool + "query").narrow(0, 0, 1), w, pool + "ln_q", eps)
    w[pool + "query"] = F.linear(query, parts[0], bias.narrow(0, 0, size))
    w[pool + "kv.weight"] = torch.cat([parts[1], parts[2]], 0)
    w[pool + "kv.bias"] = bias.narrow(0, size, 2 * size).clone()
    for suffix in [".weight", ".bias"]:
        w[pool + "attention.out_proj" + suffix] = w.pop(pool + "attn.out_proj" + suffix)
    layers.pack(m, w, pool + "kv", True)
    layers.pack(m, w, pool + "attention.out_proj", True)


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    vision = tower()
    width = m.integer(vision + "width")
    side = patch(m)
    grid = m.integer(vision + "image_size") // side
    shapes["visual.conv1.weight"] = [width, 3, side, side]
    shapes["visual.class_embedding"] = [width]
    shapes["visual.positional_embedding"] = [grid * grid + 1, width]
    if not flag(m, "no_ln_pre"):
        layers.norm_shapes(shapes, "visual.ln_pre", width)
    open_clip.transformer_shapes(m, shapes, vision, "visual.transformer.resblocks.", width)
    pooled = width
    if flag(m, "attentional_pool"):
        pooled = open_clip.dimension(m)
        pooling_shapes(m, shapes, width, pooled)
    layers.norm_shapes(shapes, "visual.ln_post", pooled)
    shapes["visual.proj"] = [pooled, open_clip.dimension(m)]


def load(m: Model, state: dict[str, list[Tensor]]) -> None:
    layers.pack_patches(m, state, "visual.conv1")
    m.layers["vision"] = open_clip.transformer(m, state, tower(), "visual.transformer.resblocks.")
    if flag(m, "attentional_pool"):
        load_pooling(m, state, open_clip.norm_eps(m, tower()))
    m.weights["visual.proj"] = layers.weight(state, "visual.proj", m.device).t().contiguous()


def encode(m: Model, images: list[Tensor]) -> Tensor:
    w = m.weights
    vision = tower()
    eps = open_clip.norm_eps(m, vision)
    x = layers.pixel_values(images, m.processing, m.device)
    x = layers.patches(x, w, "visual.conv1", patch(m))
    x = layers.with_class_token(x, w["visual.class_embedding"])
    x = x + w["visual.positional_embedding"]
    if "visual.ln_pre.weight" in w:
        x = layers.layer_norm(x, w, "visual.ln_pre", eps)
    kind = open_clip.activation(m, vision)
    head_count = heads(m)
    if flag(m, "attentional_pool"):
        x = layers.encoder(x, m.layers["vision"], head_count, kind, eps, False, None, None)
        x = layers.layer_norm(x, w, "visual.attn_pool.ln_k", eps)
        x = layers.attention_pooling(x, w, "visual.attn_pool.", pooling_heads(m), None)
        x = layers.layer_norm(x, w, "visual.ln_post", eps)
    elif averages(m):
        x = layers.encoder(x, m.layers["vision"], head_count, kind, eps, False, None, None)
        x = x.narrow(1, 1, x.size(1) - 1)
        if not flag(m, "final_ln_after_pool"):
            x = layers.layer_norm(x, w, "visual.ln_post", eps)
        x = x.mean([1])
        if flag(m, "final_ln_after_pool"):
            x = layers.layer_norm(x, w, "visual.ln_post", eps)
    else:
        x = layers.encoder(x, m.layers["vision"], head_count, kind, eps, False, None, layers.first(x))
        x = layers.layer_norm(x, w, "visual.ln_post", eps)
    return layers.project(x, w["visual.proj"])
