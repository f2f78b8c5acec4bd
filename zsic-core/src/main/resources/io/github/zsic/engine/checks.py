"""Whether this machine computes right, found out before it serves: what a fast kernel computes is compared with what
plain operators compute from the same numbers. No kernel is right on every processor: see docs/platforms.md.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import convolutions, layers
from .model import Model


def bound(precision: str) -> float:
    """How far two results may be from each other, as a share of the largest number: an order of magnitude more than the
    rounding of a precision, and an order of magnitude less than one lost summand among thousands makes.
    """
    return 0.01 if precision in ["bfloat16", "float16"] else 5e-5


def numbers(rows: int, columns: int) -> Tensor:
    """Numbers from -1 to 1 that repeat after 65,536, [rows, columns]."""
    whole = torch.arange(rows * columns, dtype=torch.int64)
    x = (whole * 40503 + 12345).remainder(65536).to(torch.float32)
    return (x / 32768.0 - 1.0).view([rows, columns])


def difference(actual: Tensor, expected: Tensor) -> float:
    """The largest difference of results of one shape, as a share of the largest number; 0 where that is not finite,
    because then the weights are not, which others find out.
    """
    largest = float(expected.abs().max())
    if largest < 1e30:
        return float((actual.to(torch.float32) - expected).abs().max()) / (largest + 1e-30)
    return 0.0


def worse(first: float, second: float) -> float:
    """The larger one. What is not a number is the largest."""
    return second if first == first and not second <= first else first


# --------------------------------------------------------------------------------- packed products


def product(m: Model, packed: dict[str, Tensor], weights: dict[str, Tensor], name: str) -> bool:
    """Whether a packed product may be used. The first of each shape is looked at, because a kernel is made for a shape:
    with several numbers of rows, and with what is computed along with it.
    """
    weight = weights[name + ".weight"]
    precision = m.precision
    if name + ".scale" not in packed and precision == "int8":
        precision = "float32"
    shape = str(weight.size(0)) + " outputs of " + str(weight.size(1)) + " inputs in " + precision
    if name in m.fused:
        shape = shape + " with " + m.fused[name]
    found = 0.0
    if shape in m.wrong:
        found = m.wrong[shape]
    elif shape not in m.looked_at:
        found = linear(packed, weights, name, precision, 1)
        found = worse(found, linear(packed, weights, name, precision, 33))
        if precision != "int8":
            found = worse(found, fused(m, packed, weights, name, precision))
        m.looked_at[shape] = found
    right = found <= bound(precision)
    if not right:
        m.wrong[shape] = found
    return right


def plain(
    x: Tensor, packed: dict[str, Tensor], weights: dict[str, Tensor], name: str, precision: str, begin: int
) -> Tensor:
    """What a packed product should give for x, in float32: the outputs from one on."""
    weight = weights[name + ".weight"]
    count = weight.size(0) - begin
    weight = weight.narrow(0, begin, count)
    bias = layers.optional(weights, name + ".bias")
    if bias is not None:
        bias = bias.narrow(0, begin, count)
    if precision == "int8":
        scale = packed[name + ".scale"].narrow(0, begin, count)
        levels = (weight / scale.unsqueeze(1)).round()
        quantized, step, zero = layers.quantize(x, False)
        y = F.linear(quantized.to(torch.float32) - float(zero), levels)
        y = y * scale * step
        if bias is not None:
            y = y + bias
    else:
        dtype = layers.float_type(precision)
        weight = weight.to(dtype).to(torch.float32)
        if bias is not None:
            bias = bias.to(dtype).to(torch.float32)
        y = F.linear(x.to(dtype).to(torch.float32), weight, bias)
    return y


def first_compared(rows: int, outputs: int) -> int:
    """Of one row all outputs are compared, of several the last ones, because plain products of many are slow."""
    return outputs - 192 if rows > 1 and outputs > 192 else 0


def linear(packed: dict[str, Tensor], weights: dict[str, Tensor], name: str, precision: str, rows: int) -> float:
    weight = weights[name + ".weight"]
    complete = packed.copy()
    # The bias of int8 is not packed.
    if name + ".bias" in weights and name + ".bias" not in packed:
        complete[name + ".bias"] = weights[name + ".bias"]
    x = numbers(rows, weight.size(1))
    begin = first_compared(rows, weight.size(0))
    expected = plain(x, packed, weights, name, precision, begin)
    actual = layers.linear(x, complete, name).narrow(1, begin, weight.size(0) - begin)
    return difference(actual, expected)


def fused(m: Model, packed: dict[str, Tensor], weights: dict[str, Tensor], name: str, precision: str) -> float:
    """A product with its activation, or with a sum: those are fused."""
    weight = weights[name + ".weight"]
    x = numbers(3, weight.size(1))
    begin = first_compared(3, weight.size(0))
    expected = plain(x, packed, weights, name, precision, begin)
    if name in m.fused:
        actual = layers.activated_linear(x, packed, name, m.fused[name])
        expected = layers.activation(expected, m.fused[name])
    else:
        other = numbers(3, weight.size(0))
        actual = layers.linear_add(x, other, packed, name, False)
        expected = expected + other.narrow(1, begin, weight.size(0) - begin)
    return difference(actual.narrow(1, begin, weight.size(0) - begin), expected)


# ----------------------------------------------------------------------------- attention and norms


def attention(size: int, tokens: int, causal: bool, masked: bool, like: Tensor) -> Tensor:
    """How far attention as it is used, and the norm, are from plain operators, as a multiple of what is allowed. The
    first layer of each tower asks, in the trial run of a model, because there all that matters is known.
    """
    # Scores that are rounded to bfloat16 make more of a difference than one product.
    bound = 5e-5
    if like.dtype != torch.float32:
        bound = 0.03
    elif like.is_cuda:
        bound = 0.005
    worst = norm(like.size(2) // 3, like.device) / 5e-5
    for count in [tokens, 7, 77, 200]:
        x = numbers(3 * count, size).to(like.device, like.dtype)
        parts = x.view([3, 1, 1, count, size]).unbind()
        # As far apart as scores are.
        q = parts[0] * 4.0
        k = parts[1]
        v = parts[2]
        seen = torch.ones([1, 1, count, count], dtype=torch.bool, device=like.device)
        mask: Tensor | None = None
        if masked:
            seen = (torch.arange(count, device=like.device) < (count + 1) // 2).view([1, 1, 1, count])
            mask = seen
        if causal:
            seen = seen.tril()
        scores = q.to(torch.float32) @ k.to(torch.float32).transpose(-2, -1) * float(size) ** (-0.5)
        scores = scores.masked_fill(seen.logical_not(), -1e30)
        expected = torch.softmax(scores, -1) @ v.to(torch.float32)
        worst = worse(worst, difference(layers.attention(q, k, v, mask, causal), expected) / bound)
    return torch.tensor(worst, dtype=torch.float32)


def norm(width: int, device: torch.device) -> float:
    x = numbers(3, width).to(device, torch.float32) + 0.5
    weight = x[0]
    bias = x[1]
    centred = x - x.mean([-1], keepdim=True)
    expected = centred * torch.rsqrt((centred * centred).mean([-1], keepdim=True) + 1e-5)
    return difference(torch.layer_norm(x, [width], weight, bias, 1e-5), expected * weight + bias)


# ------------------------------------------------------------------------------------ convolutions


def convolution(m: Model, weight: Tensor, groups: int) -> None:
    """Notes how far a convolution of a weight [out, in, rows, columns] is from a matrix product, as a multiple of what
    is allowed.
    """
    shape = "convolution " + str(weight.size()) + " in " + str(groups) + " groups"
    if shape not in m.differences:
        channels = weight.size(1) * groups
        kernel = [weight.size(2), weight.size(3)]
        # Room for three results in each direction.
        side = weight.size(2) + 2
        x = numbers(channels, side * side).to(weight.device, torch.float32)
        x = x.view([1, channels, side, side])
        windows = torch.ops.aten.im2col(x, kernel, [1, 1], [0, 0], [1, 1])
        windows = windows.view([groups, weight.size(1) * weight.size(2) * weight.size(3), -1])
        expected = weight.view([groups, weight.size(0) // groups, -1]) @ windows
        actual = convolutions.convolve(x, weight, None, 1, 0, groups)
        bound = 5e-5
        if weight.is_cuda:
            bound = 0.005
        m.differences[shape] = difference(actual.view(expected.size()), expected) / bound
