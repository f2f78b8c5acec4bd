"""Draws the two pictures that zsic decodes when it starts, so that its decoders are compiled when the first request comes.

    python tools/pictures/warm_up.py     # zsic-core/src/main/resources/io/github/zsic/image
"""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

OUT = Path(__file__).resolve().parents[2] / "zsic-core/src/main/resources/io/github/zsic/image"
SIDE = 80


def png(pixels):
    """An RGB picture whose rows take turns with PNG's five filters, as those of most pictures do in some order."""
    height, width, bands = pixels.shape
    above = np.zeros((width + 1, bands), int)
    rows = b""
    for y in range(height):
        row = np.concatenate([np.zeros((1, bands), int), pixels[y].astype(int)])
        left, corner = row[:-1], above[:-1]
        estimate = left + above[1:] - corner
        distances = np.stack([abs(estimate - left), abs(estimate - above[1:]), abs(estimate - corner)])
        paeth = np.choose(distances.argmin(0), [left, above[1:], corner])
        guess = [0, left, above[1:], (left + above[1:]) // 2, paeth][y % 5]
        rows += bytes([y % 5]) + ((row[1:] - guess) % 256).astype(np.uint8).tobytes()
        above = row
    file = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")):
        file += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return file


def main():
    rng = np.random.default_rng(1)
    slope = np.linspace(0, 200, SIDE)
    smooth = np.stack([slope[None] + 0 * slope[:, None], 0 * slope[None] + slope[:, None], (slope[None] + slope[:, None]) / 2], -1)
    picture = Image.fromarray((smooth + rng.integers(0, 40, (SIDE, SIDE, 3))).astype(np.uint8))
    (OUT / "warm-up.png").write_bytes(png(np.asarray(picture)))
    picture.save(OUT / "warm-up.jpg", quality=85)


if __name__ == "__main__":
    main()
