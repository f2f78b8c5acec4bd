"""Products of matrices through oneDNN, for CPUs: packed weights are opaque tensors in the layout that oneDNN's kernels
read, which depends on the processor. plain.py has the same functions for where libtorch was built without it.
"""

import torch
from torch import Tensor


def rows() -> int:
    """How many rows the layout is made for: a text of average length, or the patches of a small picture. oneDNN takes
    any number; the layouts for few and for many rows are the same but for a single row. It must not be 1: then a block
    has 48 outputs, and the fault of layers.fill_up() shows in whole blocks of 64, too.
    """
    return 64


def supports(precision: str) -> bool:
    """Whether the processor computes in a type at all, and right. bfloat16 needs AVX-512, where oneDNN emulates the
    instructions that are missing. Products of 8-bit numbers need VNNI: the instructions before it saturate sums at 16
    bits, which a sum of the largest numbers shows.
    """
    able = True
    if precision == "bfloat16":
        able = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    elif precision == "int8":
        able = torch.ops.mkldnn._is_mkldnn_bf16_supported()
        if able:
            x = torch.full([64, 64], 255, dtype=torch.uint8)
            weight = pack_int8(torch.full([64, 64], 127, dtype=torch.int8))
            y = linear_int8(x, 0, weight, torch.ones([64], dtype=torch.float32), torch.zeros([64], dtype=torch.int64))
            able = bool((y == 64.0 * 255.0 * 127.0).all())
    return able


def packs() -> bool:
    """Whether weights are packed."""
    return True


def pack(weight: Tensor) -> Tensor:
    """A weight [out, in] in float32 or bfloat16, whose outputs fill whole blocks."""
    return torch.ops.mkldnn._reorder_linear_weight(weight, rows())


def together(x: Tensor) -> int:
    """How many of x [many, rows, in], or [many, in], go into one product, so that the bits of one do not depend on how
    many there are: without AVX-512, oneDNN adds up more than 512 inputs in another order from 81 rows on.
    """
    count = x.size(0)
    rows = 1
    if x.dim() == 3:
        rows = x.size(1)
    if count * rows > 80 and rows <= 80 and x.size(-1) > 512 and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        count = 80 // rows
    return count


def linear(x: Tensor, weight: Tensor, bias: Tensor | None, activation: str) -> Tensor:
    """x and bias are of the weight's type, and so is the result."""
    parts = [linear_at_once(part, weight, bias, activation) for part in x.split(together(x))]
    return join(parts)


def join(parts: list[Tensor]) -> Tensor:
    return torch.cat(parts, 0) if len(parts) > 1 else parts[0]


def linear_at_once(x: Tensor, weight: Tensor, bias: Tensor | None, activation: str) -> Tensor:
    if activation == "gelu":
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "gelu", [], "none")
    if activation == "gelu_pytorch_tanh":
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "gelu", [], "tanh")
    if activation == "silu":
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "swish", [], "")
    if activation == "relu":
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "relu", [], "")
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


def linear_add(x: Tensor, other: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x times the weight, and the bias, added to what is of its shape."""
    count = together(x)
    parts: list[Tensor] = []
    others = other.split(count)
    i = 0
    for part in x.split(count):
        parts.append(torch.ops.mkldnn._linear_pointwise(part, others[i], weight, bias, "add"))
        i += 1
    return join(parts)


def pack_int8(weight: Tensor) -> Tensor:
    """A weight [out, in] in int8."""
    return torch.ops.onednn.qlinear_prepack(weight, [rows(), weight.size(1)])


def linear_int8(x: Tensor, zero: int, weight: Tensor, scales: Tensor, zeros: Tensor) -> Tensor:
    """uint8 x, less its zero point, times the weight, times a scale for each output; float32."""
    return torch.ops.onednn.qlinear_pointwise(x, 1.0, zero, weight, scales, zeros, None, 1.0, 0, 6, "none", [], "")
