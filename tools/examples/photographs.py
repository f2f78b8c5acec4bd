"""Writes the example photographs of the sample's page: smaller versions of those that scikit-image ships.

    pip install scikit-image==0.26.0 pillow
    python tools/examples/photographs.py
"""

from importlib.util import find_spec
from pathlib import Path

from PIL import Image

SOURCE = Path(find_spec("skimage").origin).parent / "data"
OUT = Path(__file__).resolve().parents[2] / "zsic-sample-app/src/main/resources/static/examples"

for name in ("chelsea.png", "coffee.png", "astronaut.png", "rocket.jpg"):
    picture = Image.open(SOURCE / name).convert("RGB")
    picture.thumbnail((512, 512), Image.Resampling.LANCZOS)
    picture.save((OUT / name).with_suffix(".jpg"), quality=85, optimize=True)
