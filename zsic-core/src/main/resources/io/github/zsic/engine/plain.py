"""What onednn.py does, without it: no weight is packed, and no type but float32 is to be had on the CPU. The other
functions are there for the compiler; who asks packs() does not call them.
"""

from torch import Tensor


def supports(precision: str) -> bool:
    return precision == "float32"


def packs() -> bool:
    return False


def pack(weight: Tensor) -> Tensor:
    assert packs(), "no packed weights here"
    return weight


def linear(x: Tensor, weight: Tensor, bias: Tensor | None, activation: str) -> Tensor:
    assert packs(), "no packed weights here"
    return x


def linear_add(x: Tensor, other: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    assert packs(), "no packed weights here"
    return x


def pack_int8(weight: Tensor) -> Tensor:
    assert packs(), "no packed weights here"
    return weight


def linear_int8(x: Tensor, zero: int, weight: Tensor, scales: Tensor, zeros: Tensor) -> Tensor:
    assert packs(), "no packed weights here"
    return x
