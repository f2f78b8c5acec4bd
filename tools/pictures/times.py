"""Prints how long Pillow takes to decode pictures: in full, and with libjpeg-turbo's own 1/2, 1/4 and 1/8 ("draft").

    python tools/pictures/times.py FILE...
"""

import io
import pathlib
import statistics
import sys
import time

from PIL import Image


def decode(data, factor):
    picture = Image.open(io.BytesIO(data))
    if factor > 1:
        picture.draft(None, (picture.width // factor, picture.height // factor))
    picture.load()
    return picture.convert("RGB")


def main(*files):
    for file in files:
        data = pathlib.Path(file).read_bytes()
        factors = (1, 2, 4, 8) if file.endswith(".jpg") else (1,)
        medians = []
        for factor in factors:
            times = []
            for _ in range(9 if len(data) > 500_000 else 100):
                start = time.perf_counter()
                decode(data, factor)
                times.append(1e3 * (time.perf_counter() - start))
            medians.append(statistics.median(times))
        print(f"{pathlib.Path(file).name:24} {len(data):10,} bytes ", *(f"{median:8.3f}" for median in medians), "ms")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
