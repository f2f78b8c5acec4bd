"""Writes small pictures in AVIF and HEIC, and the PNG that they were made of.

    python tools/golden/heif.py zsic-core/src/test/resources/heif

README.md beside this file says in which environment. HEIC needs heif-enc, of Debian's package libheif-examples, with
x265.
"""

import subprocess
import sys
from pathlib import Path

from PIL import Image

PICTURES = Path(__file__).resolve().parents[2] / "zsic-core/src/test/resources/parity/pictures"
ORIENTATION = 0x0112


def main(folder):
    picture = Image.open(PICTURES / "landscape.png").convert("RGB").crop((100, 60, 261, 180))
    picture.save(folder / "picture.png")
    picture.save(folder / "picture.avif", quality=80)
    # Stored sideways, to be turned a quarter clockwise: Pillow writes that as AVIF's own rotation.
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    picture.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.avif", quality=80, exif=exif)
    alpha = picture.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(picture.size))
    alpha.save(folder / "transparent.avif", quality=80)
    subprocess.run(["heif-enc", "-q", "80", folder / "picture.png", "-o", folder / "picture.heic"], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
