"""OpenCLIP's own text tower (TextTransformer of src/open_clip/transformer.py), under the names that the class CLIP
gives its parts, or behind "text." those of CustomTextCLIP.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers, open_clip
from .model import Model


def defaults() -> dict[str, float]:
    return {
        "model_cfg.text_cfg.width": 512.0,
        "model_cfg.text_cfg.layers": 12.0,
        "model_cfg.text_cfg.heads": 8.0,
        "model_cfg.text_cfg.mlp_ratio": 4.0,
        "model_cfg.text_cfg.context_length": 77.0,
        "model_cfg.text_cfg.vocab_size": 49408.0,
        "model_cfg.text_cfg.pad_id": 0.0,
        "model_cfg.text_cfg.eos_id": 2.0,
        "model_cfg.text_cfg.embed_cls": 0.0,
        "model_cfg.text_cfg.no_causal_mask": 0.0,
        "model_cfg.text_cfg.proj_bias": 0.0,
        "model_cfg.text_cfg.norm_kwargs.eps": 1e-5,
    }


def default_names() -> dict[str, str]:
    return {
        "model_cfg.text_cfg.pool_type": "argmax",
        "model_cfg.text_cfg.proj_type": "linear",
        "model_cfg.text_cfg.block_type": "default",
        "model_cfg.text_cfg.act_kwargs.approximate": "none",
    }


def tower() -> str:
    return "model_cfg.text_cfg."


def prefix(m: Model) -> str:
    return "text." if "text.positional_embedding" in m.stored else ""


def flag(m: Model, name: str) -> bool:
    return m.config[tower() + name] != 0.0


def pool(m: Model) -> str:
    return m.names[tower() + "pool_type"]


def heads(m: Model) -> int:
    return m.integer(tower() + "heads")


def width(m: Model) -> int:
    return m.integer(tower() + "width")


def projects(m: Model) -> bool:
    return m.names[tower() + "proj_type"] != "none"


def problems(m: Model, found: list[str]) -> None:
    text = tower()
    before = len(found)
    for name in ["context_length", "vocab_size", "heads"]:
        layers.check_integer(m, found, text + name, 1, 1000000000)
    for name in ["pad_id", "eos_id"]:
        layers.check_integer(m, found, text + name, 0, 1000000000)
    open_clip.check_transformer(m, found, text)
    kind = pool(m)
    if kind not in ["first", "last", "argmax", "eos"]:
        found.append("{}pool_type is '{}', and zsic has 'first', 'last', 'argmax' and 'eos'".format(text, kind))
    if len(found) == before:
        size = width(m)
        if size % heads(m) != 0:
            found.append("{}width {} is no multiple of heads".format(text, size))
        if not projects(m) and size != open_clip.dimension(m):
            found.append(
                "{}width is {} without a projection, but embed_dim is {}".format(text, size, open_clip.dimension(m))
            )


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    text = tower()
    before = prefix(m)
    size = width(m)
    positions = open_clip.text_positions(m)
    if flag(m, "embed_cls"):
        shapes[before + "cls_emb"] = [size]
        positions += 1
    shapes[before + "token_embedding.weight"] = [m.integer(text + "vocab_size"), size]
    shapes[before + "positional_embedding"] = [positions, size]
    open_clip.transformer_shapes(m, shapes, text, before + "transformer.resblocks.", size)
    layers.norm_shapes(shapes, before + "ln_final", size)
    dimension = open_clip.dimension(m)
    if projects(m) and flag(m, "proj_bias"):
        layers.linear_shapes(shapes, before + "text_projection", dimension, size)
    elif projects(m):
        shapes[before + "text_projection"] = [size, dimension]


def load(m: Model, state: dict[str, list[Tensor]]) -> None:
    before = prefix(m)
    m.layers["text"] = open_clip.transformer(m, state, tower(), before + "transformer.resblocks.")
    layers.pack_words(m, state, before + "token_embedding.weight")
    name = before + "text_projection"
    if name in state:
        m.weights[name + ".weight"] = layers.weight(state, name, m.device).t().contiguous()


def pads(m: Model) -> bool:
    """Whether texts have to have their full length: where something is read behind the end, or where a token is at the
    end.
    """
    return flag(m, "no_causal_mask") or flag(m, "embed_cls") or pool(m) == "last"


def class_mask(m: Model, ids: Tensor) -> Tensor:
    """Which keys each token sees, [batch, 1, tokens, tokens], if there is a class token behind the text. Its mask is
    one token off, as that of the published models: it hides the token before each padding.
    """
    pad = m.integer(tower() + "pad_id")
    seen = ids != pad
    seen = torch.cat([torch.ones([ids.size(0), 1], dtype=torch.bool, device=ids.device), seen], 1)
    mask = seen.unsqueeze(1).unsqueeze(1)
    if not flag(m, "no_causal_mask"):
        tokens = seen.size(1)
        causal = torch.ones([tokens, tokens], dtype=torch.bool, device=ids.device).tril()
        mask = torch.logical_and(mask, causal.view([1, 1, tokens, tokens]))
    return mask


def position(m: Model, ids: Tensor, tokens: int) -> Tensor:
    """Where the token is that counts in the end."""
    kind = pool(m)
    if flag(m, "embed_cls") or kind == "last":
        return torch.zeros([ids.size(0)], dtype=torch.int64, device=ids.device) + (tokens - 1)
    if kind == "first":
        return torch.zeros([ids.size(0)], dtype=torch.int64, device=ids.device)
    if kind == "eos":
        return layers.first_position(ids, m.integer(tower() + "eos_id"))
    return ids.argmax(-1)


def encode(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    w = m.weights
    text = tower()
    before = prefix(m)
    causal = not flag(m, "no_causal_mask")
    # No highest id, and no end, in what only fills up a batch.
    if not pads(m):
        ids = ids * mask
    x = layers.words(w, before + "token_embedding.weight", ids)
    keys: Tensor | None = None
    if flag(m, "embed_cls"):
        token = w[before + "cls_emb"].view([1, 1, -1]).expand([x.size(0), 1, -1])
        x = torch.cat([x, token], 1)
        keys = class_mask(m, ids)
        causal = False
    x = x + w[before + "positional_embedding"].narrow(0, 0, x.size(1))
    eps = open_clip.norm_eps(m, text)
    kind = open_clip.activation(m, text)
    at = position(m, ids, x.size(1))
    x = layers.encoder(x, m.layers["text"], heads(m), kind, eps, causal, keys, at)
    x = layers.layer_norm(x, w, before + "ln_final", eps)
    if projects(m):
        x = F.linear(x, w[before + "text_projection.weight"], layers.optional(w, before + "text_projection.bias"))
    return x
