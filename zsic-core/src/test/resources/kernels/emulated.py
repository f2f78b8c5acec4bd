"""What onednn.py does, by plain operators on any processor and in every precision, so that the fast path can be tested,
and damaged, without AVX-512. FaultyKernelTests writes a fault into fault() or product().
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import layers


def supports(precision: str) -> bool:
    return True


def packs() -> bool:
    return True


def fault(weight: Tensor) -> Tensor:
    """What packing makes of a weight [out, in]."""
    return weight


def product(y: Tensor, operation: str) -> Tensor:
    """What a product is after its activation or sum."""
    return y


def pack(weight: Tensor) -> Tensor:
    return fault(weight.clone())


def linear(x: Tensor, weight: Tensor, bias: Tensor | None, activation: str) -> Tensor:
    y = F.linear(x, weight, bias)
    return product(layers.activation(y, activation), activation)


def linear_add(x: Tensor, other: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return product(F.linear(x, weight, bias) + other, "add")


def pack_int8(weight: Tensor) -> Tensor:
    return fault(weight.clone())


def linear_int8(x: Tensor, zero: int, weight: Tensor, scales: Tensor, zeros: Tensor) -> Tensor:
    y = F.linear(x.to(torch.float32) - float(zero), weight.to(torch.float32))
    return product(y * scales, "int8")
