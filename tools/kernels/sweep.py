"""What Sweep.java runs: products by the packed kernels of zsic-core, its onednn.py, beside plain ones, and its
convolutions.py beside the same in double.
"""

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn import functional as F

from . import convolutions
from . import onednn as kernels


class Sweep(Module):
    __parameters__ = []
    __buffers__ = []
    training: bool

    def difference(self, outputs: int, inputs: int, rows: int, precision: str, operation: str, block: int) -> float:
        """How far the packed product of random numbers is from the plain one, as a share of the largest result. Outputs
        are filled up to whole blocks.
        """
        return difference(outputs, inputs, rows, precision, operation, block)

    def convolution(self, results: int, channels: int, groups: int, side: int, kernel: int, stride: int) -> float:
        """How far a convolution of a square picture is from the same in double, as a share of the largest result."""
        return convolution(results, channels, groups, side, kernel, stride)

    def supports(self, precision: str) -> bool:
        return kernels.supports(precision)


def fill(x: Tensor, block: int) -> Tensor:
    missing = (block - x.size(0) % block) % block
    if missing > 0:
        if x.dim() == 2:
            x = F.pad(x, [0, 0, 0, missing])
        else:
            x = F.pad(x, [0, missing])
    return x


def activation(x: Tensor, operation: str) -> Tensor:
    y = x
    if operation == "gelu":
        y = F.gelu(x, approximate="none")
    elif operation == "gelu_pytorch_tanh":
        y = F.gelu(x, approximate="tanh")
    elif operation == "silu":
        y = F.silu(x)
    elif operation == "relu":
        y = torch.relu(x)
    return y


def packed(x: Tensor, other: Tensor, weight: Tensor, bias: Tensor, precision: str, operation: str) -> Tensor:
    if precision == "int8":
        scales = torch.full([weight.size(0)], 0.01, dtype=torch.float32)
        zeros = torch.zeros([weight.size(0)], dtype=torch.int64)
        y = kernels.linear_int8(x.to(torch.uint8), 128, kernels.pack_int8(weight.to(torch.int8)), scales, zeros)
    else:
        w = kernels.pack(weight)
        if operation == "add":
            y = kernels.linear_add(x, other, w, bias)
        else:
            y = kernels.linear(x, w, bias, operation)
    return y


def numbers(rows: int, outputs: int, inputs: int, precision: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    if precision == "int8":
        x = torch.randint(0, 256, [rows, inputs], dtype=torch.float32)
        weight = torch.randint(-127, 128, [outputs, inputs], dtype=torch.float32)
    else:
        x = torch.rand([rows, inputs], dtype=torch.float32) * 2.0 - 1.0
        weight = torch.rand([outputs, inputs], dtype=torch.float32) * 2.0 - 1.0
    bias = torch.rand([outputs], dtype=torch.float32) * 2.0 - 1.0
    other = torch.rand([rows, outputs], dtype=torch.float32) * 2.0 - 1.0
    if precision == "bfloat16":
        x = x.to(torch.bfloat16)
        weight = weight.to(torch.bfloat16)
        bias = bias.to(torch.bfloat16)
    return (x, other, weight, bias)


def difference(outputs: int, inputs: int, rows: int, precision: str, operation: str, block: int) -> float:
    n = numbers(rows, outputs, inputs, precision)
    weight = fill(n[2], block)
    other = n[1]
    if operation == "add" and weight.size(0) != outputs:
        other = F.pad(other, [0, weight.size(0) - outputs])
    y = packed(n[0], other, weight, fill(n[3], block), precision, operation)
    y = y.narrow(1, 0, outputs).to(torch.float32)
    if precision == "int8":
        z = F.linear(n[0] - 128.0, n[2]) * 0.01
    else:
        z = F.linear(n[0].to(torch.float32), n[2].to(torch.float32), n[3].to(torch.float32))
        if operation == "add":
            z = z + n[1]
        else:
            z = activation(z, operation)
    return float((y - z).abs().max()) / (float(z.abs().max()) + 1e-30)


def convolution(results: int, channels: int, groups: int, side: int, kernel: int, stride: int) -> float:
    x = torch.randn([1, side, side, channels], dtype=torch.float32).permute([0, 3, 1, 2])
    weight = torch.randn([results, channels // groups, kernel, kernel], dtype=torch.float32)
    bias = torch.randn([results], dtype=torch.float32)
    actual = convolutions.convolve(x, weight, bias, stride, kernel // 2, groups)
    double = torch.float64
    expected = convolutions.plain_convolution(
        x.to(double), weight.to(double), bias.to(double), stride, kernel // 2, groups
    )
    return float((actual - expected).abs().max()) / float(expected.abs().max())
