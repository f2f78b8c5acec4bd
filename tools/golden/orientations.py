"""Writes orientations.json: pictures whose metadata is whole, broken or odd, and which orientation Pillow finds in them.

    python orientations.py FOLDER

Pictures are a pixel or two in size, so the file is small. A picture that Pillow refuses because of its metadata is noted with
orientation 0: zsic takes such a picture, turned or not.
"""

import base64
import io
import json
import random
import struct
import sys
import warnings
import zlib

import PIL
from PIL import Image

warnings.simplefilter("ignore")
random.seed(11)

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
FORMATS = {3: "H", 4: "L", 6: "b", 8: "h", 9: "l", 11: "f", 12: "d", 13: "L", 16: "Q"}


def value(order, kind, number, count):
    if kind in (5, 10):
        return struct.pack(order + "2L", 2 * number, 2) * count
    if kind in FORMATS:
        return struct.pack(order + FORMATS[kind], number) * count
    return bytes([number]) * count


def exif(order="<", orientation=6, kind=3, count=1, entries=3, announced=None, after=True, pointer=None, magic=None, first=False):
    """A TIFF structure with an orientation among some other entries."""
    others = [(271 + i, 2, b"maker" + bytes([i, 0])) for i in range(entries)]
    own = (274, kind, value(order, kind, orientation, count))
    listed = [own] + others if first else others + [own]
    head = (b"II" if order == "<" else b"MM") + (magic or struct.pack(order + "H", 42)) + struct.pack(order + "L", 8)
    start = 8 + 2 + 12 * len(listed) + (4 if after else 0)
    directory, values = struct.pack(order + "H", len(listed) if announced is None else announced), b""
    for tag, kind, data in listed:
        directory += struct.pack(order + "HHL", tag, kind, len(data) // SIZES.get(kind, 1))
        if len(data) <= 4:
            directory += data.ljust(4, b"\0")
        else:
            directory += struct.pack(order + "L", start + len(values) if pointer is None else pointer)
            values += data
    return head + directory + (b"\0\0\0\0" if after else b"") + values


def blocks():
    for order in "<>":
        for orientation in range(10):
            yield exif(order, orientation)
        for kind in range(19):
            for count in (1, 2, 3):
                yield exif(order, 6, kind, count)
        for entries in (0, 1, 5):
            for first in (False, True):
                whole = exif(order, 8, entries=entries, first=first)
                for length in range(0, len(whole), 3):
                    yield whole[:length]
                for announced in (0, 1, 2, 7, 200, 65535):
                    yield exif(order, 5, entries=entries, announced=announced, first=first)
                    yield exif(order, 5, entries=0, announced=announced, after=False, first=first)
                for pointer in (0, 7, 60, 100, 100000, 2**31, 2**32 - 1):
                    yield exif(order, 7, entries=entries, pointer=pointer, first=first)
        for magic in (b"\x2a\0", b"\0\x2a", b"\x2b\0", b"\0\x2b", b"\0\0", b"**"):
            yield exif(order, 6, magic=magic)
        yield b"Exif\0\0" + exif(order, 6)
        yield b"Exif\0\0" * 3 + exif(order, 6)
        yield exif(order, 6) + exif(order, 8)
    for _ in range(300):
        block = bytearray(exif(random.choice("<>"), random.randint(2, 8), random.choice([3, 3, 3, 4, 9, 8]), 1, random.randint(0, 3),
                               first=random.random() < 0.5))
        for _ in range(random.randint(1, 4)):
            block[random.randrange(len(block))] = random.choice([0, 1, 2, 3, 255, random.randrange(256)])
        yield bytes(block)


def encode(form, **options):
    buffer = io.BytesIO()
    Image.new("RGB", (2, 1)).save(buffer, form, **options)
    return buffer.getvalue()


# As much of one as there has to be to find the orientation.
JPEG = b"\xff\xd8" + bytes.fromhex("ffc0000b080001000201011100" "ffda0008010100003f00" "ffd9")
PNG = encode("PNG")
WEBP = encode("WEBP", exif=b"Exif\0\0" + exif(), lossless=True)
TIFF = encode("TIFF", tiffinfo={274: 6})


def segment(data, marker=0xE1):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def chunk(kind, data):
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def png(*chunks, late=b""):
    return PNG[:33] + b"".join(chunks) + PNG[33:-12] + late + PNG[-12:]


def webp(*chunks, flags=12):
    body = b"".join(name + struct.pack("<L", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks)
    start = WEBP.index(b"VP8L")
    end = start + 8 + struct.unpack("<L", WEBP[start + 4:start + 8])[0]
    body = b"WEBP" + b"VP8X" + struct.pack("<L", 10) + bytes([flags]) + WEBP[21:30] + WEBP[start:end + (end - start) % 2] + body
    return b"RIFF" + struct.pack("<L", len(body)) + body


def profile(block, lines=3, word="exif"):
    text = f"\n{word}\n{len(block):8d}\n" if lines == 3 else "\n" * lines
    return (text + block.hex()).encode()


def xmp(digit, attribute=True):
    inner = f'<rdf:Description tiff:Orientation="{digit}"/>' if attribute else f"<tiff:Orientation>{digit}</tiff:Orientation>"
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{inner}</x:xmpmeta>'.encode()


def pictures():
    for block in blocks():
        yield JPEG[:2] + segment(b"Exif\0\0" + block) + JPEG[2:]
    space = b"http://ns.adobe.com/xap/1.0/\0"
    e6, e8, none = exif(), exif(orientation=8), exif(kind=2)
    empty = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
    # JPEG: several segments, and where they are.
    for segments in (
        [segment(b"Exif\0\0" + e6), segment(b"Exif\0\0" + e8)],
        [segment(b"Exif\0\0" + e6[:20]), segment(b"Exif\0\0" + e6[20:])],
        [segment(space + xmp(6))], [segment(space + xmp(8, False))], [segment(space + xmp(9))], [segment(space + xmp(0))],
        [segment(space + xmp(6)), segment(space + xmp(3))], [segment(space + xmp("x") + xmp(5))],
        [segment(b"Exif\0\0" + e8), segment(space + xmp(6))], [segment(b"Exif\0\0" + none), segment(space + xmp(6))],
        [segment(b"Exif\0\0" + empty), segment(space + xmp(6))], [segment(b"Exif\0\0"), segment(space + xmp(6))],
        [segment(b"Exif\0\0" + b"junk" * 4), segment(space + xmp(6))],
        [segment(b"Exif\0" + e6)], [segment(b"exif\0\0" + e6)], [segment(b"Exif\0\0" + e6, 0xE2)],
        [b"\xff" * 5 + segment(b"Exif\0\0" + e6)], [b"\0\1\2" + segment(b"Exif\0\0" + e6)],
        [b"\xff\xd0" + segment(b"Exif\0\0" + e6)], [b"\xff\xd9" + segment(b"Exif\0\0" + e6)],
        [b"\xff\xc8" + segment(b"Exif\0\0" + e6)], [b"\xff\xf3" + segment(b"Exif\0\0" + e6)],
        [b"\xff\xfe\0\0" + segment(b"Exif\0\0" + e6)], [segment(b"", 0xFE) + segment(b"Exif\0\0" + e6)],
    ):
        yield JPEG[:2] + b"".join(segments) + JPEG[2:]
    yield JPEG[:-2] + segment(b"Exif\0\0" + e6) + JPEG[-2:]
    yield JPEG + segment(b"Exif\0\0" + e6)
    # PNG
    z = zlib.compress
    named = b"XML:com.adobe.xmp\0"
    for chunks in (
        [chunk(b"eXIf", e6)], [chunk(b"eXIf", b"Exif\0\0" + e6)], [chunk(b"eXIf", e6), chunk(b"eXIf", e8)], [chunk(b"eXIf", b"")],
        [chunk(b"eXIf", empty), chunk(b"iTXt", named + b"\0\0\0\0" + xmp(6))],
        [chunk(b"tEXt", b"Raw profile type exif\0" + profile(e6))],
        [chunk(b"tEXt", b"Raw profile type exif\0" + profile(b"Exif\0\0" + e8))],
        [chunk(b"tEXt", b"Raw profile type exif\0" + profile(e6, 2))], [chunk(b"tEXt", b"Raw profile type exif\0" + profile(e6) + b"\n \n")],
        [chunk(b"tEXt", b"Raw profile type exif\0" + profile(e6) + b"x")],
        [chunk(b"zTXt", b"Raw profile type exif\0\0" + z(profile(e6)))], [chunk(b"zTXt", b"Raw profile type exif\0\0" + z(profile(e6))[:-9])],
        [chunk(b"zTXt", b"Raw profile type exif\0\0" + b"junk")],
        [chunk(b"zTXt", b"Raw profile type exif\0\0" + z(profile(e6)) + b"behind")],
        [chunk(b"iTXt", b"Raw profile type exif\0\1\0\0\0" + z(profile(e6)))],
        [chunk(b"tEXt", b"Raw profile type exif\0" + profile(e6)), chunk(b"tEXt", b"Raw profile type exif\0" + profile(e8))],
        [chunk(b"tEXt", b"Raw profile type exif\0" + profile(e6)), chunk(b"eXIf", e8)],
        [chunk(b"iTXt", named + b"\0\0\0\0" + xmp(6))], [chunk(b"iTXt", named + b"\0\0en\0x\0" + xmp(8, False))],
        [chunk(b"iTXt", named + b"\1\0\0\0" + z(xmp(6)))], [chunk(b"iTXt", named + b"\1\0\0\0" + z(xmp(6))[:-5])],
        [chunk(b"iTXt", named + b"\1\1\0\0" + z(xmp(6)))], [chunk(b"iTXt", named + b"\0\0\0" + xmp(6))],
        [chunk(b"tEXt", named + xmp(6))], [chunk(b"zTXt", named + b"\0" + z(xmp(6)))],
        [chunk(b"iTXt", named + b"\0\0\0\0" + xmp(6)), chunk(b"iTXt", named + b"\0\0\0\0" + xmp(8))],
    ):
        yield png(*chunks)
        yield png(late=b"".join(chunks))
    # WebP
    for chunks, flags in (
        ([(b"EXIF", e6)], 8), ([(b"EXIF", b"Exif\0\0" + e6)], 8), ([(b"EXIF", e6)], 0), ([(b"EXIF", e6)], 4), ([(b"XMP ", xmp(6))], 4),
        ([(b"XMP ", xmp(6))], 8), ([(b"EXIF", e6), (b"XMP ", xmp(8))], 12), ([(b"EXIF", empty), (b"XMP ", xmp(8))], 12),
        ([(b"EXIF", e6), (b"EXIF", e8)], 8), ([(b"JUNK", b"x"), (b"EXIF", e6)], 8), ([(b"EXIF", b""), (b"EXIF", e6)], 8),
    ):
        yield webp(*chunks, flags=flags)
    # TIFF
    for tags in ({274: 6}, {}, {700: xmp(6)}, {274: 8, 700: xmp(6)}):
        yield encode("TIFF", tiffinfo=tags)
    for _ in range(60):
        file = bytearray(encode("TIFF", tiffinfo={274: random.randint(1, 8), 700: xmp(random.randint(0, 9))}))
        start = struct.unpack("<L", file[4:8])[0]
        for i in range(struct.unpack("<H", file[start:start + 2])[0]):
            entry = start + 2 + 12 * i
            if struct.unpack("<H", file[entry:entry + 2])[0] in (274, 700):
                file[entry + random.randrange(2, 12)] = random.choice([0, 1, 2, 4, 255])
        yield bytes(file)


def orientation(file):
    try:
        with Image.open(io.BytesIO(file)) as image:
            found = image.getexif().get(274, 1)
    except Exception:
        return 0
    return next((number for number in range(2, 9) if not isinstance(found, (bytes, str)) and found == number), 1)


if __name__ == "__main__":
    cases = [{"file": base64.b64encode(file).decode(), "orientation": orientation(file)} for file in dict.fromkeys(pictures())]
    with open(f"{sys.argv[1]}/orientations.json", "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")
    counts = [sum(case["orientation"] == number for case in cases) for number in range(9)]
    print(f"Pillow {PIL.__version__}: {len(cases)} pictures, orientations 0 to 8: {counts}")
