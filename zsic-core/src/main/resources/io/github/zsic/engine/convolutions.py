"""Convolutions that every machine computes right."""

import torch
from torch import Tensor
from torch.nn import functional as F


def filled(channels: int) -> int:
    """The next number of channels that fills blocks of 16."""
    return (channels + 15) // 16 * 16


def plain_convolution(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int, groups: int
) -> Tensor:
    """As torch.conv2d, but a GPU is not allowed to multiply with fewer bits (TF32), the last argument."""
    return torch._convolution(
        x, weight, bias, [stride, stride], [padding, padding], [1, 1], False, [0, 0], groups, False, False, True, False
    )


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int, groups: int) -> Tensor:
    """A convolution of x [batch, channels, rows, columns], of all channels together or of each by itself.

    On AMD's processors with AVX-512 in virtual machines that hide the sizes of the caches, oneDNN 3.7 computes wrong
    what is not in the order of the shape, what does not fill its blocks of 16 channels, and several results of one
    channel. tools/kernels/sweep.sh tells whether what is left is right.
    """
    if x.is_cuda:
        return plain_convolution(x, weight, bias, stride, padding, groups)
    results = weight.size(0)
    own = bias if bias is not None else torch.zeros([results])
    if groups > 1:
        # Of each channel the first result, then the second ones, and so on.
        every = results // groups
        parts: list[Tensor] = []
        for i in range(every):
            kernels = weight[i::every].contiguous()
            parts.append(plain_convolution(x, kernels, own[i::every].contiguous(), stride, padding, groups))
        return parts[0] if every == 1 else torch.stack(parts, 2).flatten(1, 2)
    # The colours of a picture fill no block in any case.
    more = 0 if x.size(1) <= 3 else filled(x.size(1)) - x.size(1)
    missing = filled(results) - results
    # Also of one pixel, whose order its strides tell.
    x = x.contiguous().flatten().view([x.size(0), x.size(1), x.size(2), x.size(3)])
    if more > 0:
        x = F.pad(x, [0, 0, 0, 0, 0, more])
    if more + missing > 0:
        weight = F.pad(weight, [0, 0, 0, 0, 0, more, 0, missing])
        own = F.pad(own, [0, missing])
    return plain_convolution(x, weight, own, stride, padding, 1)[:, :results]
