"""Makes pictures to measure decoding with, 12 megapixels each as JPEG and small ones in other formats:

    python tools/pictures/make.py PHOTOGRAPHS WORK

PHOTOGRAPHS is a folder such as skimage/data in the wheel of scikit-image 0.26. The large pictures are enlarged photographs
with a camera's noise, and one that is a mosaic of photographs and so has detail in every pixel. Needs pillow and numpy.
"""

import pathlib
import sys

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 4032, 3024
NAMES = ("chelsea.png", "coffee.png", "astronaut.png", "rocket.jpg", "retina.jpg", "hubble_deep_field.jpg", "brick.png", "grass.png", "gravel.png")


def enlarged(picture, rng):
    factor = max(WIDTH / picture.width, HEIGHT / picture.height)
    size = round(picture.width * factor), round(picture.height * factor)
    pixels = np.asarray(picture.resize(size, Image.LANCZOS).crop((0, 0, WIDTH, HEIGHT))).astype(np.float32)
    pixels += rng.normal(0, 3, pixels.shape[:2])[..., None] + rng.normal(0, 1.5, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def mosaic(pictures):
    result = Image.new("RGB", (WIDTH, HEIGHT))
    index = 0
    for y in range(0, HEIGHT, 512):
        x = 0
        while x < WIDTH:
            picture = pictures[index % len(pictures)]
            tile = picture.resize((picture.width * 512 // picture.height, 512), Image.LANCZOS)
            result.paste(tile, (x, y))
            x += tile.width
            index += 1
    return result


def main(photographs, work):
    work = pathlib.Path(work)
    (work / "large").mkdir(parents=True, exist_ok=True)
    (work / "small").mkdir(exist_ok=True)
    rng = np.random.default_rng(5)
    pictures = [Image.open(pathlib.Path(photographs) / name).convert("RGB") for name in NAMES]
    large = {name.split(".")[0]: enlarged(picture, rng) for name, picture in zip(NAMES, pictures)}
    large["mosaic"] = mosaic(pictures)
    for name, picture in large.items():
        picture.save(work / "large" / f"{name}.jpg", quality=90, subsampling=2)
    cat, exif = large["chelsea"], Image.Exif()
    kinds = {
        "q75": (cat, {"quality": 75}),
        "q95-444": (cat, {"quality": 95, "subsampling": 0}),
        "422": (cat, {"quality": 90, "subsampling": 1}),
        "progressive": (cat, {"quality": 90, "subsampling": 2, "progressive": True}),
        "grey": (cat.convert("L"), {"quality": 90}),
        "cmyk": (cat.convert("CMYK"), {"quality": 90}),
        "restart": (cat, {"quality": 90, "subsampling": 2, "restart_marker_rows": 1}),
        "odd": (large["coffee"].crop((0, 0, 3999, 2667)), {"quality": 90}),
        "odd-upright": (large["mosaic"].crop((5, 3, 3008, 3024)), {"quality": 85}),
    }
    for orientation, size, progressive in ((6, (3997, 2251), False), (3, (4000, 3000), False), (5, (2251, 2997), True)):
        exif[0x0112] = orientation
        options = {"quality": 90, "progressive": progressive, "exif": exif.tobytes()}
        kinds[f"turned-{orientation}"] = (large["mosaic"].crop((0, 0, *size)), options)
    for name, (picture, options) in kinds.items():
        picture.save(work / "large" / f"kind-{name}.jpg", **options)
    for side in (64, 224, 400):
        picture = pictures[0].resize((side, side))
        for name, made, options in (
            (".png", picture, {}),
            ("-alpha.png", picture.convert("RGBA"), {}),
            ("-palette.png", picture.quantize(200), {}),
            (".jpg", picture, {"quality": 88}),
            (".webp", picture, {}),
            ("-lossless.webp", picture, {"lossless": True}),
            (".gif", picture, {}),
            (".bmp", picture, {}),
            (".tif", picture, {"compression": "tiff_lzw"}),
        ):
            made.save(work / "small" / f"{side}{name}", **options)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
