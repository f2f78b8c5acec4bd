"""Makes the pictures that zsic-core's image tests decode, and what Pillow makes of them.

    python tools/golden/encodings.py zsic-core/src/test/resources/image

Needs pillow (12.3 was used) and numpy. Every picture is listed in expected.json with the size and the SHA-256 of the RGB
bytes of ImageOps.exif_transpose(Image.open(file)).convert("RGB"). JPEG decoders may differ by rounding, so for JPEG that
result is kept as a PNG next to it.
"""

import hashlib
import io
import json
import pathlib
import struct
import sys
import zlib

import numpy as np
from PIL import Image, ImageCms, ImageOps

WIDTH, HEIGHT = 61, 47
LOSSY = (".jpg", "jpeg.tif")


def picture():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    a = np.stack([x * 255 // (WIDTH - 1), y * 255 // (HEIGHT - 1), (x * 7 ^ y * 5) & 255], -1).astype(np.uint8)
    a[8:20, 10:30] = [255, 0, 0]
    a[12:17, 15:40] = [0, 0, 255]
    a[30:40, 5:25] = [0, 200, 30]
    a[0:5, 0:5] = 255
    return Image.fromarray(a)


RGB = picture()
ALPHA = RGB.copy()
ALPHA.putalpha(Image.fromarray(((np.mgrid[0:HEIGHT, 0:WIDTH][1] * 5) & 255).astype(np.uint8)))
GREY = RGB.convert("L")
PALETTE = RGB.quantize(40)


def exif(orientation):
    e = Image.Exif()
    e[0x0112] = orientation
    e[0x010F] = "zsic"
    return e.tobytes()


def save(image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, bits, kind, rows, interlaced=0, before=b"", palette=None, transparency=None):
    """A PNG with what Pillow does not write: depths, filters and interlacing."""
    if interlaced:
        passes = [(0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2)]
    else:
        passes = [(0, 1, 0, 1)]
    raw = b""
    for left, across, top, down in passes:
        part = rows[top::down, left::across]
        if part.size == 0:
            continue
        if bits == 16:
            lines = part.astype(">u2").reshape(part.shape[0], -1).view(np.uint8)
        elif bits == 8:
            lines = part.astype(np.uint8).reshape(part.shape[0], -1)
        else:
            flat = part.reshape(part.shape[0], -1).astype(np.uint8)
            exploded = np.unpackbits(flat[..., None], axis=-1)[..., 8 - bits:].reshape(part.shape[0], -1)
            lines = np.packbits(exploded, axis=-1)
        channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
        step = max(1, channels * bits // 8)
        previous = np.zeros(lines.shape[1], np.int32)
        for index, line in enumerate(lines.astype(np.int32)):
            left_ = np.concatenate([np.zeros(step, np.int32), line])[: len(line)]
            corner = np.concatenate([np.zeros(step, np.int32), previous])[: len(line)]
            p = left_ + previous - corner
            pa, pb, pc = abs(p - left_), abs(p - previous), abs(p - corner)
            paeth = np.where((pa <= pb) & (pa <= pc), left_, np.where(pb <= pc, previous, corner))
            predicted = [0, left_, previous, (left_ + previous) // 2, paeth][index % 5]
            raw += bytes([index % 5]) + ((line - predicted) & 255).astype(np.uint8).tobytes()
            previous = line
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlaced))
    out += before
    if palette is not None:
        out += chunk(b"PLTE", palette)
    if transparency is not None:
        out += chunk(b"tRNS", transparency)
    data = zlib.compress(raw, 9)
    half = len(data) // 2
    return out + chunk(b"IDAT", data[:half]) + chunk(b"IDAT", b"") + chunk(b"IDAT", data[half:]) + chunk(b"IEND", b"")


def jpeg_marker(data, marker, body):
    """Puts a segment right behind the start of a JPEG."""
    return data[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + data[2:]


def without_app_segments(data):
    out, at = data[:2], 2
    while data[at + 1] != 0xDA:
        length = 2 + struct.unpack(">H", data[at + 2: at + 4])[0]
        if not 0xE0 <= data[at + 1] <= 0xEF:
            out += data[at: at + length]
        at += length
    return out + data[at:]


def profile(space):
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()
    # Without the time of its making, so that a second run changes nothing.
    return data[:24] + bytes(12) + data[36:84] + bytes(16) + data[100:]


def bmp(width, height, bits, compression, header_extra, data, palette=b"", header=40):
    offset = 14 + header + len(header_extra) * (header == 40) + len(palette)
    info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(data), 0, 0, len(palette) // 4, 0)
    info += header_extra
    info = info.ljust(header, b"\0")
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + info + palette + data


def tiff(order, width, height, bits, photometric, samples, *blocks, **more):
    """An uncompressed TIFF in an arrangement that Pillow does not write."""
    tags = {256: [width], 257: [height], 258: bits, 259: [1], 262: [photometric], 277: [samples]}
    tags.update({int(tag[1:]): value for tag, value in more.items()})
    offsets, at = [], 8
    for block in blocks:
        offsets.append(at)
        at += len(block)
    lengths = [len(block) for block in blocks]
    tags.update({324: offsets, 325: lengths} if 322 in tags else {273: offsets, 278: [height], 279: lengths})
    entries, extra = b"", b""
    start = at + 2 + 12 * len(tags) + 4
    for tag, values in sorted(tags.items()):
        body = struct.pack(f"{order}{len(values)}I", *values)
        if len(values) > 1:
            value = struct.pack(order + "I", start + len(extra))
            extra += body
        else:
            value = body
        entries += struct.pack(order + "HHI", tag, 4, len(values)) + value
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, at)
    return head + b"".join(blocks) + struct.pack(order + "H", len(tags)) + entries + bytes(4) + extra


def pictures():
    rng = np.random.default_rng(7)

    # JPEG
    for name, sampling in (("444", 0), ("422", 1), ("420", 2)):
        yield f"jpeg-{name}.jpg", save(RGB, format="JPEG", quality=85, subsampling=sampling)
    plain = save(RGB, format="JPEG", quality=85)
    yield "jpeg-progressive.jpg", save(RGB, format="JPEG", quality=80, progressive=True)
    yield "jpeg-grey.jpg", save(GREY, format="JPEG", quality=85)
    yield "jpeg-grey-profile.jpg", save(GREY, format="JPEG", quality=85, icc_profile=b"broken" * 50)
    yield "jpeg-profile-lab.jpg", save(RGB, format="JPEG", quality=85, icc_profile=profile("LAB"))
    yield "jpeg-profile-broken.jpg", save(RGB, format="JPEG", quality=85, icc_profile=profile("sRGB")[:200])
    yield "jpeg-rgb-adobe.jpg", save(RGB, format="JPEG", quality=85, keep_rgb=True)
    yield "jpeg-no-headers.jpg", without_app_segments(plain)
    yield "jpeg-restart.jpg", save(RGB, format="JPEG", quality=85, restart_marker_blocks=2)
    yield "jpeg-trailing.jpg", plain + b"trailing" * 20
    yield "jpeg-jfif-second.jpg", jpeg_marker(plain, 0xE5, b"something of no interest")
    cmyk = save(RGB.convert("CMYK"), format="JPEG", quality=85)
    yield "jpeg-cmyk.jpg", cmyk
    yield "jpeg-cmyk-profile.jpg", save(RGB.convert("CMYK"), format="JPEG", quality=85, icc_profile=b"broken" * 20)
    bare = without_app_segments(cmyk)
    yield "jpeg-cmyk-no-adobe.jpg", bare
    yield "jpeg-ycck.jpg", jpeg_marker(bare, 0xEE, b"Adobe\0d\0\0\0\0\2")
    for i in range(1, 9):
        yield f"orientation-{i}.jpg", save(RGB, format="JPEG", quality=60, exif=exif(i))
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
        b"</rdf:RDF></x:xmpmeta>"
    )
    yield "orientation-xmp.jpg", save(RGB, format="JPEG", quality=60, xmp=xmp)

    # PNG
    yield "png-rgb.png", save(RGB, format="PNG", optimize=True)
    yield "png-profile.png", save(RGB, format="PNG", icc_profile=profile("LAB"))
    yield "png-profile-broken.png", png(WIDTH, HEIGHT, 8, 2, np.asarray(RGB), before=chunk(b"iCCP", b"x\0\0broken"))
    yield "png-grey-gamma.png", png(WIDTH, HEIGHT, 8, 0, np.asarray(GREY), before=chunk(b"gAMA", struct.pack(">I", 100000)))
    yield "png-rgba.png", save(ALPHA, format="PNG")
    yield "png-grey-alpha.png", save(ALPHA.convert("LA"), format="PNG")
    yield "png-palette.png", save(PALETTE, format="PNG")
    yield "png-palette-alpha.png", save(PALETTE, format="PNG", transparency=bytes(range(0, 240, 6)))
    yield "png-palette-short.png", png(9, 5, 4, 3, rng.integers(0, 16, (5, 9)), palette=bytes(range(12)))
    colors = rng.integers(0, 256, 48).astype(np.uint8).tobytes()
    for interlaced in (0, 1):
        suffix = "-interlaced" if interlaced else ""
        for bits in (1, 2, 4, 16):
            yield f"png-grey-{bits}{suffix}.png", png(19, 13, bits, 0, rng.integers(0, 600 if bits == 16 else 1 << bits, (13, 19)), interlaced)
        for bits in (1, 2, 4):
            yield f"png-palette-{bits}{suffix}.png", png(19, 13, bits, 3, rng.integers(0, 1 << bits, (13, 19)), interlaced, palette=colors[: 3 << bits])
        yield f"png-rgb-16{suffix}.png", png(19, 13, 16, 2, rng.integers(0, 65536, (13, 19, 3)), interlaced)
        yield f"png-rgba-16{suffix}.png", png(19, 13, 16, 6, rng.integers(0, 65536, (13, 19, 4)), interlaced)
        yield f"png-grey-alpha-16{suffix}.png", png(19, 13, 16, 4, rng.integers(0, 65536, (13, 19, 2)), interlaced)
        yield f"png-rgb-filters{suffix}.png", png(WIDTH, HEIGHT, 8, 2, np.asarray(RGB), interlaced)
        yield f"png-rgba-filters{suffix}.png", png(WIDTH, HEIGHT, 8, 6, np.asarray(ALPHA), interlaced)
    yield "png-interlaced-tiny.png", png(1, 3, 8, 2, rng.integers(0, 256, (3, 1, 3)), 1)
    yield "png-grey-transparent.png", png(19, 13, 8, 0, rng.integers(0, 256, (13, 19)), transparency=b"\0\5")
    yield "png-rgb-transparent.png", png(19, 13, 8, 2, rng.integers(0, 256, (13, 19, 3)), transparency=b"\0\1\0\2\0\3")
    small = RGB.resize((23, 17))
    for i in range(1, 9):
        yield f"orientation-{i}.png", save(small, format="PNG", exif=exif(i))
    text = "\nexif\n      %d\n" % len(exif(8)) + exif(8).hex()
    yield "orientation-raw-profile.png", png(23, 17, 8, 2, np.asarray(small), before=chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text.encode())))
    yield "orientation-xmp.png", png(23, 17, 8, 2, np.asarray(small), before=chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))
    yield "apng.png", save(RGB, format="PNG", save_all=True, append_images=[RGB.rotate(180)])

    # GIF
    yield "gif-rgb.gif", save(RGB, format="GIF")
    yield "gif-grey.gif", save(GREY, format="GIF")
    yield "gif-interlaced.gif", save(PALETTE, format="GIF", interlace=1)
    yield "gif-not-interlaced.gif", save(PALETTE, format="GIF", interlace=0)
    yield "gif-transparent.gif", save(PALETTE, format="GIF", transparency=7)
    yield "gif-animated.gif", save(PALETTE, format="GIF", save_all=True, append_images=[PALETTE.rotate(180)], duration=50, loop=0)
    gif = bytearray(save(PALETTE, format="GIF", transparency=7))
    at = gif.index(b",", 13 + 3 * 64)
    inner = bytearray(gif)
    inner[6:10] = struct.pack("<HH", WIDTH + 9, HEIGHT + 5)
    inner[at + 1: at + 5] = struct.pack("<HH", 4, 3)
    yield "gif-part-of-canvas.gif", bytes(inner)
    outer = bytearray(gif)
    outer[6:10] = struct.pack("<HH", 10, 10)
    yield "gif-beyond-canvas.gif", bytes(outer)
    noise = Image.fromarray(rng.integers(0, 256, (90, 90)).astype(np.uint8))
    yield "gif-full-table.gif", save(noise, format="GIF")

    # WebP
    yield "webp-lossy.webp", save(RGB, format="WEBP", quality=80)
    yield "webp-lossy-10.webp", save(RGB, format="WEBP", quality=10)
    yield "webp-lossy-95.webp", save(RGB, format="WEBP", quality=95, method=6)
    photo = np.clip(np.cumsum(np.cumsum(rng.normal(0, 1.5, (120, 97, 3)), 0), 1) + 128, 0, 255).astype(np.uint8)
    for quality in (5, 40, 75):
        yield f"webp-lossy-photo-{quality}.webp", save(Image.fromarray(photo), format="WEBP", quality=quality)
    yield "webp-lossy-even.webp", save(RGB.resize((48, 32)), format="WEBP", quality=70)
    yield "webp-lossy-one.webp", save(RGB.resize((1, 1)), format="WEBP", quality=70)
    yield "webp-lossy-alpha.webp", save(ALPHA, format="WEBP", quality=80, exact=True)
    yield "webp-lossy-profile.webp", save(RGB, format="WEBP", quality=50, icc_profile=profile("LAB"))
    yield "webp-lossless.webp", save(RGB, format="WEBP", lossless=True)
    yield "webp-lossless-alpha.webp", save(ALPHA, format="WEBP", lossless=True, exact=True)
    yield "webp-lossless-palette.webp", save(PALETTE.convert("RGB"), format="WEBP", lossless=True, method=6)
    yield "webp-lossless-photo.webp", save(Image.fromarray(photo[:60, :60]), format="WEBP", lossless=True)
    yield "webp-lossless-profile.webp", save(RGB, format="WEBP", lossless=True, icc_profile=b"broken")
    yield "webp-animated.webp", save(RGB, format="WEBP", save_all=True, append_images=[RGB.rotate(180)], lossless=True)
    yield "webp-animated-lossy.webp", save(ALPHA, format="WEBP", save_all=True, append_images=[ALPHA.rotate(180)], quality=60)
    for i in range(1, 9):
        yield f"orientation-{i}.webp", save(small, format="WEBP", lossless=True, exif=exif(i))

    # BMP
    yield "bmp-rgb.bmp", save(RGB.resize((23, 17)), format="BMP")
    yield "bmp-rgba.bmp", save(ALPHA.resize((23, 17)), format="BMP")
    yield "bmp-grey.bmp", save(GREY.resize((23, 17)), format="BMP")
    yield "bmp-palette.bmp", save(PALETTE.resize((23, 17)), format="BMP")
    yield "bmp-1.bmp", save(RGB.resize((23, 17)).convert("1"), format="BMP")
    yield "bmp-32.bmp", bmp(5, 3, 32, 0, b"", rng.integers(0, 256, 60).astype(np.uint8).tobytes())
    yield "bmp-32-top-down.bmp", bmp(5, -3, 32, 0, b"", rng.integers(0, 256, 60).astype(np.uint8).tobytes())
    yield "bmp-555.bmp", bmp(5, 3, 16, 0, b"", rng.integers(0, 256, 36).astype(np.uint8).tobytes())
    yield "bmp-565.bmp", bmp(5, 3, 16, 3, struct.pack("<III", 0xF800, 0x7E0, 0x1F), rng.integers(0, 256, 36).astype(np.uint8).tobytes())
    yield "bmp-rgba-v5.bmp", bmp(5, 3, 32, 3, struct.pack("<IIII", 0xFF, 0xFF00, 0xFF0000, 0xFF000000), rng.integers(0, 256, 60).astype(np.uint8).tobytes(), header=124)
    map16 = rng.integers(0, 256, 64).astype(np.uint8).tobytes()
    yield "bmp-4.bmp", bmp(5, 3, 4, 0, b"", rng.integers(0, 256, 12).astype(np.uint8).tobytes(), map16)
    yield "bmp-rle8.bmp", bmp(6, 3, 8, 1, b"", b"\4\1\2\2\0\0\0\5\1\2\3\4\5\0\1\6\0\0\2\3\1\7\3\2\0\1", map16)
    yield "bmp-rle4.bmp", bmp(6, 3, 4, 2, b"", b"\6\x12\0\0\0\4\x34\x56\2\x70\0\0\6\xab\0\1", map16)

    # TIFF
    little = RGB.resize((23, 17))
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        yield f"tiff-rgb-{compression}.tif", save(little, format="TIFF", compression=compression)
    yield "tiff-predictor.tif", save(little, format="TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    yield "tiff-rgba.tif", save(ALPHA.resize((23, 17)), format="TIFF")
    yield "tiff-grey.tif", save(GREY.resize((23, 17)), format="TIFF", compression="tiff_lzw")
    yield "tiff-grey-alpha.tif", save(ALPHA.convert("LA").resize((23, 17)), format="TIFF")
    yield "tiff-grey-inverted.tif", save(GREY.resize((23, 17)), format="TIFF", tiffinfo={262: 0})
    yield "tiff-grey-profile.tif", save(GREY.resize((23, 17)), format="TIFF", icc_profile=b"broken" * 9)
    yield "tiff-rgb-profile.tif", save(little, format="TIFF", icc_profile=profile("LAB"))
    yield "tiff-palette.tif", save(PALETTE.resize((23, 17)), format="TIFF", compression="tiff_lzw")
    yield "tiff-1.tif", save(little.convert("1"), format="TIFF")
    yield "tiff-1-group4.tif", save(little.convert("1"), format="TIFF", compression="group4")
    yield "tiff-cmyk.tif", save(little.convert("CMYK"), format="TIFF", compression="tiff_lzw")
    yield "tiff-cmyk-profile.tif", save(little.convert("CMYK"), format="TIFF", icc_profile=b"broken" * 9)
    ramp = (np.arange(16 * 12).reshape(12, 16) * 7 - 100)
    yield "tiff-grey-16.tif", save(Image.fromarray(np.clip(ramp, 0, 65535).astype(np.uint16)), format="TIFF")
    yield "tiff-grey-32.tif", save(Image.fromarray(ramp.astype(np.int32)), format="TIFF")
    yield "tiff-grey-float.tif", save(Image.fromarray((ramp / 3).astype(np.float32)), format="TIFF")
    for order, name in (("<", "little"), (">", "big")):
        deep = rng.integers(0, 65536, (5, 7, 3)).astype(order + "u2").tobytes()
        yield f"tiff-rgb-16-{name}.tif", tiff(order, 7, 5, [16] * 3, 2, 3, deep)
        deep = rng.integers(0, 400, (5, 7)).astype(order + "u2").tobytes()
        yield f"tiff-grey-16-{name}.tif", tiff(order, 7, 5, [16], 1, 1, deep)
        deep = rng.integers(-300, 400, (5, 7)).astype(order + "i2").tobytes()
        yield f"tiff-grey-16-signed-{name}.tif", tiff(order, 7, 5, [16], 1, 1, deep, t339=[2])
    yield "tiff-grey-16-inverted.tif", tiff("<", 7, 5, [16], 0, 1, rng.integers(0, 400, (5, 7)).astype("<u2").tobytes())
    for bits in (1, 2, 4):
        packed = rng.integers(0, 256, 5 * ((7 * bits + 7) // 8)).astype(np.uint8).tobytes()
        yield f"tiff-grey-{bits}.tif", tiff("<", 7, 5, [bits], 1, 1, packed)
        yield f"tiff-grey-{bits}-inverted.tif", tiff("<", 7, 5, [bits], 0, 1, packed)
        colors16 = rng.integers(0, 65536, 3 << bits).tolist()
        yield f"tiff-palette-{bits}.tif", tiff("<", 7, 5, [bits], 3, 1, packed, t320=colors16)
    bands = [rng.integers(0, 256, 35).astype(np.uint8).tobytes() for _ in range(3)]
    yield "tiff-planes.tif", tiff("<", 7, 5, [8] * 3, 2, 3, *bands, t284=[2])
    tiles = [rng.integers(0, 256, 16 * 16 * 3).astype(np.uint8).tobytes() for _ in range(6)]
    yield "tiff-tiles.tif", tiff(">", 40, 20, [8] * 3, 2, 3, *tiles, t322=[16], t323=[16])
    four = rng.integers(0, 256, 140).astype(np.uint8).tobytes()
    yield "tiff-premultiplied.tif", tiff("<", 7, 5, [8] * 4, 2, 4, four, t338=[1])
    yield "tiff-padding.tif", tiff("<", 7, 5, [8] * 4, 2, 4, four, t338=[0])
    yield "tiff-cmyk-16.tif", tiff("<", 7, 5, [16] * 4, 5, 4, rng.integers(0, 65536, (5, 7, 4)).astype("<u2").tobytes())
    yield "tiff-jpeg.tif", save(little, format="TIFF", compression="jpeg")
    yield "tiff-pages.tif", save(little, format="TIFF", save_all=True, append_images=[little.rotate(180)])
    yield "tiff-big.tif", save(little, format="TIFF", big_tiff=True)
    for i in range(1, 9):
        yield f"orientation-{i}.tif", save(little.resize((9, 6)), format="TIFF", tiffinfo={274: i})


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    expected = []
    for name, data in pictures():
        (folder / name).write_bytes(data)
        rgb = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        entry = {"file": name, "width": rgb.width, "height": rgb.height, "sha256": hashlib.sha256(rgb.tobytes()).hexdigest()}
        if name.endswith(LOSSY):
            entry["reference"] = name + ".png"
            rgb.save(folder / entry["reference"], optimize=True)
        expected.append(entry)
    (folder / "expected.json").write_text("[\n" + ",\n".join(json.dumps(e) for e in expected) + "\n]\n")


if __name__ == "__main__":
    main()
