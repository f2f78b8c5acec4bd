"""Draws the two pictures that zsic decodes when it starts, so that its decoders are compiled when the first request comes.

    python tools/pictures/warm_up.py     # zsic-core/src/main/resources/io/github/zsic/image
"""

from pathlib import Path

import numpy as np
from PIL import Image

OUT = Path(__file__).resolve().parents[2] / "zsic-core/src/main/resources/io/github/zsic/image"
SIDE = 80


def main():
    rng = np.random.default_rng(1)
    slope = np.linspace(0, 200, SIDE)
    smooth = np.stack([slope[None] + 0 * slope[:, None], 0 * slope[None] + slope[:, None], (slope[None] + slope[:, None]) / 2], -1)
    picture = Image.fromarray((smooth + rng.integers(0, 40, (SIDE, SIDE, 3))).astype(np.uint8))
    picture.save(OUT / "warm-up.png", optimize=True)
    picture.save(OUT / "warm-up.jpg", quality=85)


if __name__ == "__main__":
    main()
