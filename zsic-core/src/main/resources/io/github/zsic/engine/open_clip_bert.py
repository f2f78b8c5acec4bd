"""BERT, RoBERTa or XLM-RoBERTa of Transformers as OpenCLIP's text tower (HFTextEncoder of src/open_clip/hf_model.py).
The repositories do not have its configuration: its sizes are those of the tensors, heads are 64 wide in all published
ones, and the two families are told by their token types, of which RoBERTa has one.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers, open_clip, towers
from .model import Model


def defaults() -> dict[str, float]:
    return {
        "model_cfg.text_cfg.context_length": 77.0,
    }


def default_names() -> dict[str, str]:
    return {
        "model_cfg.text_cfg.hf_pooler_type": "mean_pooler",
    }


def prefix() -> str:
    return "text.transformer."


def table(name: str) -> str:
    return "text.transformer.embeddings." + name + "_embeddings.weight"


def is_roberta(m: Model) -> bool:
    return layers.stored_size(m, table("token_type"), 0) == 1


def padding(m: Model) -> int:
    """The id that fills up texts. RoBERTa's is also the position of padding; those of text come behind it."""
    return 1 if is_roberta(m) else 0


def width(m: Model) -> int:
    return layers.stored_size(m, table("word"), 1)


def pooler(m: Model) -> str:
    return m.names["model_cfg.text_cfg.hf_pooler_type"]


def problems(m: Model, found: list[str]) -> None:
    before = len(found)
    layers.check_integer(m, found, "model_cfg.text_cfg.context_length", 1, 1000000)
    for name in ["word", "position", "token_type"]:
        layers.check_stored(m, found, table(name), 2)
    layers.check_stored(m, found, "text.transformer.encoder.layer.0.intermediate.dense.weight", 2)
    kind = pooler(m)
    if kind not in ["mean_pooler", "cls_pooler", "cls_last_hidden_state_pooler"]:
        found.append(
            "model_cfg.text_cfg.hf_pooler_type is '"
            + kind
            + "', and zsic has 'mean_pooler', 'cls_pooler' and 'cls_last_hidden_state_pooler'"
        )
    if len(found) == before:
        size = width(m)
        if size % 64 != 0:
            found.append("the width of the text tower is " + str(size) + ", no multiple of 64")
        made = layers.stored_size(m, "text.proj.weight", 0) + layers.stored_size(m, "text.proj.2.weight", 0)
        if made == 0:
            made = size
        if made != open_clip.dimension(m):
            found.append(
                "the text tower makes embeddings of {} numbers, but model_cfg.embed_dim is {}".format(
                    made, open_clip.dimension(m)
                )
            )
        positions = layers.stored_size(m, table("position"), 0)
        if is_roberta(m):
            positions -= 2
        if open_clip.text_positions(m) > positions:
            found.append(
                "model_cfg.text_cfg.context_length is {}, but the text tower has {} positions".format(
                    open_clip.text_positions(m), positions
                )
            )


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    size = width(m)
    inner = layers.stored_size(m, "text.transformer.encoder.layer.0.intermediate.dense.weight", 0)
    vocabulary = layers.stored_size(m, table("word"), 0)
    positions = layers.stored_size(m, table("position"), 0)
    types = layers.stored_size(m, table("token_type"), 0)
    count = layers.stored_blocks(m, "text.transformer.encoder.layer.", ".intermediate.dense.weight")
    towers.bert_shapes(shapes, prefix(), vocabulary, positions, types, count, size, inner)
    if pooler(m) == "cls_pooler":
        layers.linear_shapes(shapes, "text.transformer.pooler.dense", size, size)
    dimension = open_clip.dimension(m)
    layers.optional_shape(m, shapes, "text.proj.weight", [dimension, size])
    if "text.proj.0.weight" in m.stored:
        between = (size + dimension) // 2
        shapes["text.proj.0.weight"] = [between, size]
        shapes["text.proj.2.weight"] = [dimension, between]


def load(m: Model, state: dict[str, list[Tensor]]) -> None:
    count = layers.stored_blocks(m, "text.transformer.encoder.layer.", ".intermediate.dense.weight")
    towers.load_bert(m, state, prefix(), count, "gelu")


def pads(m: Model) -> bool:
    """Padding is masked and does not reach what counts."""
    return False


def encode(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    w = m.weights
    pad = padding(m)
    read = (ids != pad).to(torch.int64) * mask
    eps = 1e-12
    positions = torch.arange(ids.size(1), dtype=torch.int64, device=ids.device).unsqueeze(0)
    if is_roberta(m):
        eps = 1e-5
        positions = read.cumsum(1) * read + pad
    averages = pooler(m) == "mean_pooler"
    heads = width(m) // 64
    x = towers.encode_bert(m, prefix(), ids, positions, read, heads, "gelu", eps, averages)
    if averages:
        counted = read.unsqueeze(-1).to(torch.float32)
        x = (x * counted).sum([1]) / counted.sum([1])
    if "text.transformer.pooler.dense.weight" in w:
        x = torch.tanh(F.linear(x, w["text.transformer.pooler.dense.weight"], w["text.transformer.pooler.dense.bias"]))
    if "text.proj.weight" in w:
        x = F.linear(x, w["text.proj.weight"])
    if "text.proj.0.weight" in w:
        x = torch.ops.aten.gelu_(F.linear(x, w["text.proj.0.weight"]), approximate="none")
        x = F.linear(x, w["text.proj.2.weight"])
    return x
