"""Draws the test pictures: small, structured, and of every kind whose decoding could go wrong."""

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def _gradient(width, height, a, b, angle=0.0):
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    t = np.cos(angle) * x / max(width - 1, 1) + np.sin(angle) * y / max(height - 1, 1)
    t = np.clip(t, 0, 1)[..., None]
    return Image.fromarray(np.uint8(np.array(a) * (1 - t) + np.array(b) * t))


def _speckle(image, seed, strength):
    """Coarse noise: cells of 3 x 3 pixels, so that it survives a resize and the file stays small."""
    rng = np.random.default_rng(seed)
    w, h = image.size
    cells = rng.integers(-strength, strength + 1, (-(-h // 3), -(-w // 3), 3))
    noise = np.repeat(np.repeat(cells, 3, axis=0), 3, axis=1)[:h, :w]
    return Image.fromarray(np.uint8(np.clip(np.asarray(image).astype(np.int64) + noise, 0, 255)))


def _landscape():
    image = _gradient(451, 300, (70, 130, 230), (250, 220, 170), np.pi / 2)
    d = ImageDraw.Draw(image)
    d.ellipse((330, 30, 400, 100), fill=(255, 240, 90))
    d.polygon([(0, 220), (90, 120), (190, 230), (270, 150), (451, 240), (451, 300), (0, 300)], fill=(40, 120, 60))
    d.rectangle((120, 200, 200, 265), fill=(180, 60, 40))
    d.polygon([(110, 200), (160, 155), (210, 200)], fill=(90, 40, 30))
    d.rectangle((150, 225, 170, 265), fill=(60, 30, 20))
    return image


def _portrait():
    image = _speckle(Image.new("RGB", (220, 331), (40, 45, 70)), 1, 12)
    d = ImageDraw.Draw(image)
    d.ellipse((40, 70, 180, 300), fill=(130, 95, 60))
    d.ellipse((50, 40, 170, 160), fill=(160, 120, 80))
    for x in (70, 115):
        d.ellipse((x, 75, x + 36, 111), fill=(255, 210, 40), outline=(20, 20, 20), width=3)
        d.ellipse((x + 11, 86, x + 25, 100), fill=(0, 0, 0))
    d.polygon([(103, 110), (117, 110), (110, 132)], fill=(230, 140, 30))
    for y in range(170, 280, 18):
        d.arc((70, y, 150, y + 24), 0, 180, fill=(70, 45, 25), width=3)
    return image


def _wide():
    image = _gradient(1000, 60, (250, 40, 40), (20, 40, 250))
    d = ImageDraw.Draw(image)
    for i, x in enumerate(range(10, 1000, 66)):
        colour = ((i * 67) % 256, (i * 131) % 256, (i * 29) % 256)
        (d.ellipse if i % 2 else d.rectangle)((x, 12, x + 36, 48), fill=colour)
    return image


def _tall():
    image = _gradient(60, 1000, (10, 120, 60), (240, 240, 120), np.pi / 2)
    d = ImageDraw.Draw(image)
    for i, y in enumerate(range(8, 1000, 45)):
        d.line((0, y, 60, y + 30), fill=((i * 90) % 256, 30, (i * 40) % 256), width=9)
    return image


def _tiny():
    pixels = np.zeros((10, 10, 3), np.uint8)
    pixels[...] = (30, 60, 160)
    pixels[2:8, 3:7] = (250, 180, 20)
    pixels[4:6, 1:9] = (200, 20, 60)
    return Image.fromarray(pixels)


def _rings():
    y, x = np.mgrid[0:120, 0:160].astype(np.float64)
    r = np.hypot(x - 95, y - 50)
    return Image.fromarray(np.uint8(127 + 90 * np.sin(r / 4.5) + 30 * np.sin(x / 9)))


def _fruit():
    image = _speckle(Image.new("RGB", (200, 150), (225, 215, 200)), 2, 9)
    d = ImageDraw.Draw(image)
    d.ellipse((20, 40, 100, 125), fill=(200, 25, 35))
    d.line((60, 45, 68, 20), fill=(80, 50, 20), width=5)
    d.ellipse((66, 14, 98, 30), fill=(60, 150, 50))
    d.chord((90, 40, 190, 130), 20, 160, fill=(245, 215, 60))
    return image


def _sticker():
    colour = np.asarray(_speckle(_gradient(180, 180, (240, 60, 200), (40, 240, 140), 0.7), 3, 20))
    y, x = np.mgrid[0:180, 0:180].astype(np.float64)
    alpha = np.clip(300 - 3.2 * np.hypot(x - 90, y - 90) + 40 * np.sin(x / 8), 0, 255)
    return Image.fromarray(np.dstack([colour, np.uint8(alpha)]), "RGBA")


def _waves16():
    """Mostly above 255, as 16-bit pictures are, with a dark disc whose values lie below."""
    y, x = np.mgrid[0:110, 0:150].astype(np.float64)
    v = 33000 + 20000 * np.sin(x / 11) * np.cos(y / 7) + 80 * y
    inside = np.hypot(x - 75, y - 55) < 40
    v[inside] = 128 + 100 * np.sin(x[inside] / 5 + y[inside] / 9)
    return np.uint16(np.clip(v, 0, 65535))


def _png16_rgb(path):
    """Pillow cannot write 16 bits per channel."""
    y, x = np.mgrid[0:90, 0:130].astype(np.float64)
    v = np.dstack([x / 129 * 65535, y / 89 * 65535, 32767 + 30000 * np.sin(x * y / 300)])
    rows = np.uint16(np.clip(v, 0, 65535)).astype(">u2")
    raw = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 130, 90, 16, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
    )


def _street():
    image = _gradient(320, 213, (200, 205, 215), (120, 110, 105), np.pi / 2)
    d = ImageDraw.Draw(image)
    for i, x in enumerate(range(0, 320, 64)):
        top = 30 + (i * 37) % 60
        d.rectangle((x, top, x + 54, 150), fill=(90 + i * 25, 80, 140 - i * 20))
        for wy in range(top + 8, 140, 18):
            for wx in range(x + 6, x + 48, 14):
                d.rectangle((wx, wy, wx + 7, wy + 9), fill=(250, 230, 140))
    d.rectangle((0, 150, 320, 213), fill=(60, 60, 65))
    d.rounded_rectangle((110, 150, 220, 190), 12, fill=(210, 30, 30))
    for x in (125, 185):
        d.ellipse((x, 178, x + 24, 202), fill=(15, 15, 15))
    return image


def _oriented(path, image, orientation, **options):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, quality=92, subsampling=0, exif=exif, **options)


def draw(folder: Path) -> list[str]:
    """Writes the pictures and returns their names."""
    warnings.filterwarnings("ignore", "Palette images with Transparency")
    folder.mkdir(parents=True, exist_ok=True)
    png = {"optimize": True}
    _landscape().save(folder / "landscape.png", **png)
    _portrait().save(folder / "portrait.png", **png)
    _wide().save(folder / "wide.png", **png)
    _tall().save(folder / "tall.png", **png)
    _tiny().save(folder / "tiny.png", **png)
    _rings().save(folder / "grey.png", **png)
    _fruit().quantize(48, dither=Image.Dither.NONE).save(folder / "palette.png", **png)
    _fruit().transpose(Image.Transpose.ROTATE_180).quantize(12, dither=Image.Dither.NONE).save(
        folder / "palette-transparent.png", transparency=bytes([0, 60, 255, 128]), **png
    )
    _rings().point(lambda v: 255 * (v > 110)).convert("1").save(folder / "bilevel.png", **png)
    _sticker().save(folder / "rgba.png", **png)
    Image.merge("LA", (_rings(), _sticker().getchannel("A").resize((160, 120)))).save(folder / "grey-alpha.png", **png)
    Image.fromarray(_waves16()).save(folder / "grey16.png", **png)
    _png16_rgb(folder / "rgb16.png")
    blurred = _street().filter(ImageFilter.GaussianBlur(0.6))
    blurred.save(folder / "photo.jpg", quality=88, subsampling=2)
    _oriented(folder / "orientation-3.jpg", _portrait().resize((150, 226)), 3)
    _oriented(folder / "orientation-5.jpg", _landscape().resize((226, 150)), 5, progressive=True)
    _oriented(folder / "orientation-6.jpg", _street().resize((240, 160)), 6)
    return sorted(p.name for p in folder.iterdir())
