"""Prints how far smaller decoded pictures are from full ones after the model's resize, in grey levels (mean / largest):

    python tools/pictures/scaling.py FILE...

For each side of the model's input: "mean" takes the mean of each square of the full picture, as libjpeg-turbo does with 4 and 2
samples of 8; "dct" the transform of that length on the lowest frequencies, as zsic does. Needs torch, pillow and numpy.
"""

import pathlib
import sys

import numpy as np
import torch
from PIL import Image

K, N = np.arange(8)[:, None], np.arange(8)[None]
FORWARD = np.cos((2 * N + 1) * K * np.pi / 16) * np.where(K == 0, np.sqrt(1 / 8), np.sqrt(2 / 8))


def means(size):
    return np.kron(np.eye(size), np.full((1, 8 // size), size / 8))


def lowest(size):
    k, n = np.arange(size)[None], np.arange(size)[:, None]
    inverse = np.cos((2 * n + 1) * k * np.pi / (2 * size)) * np.where(k == 0, np.sqrt(1 / 8), np.sqrt(2 / 8))
    return inverse @ FORWARD[:size]


def smaller(pixels, matrix):
    height, width, _ = pixels.shape
    blocks = pixels.reshape(height // 8, 8, width // 8, 8, 3).astype(np.float32)
    result = np.einsum("pi,hiwjc,qj->hpwqc", matrix, blocks, matrix, optimize=True)
    size = matrix.shape[0]
    return np.clip(np.rint(result), 0, 255).astype(np.uint8).reshape(height // 8 * size, width // 8 * size, 3)


def resized(pixels, side):
    height, width, _ = pixels.shape
    size = [side, side * width // height] if height <= width else [side * height // width, side]
    tensor = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None]
    return torch.ops.aten._upsample_bicubic2d_aa(tensor, size, False, None, None).to(torch.int32)


def main(*files):
    for file in files:
        full = np.asarray(Image.open(file).convert("RGB"))
        full = full[: full.shape[0] // 8 * 8, : full.shape[1] // 8 * 8]
        for side in (224, 336, 384):
            row = []
            for size in (4, 2, 1):
                for name, matrix in (("mean", means(size)), ("dct", lowest(size))):
                    difference = (resized(smaller(full, matrix), side) - resized(full, side)).abs()
                    row.append(f"{name}{size} {difference.float().mean():.3f}/{difference.max()}")
            print(f"{pathlib.Path(file).name:24} {side} ", "  ".join(row), flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
