"""Writes mutations.json.gz: small pictures that are damaged, and what Pillow makes of them.

    python mutations.py FOLDER

Each has the SHA-256 of the RGB bytes of ImageOps.exif_transpose(Image.open(file)).convert("RGB"), or none if Pillow refuses it.
"""

import base64
import gzip
import hashlib
import io
import json
import random
import struct
import sys
import warnings
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps

warnings.simplefilter("ignore")
random.seed(5)

WIDTH, HEIGHT = 37, 29


def picture(mode="RGB"):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    a = np.stack([x * 6, y * 8, (x * 5 + y * 3) & 255], -1).astype(np.uint8)
    a[5:14, 8:20] = [250, 30, 10]
    a[18:25, 15:33] = [10, 60, 240]
    return Image.fromarray(a).convert(mode)


def encode(form, mode="RGB", **options):
    buffer = io.BytesIO()
    picture(mode).save(buffer, form, **options)
    return buffer.getvalue()


JPEGS = {
    "420": encode("JPEG", quality=60),
    "444": encode("JPEG", quality=60, subsampling=0),
    "grey": encode("JPEG", "L", quality=60),
    "restart-1": encode("JPEG", quality=60, restart_marker_blocks=1),
    "restart-2": encode("JPEG", quality=60, subsampling=0, restart_marker_blocks=2),
    "restart-row": encode("JPEG", "L", quality=60, restart_marker_rows=1),
    "progressive": encode("JPEG", quality=60, progressive=True),
    "progressive-restart": encode("JPEG", quality=60, progressive=True, restart_marker_blocks=3),
}


def scan_start(jpeg):
    position = 2
    while jpeg[position + 1] != 0xDA:
        position += 2 + struct.unpack(">H", jpeg[position + 2:position + 4])[0]
    return position + 2 + struct.unpack(">H", jpeg[position + 2:position + 4])[0]


def restarts(jpeg):
    start = scan_start(jpeg)
    return [i for i in range(start, len(jpeg) - 1) if jpeg[i] == 0xFF and 0xD0 <= jpeg[i + 1] <= 0xD7]


def mutated_jpegs():
    for name, jpeg in JPEGS.items():
        start = scan_start(jpeg)
        yield name, jpeg
        # The end is missing, with something behind it or not.
        yield name + " no end", jpeg[:-2]
        for trailer in (b"\0" * 40, b"maker's trailer, of some length", b"\xff\xe1\0\x10" + b"x" * 14 + b"more", jpeg):
            yield name + " trailer for end", jpeg[:-2] + trailer
            yield name + " trailer", jpeg + trailer
        for length in sorted(random.sample(range(start, len(jpeg)), 5)):
            yield name + " cut", jpeg[:length]
            yield name + " cut, with end", jpeg[:length] + b"\xff\xd9"
        # Bits.
        for _ in range(12):
            changed = bytearray(jpeg)
            at = random.randrange(start, len(jpeg) - 2)
            changed[at] = random.choice([0, 0xFF, changed[at] ^ (1 << random.randrange(8)), random.randrange(256)])
            yield name + " byte", bytes(changed)
        for _ in range(4):
            at, count = random.randrange(start, len(jpeg) - 2), random.randrange(1, 12)
            yield name + " bytes lost", jpeg[:at] + jpeg[min(len(jpeg) - 2, at + count):]
            yield name + " bytes more", jpeg[:at] + bytes(random.randrange(256) for _ in range(count)) + jpeg[at:]
        # Restart markers.
        markers = restarts(jpeg)
        for _ in range(min(6, len(markers))):
            at = random.choice(markers)
            yield name + " restart lost", jpeg[:at] + jpeg[at + 2:]
            yield name + " restart doubled", jpeg[:at] + jpeg[at:at + 2] + jpeg[at:]
            for number in random.sample(range(8), 3):
                yield name + " restart renumbered", jpeg[:at + 1] + bytes([0xD0 + number]) + jpeg[at + 2:]
            other = random.choice(markers)
            changed = bytearray(jpeg)
            changed[at + 1], changed[other + 1] = jpeg[other + 1], jpeg[at + 1]
            yield name + " restarts swapped", bytes(changed)
            following = [m for m in markers if m > at][:3]
            if following:
                end = following[-1]
                yield name + " parts lost", jpeg[:at] + jpeg[end:]
                yield name + " parts doubled", jpeg[:end] + jpeg[at:]
            yield name + " other marker", jpeg[:at + 1] + bytes([random.choice([0x01, 0x20, 0xBF, 0xE3, 0xFE])]) + jpeg[at + 2:]


def mutated(name, data, count, head):
    for _ in range(count):
        changed = bytearray(data)
        for _ in range(random.randint(1, 2)):
            at = random.randrange(2, min(head, len(data)) if random.random() < 0.6 else len(data))
            changed[at] = random.choice([0, 1, 2, 255, changed[at] ^ (1 << random.randrange(8)), random.randrange(256)])
        yield name + " bytes", bytes(changed)
    for _ in range(count // 6):
        yield name + " cut", data[:random.randrange(8, len(data))]
        yield name + " trailer", data + bytes(random.randrange(256) for _ in range(random.randrange(1, 60)))


def png_chunks(data):
    position, chunks = 8, []
    while position < len(data):
        length = struct.unpack(">L", data[position:position + 4])[0]
        chunks.append(data[position:position + 12 + length])
        position += 12 + length
    return chunks


def chunk(kind, data):
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def mutated_pngs():
    for name, data in (("png", encode("PNG")), ("png palette", encode("PNG", "P")), ("png grey", encode("PNG", "L")), ("png 1", encode("PNG", "1")),
                       ("png 16", encode("PNG", "I;16"))):
        yield name, data
        chunks = png_chunks(data)
        signature = data[:8]
        raw = zlib.decompress(b"".join(c[8:-4] for c in chunks if c[4:8] == b"IDAT"))
        for length in (0, 1, len(raw) // 2, len(raw) - 1):
            pieces = [c if c[4:8] != b"IDAT" else chunk(b"IDAT", zlib.compress(raw[:length])) for c in chunks]
            yield name + " data cut", signature + b"".join(pieces)
        yield name + " data more", signature + b"".join(c if c[4:8] != b"IDAT" else chunk(b"IDAT", zlib.compress(raw + b"x" * 99)) for c in chunks)
        filters = bytearray(raw)
        filters[(len(raw) // HEIGHT) * 3] = 9
        yield name + " filter", signature + b"".join(c if c[4:8] != b"IDAT" else chunk(b"IDAT", zlib.compress(bytes(filters))) for c in chunks)
        for i in range(len(chunks)):
            yield name + " chunk lost", signature + b"".join(chunks[:i] + chunks[i + 1:])
            yield name + " chunk doubled", signature + b"".join(chunks[:i] + [chunks[i]] + chunks[i:])
            broken = chunks[i][:-1] + bytes([chunks[i][-1] ^ 1])
            yield name + " check sum", signature + b"".join(chunks[:i] + [broken] + chunks[i + 1:])
        yield name + " split", signature + b"".join(
            c if c[4:8] != b"IDAT" else b"".join(chunk(b"IDAT", c[8:-4][k:k + 7]) for k in range(0, len(c) - 12, 7)) for c in chunks)
        yield from mutated(name, data, 18, 60)


def others():
    for name, data, head in (
        ("gif", encode("GIF"), 40), ("gif grey", encode("GIF", "L"), 40),
        ("bmp", encode("BMP"), 54), ("bmp palette", encode("BMP", "P"), 54), ("bmp grey", encode("BMP", "L"), 54), ("bmp 1", encode("BMP", "1"), 54),
        ("tiff", encode("TIFF"), 12), ("tiff lzw", encode("TIFF", compression="tiff_lzw"), 12), ("tiff deflate", encode("TIFF", compression="tiff_adobe_deflate"), 12),
        ("tiff packbits", encode("TIFF", compression="packbits"), 12), ("tiff jpeg", encode("TIFF", compression="jpeg"), 12),
        ("webp", encode("WEBP"), 40), ("webp lossless", encode("WEBP", lossless=True), 40),
    ):
        yield name, data
        yield from mutated(name, data, 24, head)
        if name.startswith("bmp"):
            for size in (0, 54, len(data) - 1, len(data) + 1, 2**32 - 1):
                yield name + " size of the file", data[:2] + struct.pack("<L", size) + data[6:]
            for size in (0, 1, 2**32 - 1):
                yield name + " size of the image", data[:34] + struct.pack("<L", size) + data[38:]
            yield name + " row lost", data[:-4 * 3]
            yield name + " colours", data[:46] + struct.pack("<L", random.choice([1, 3, 1000])) + data[50:]


def digest(file):
    try:
        with Image.open(io.BytesIO(file)) as image:
            rgb = ImageOps.exif_transpose(image).convert("RGB")
            return f"{rgb.width}x{rgb.height}", hashlib.sha256(rgb.tobytes()).hexdigest()
    except Exception:
        return None


if __name__ == "__main__":
    cases, counts = [], {}
    for name, file in [*mutated_jpegs(), *mutated_pngs(), *others()]:
        result = digest(file)
        case = {"name": name, "file": base64.b64encode(file).decode()}
        if result:
            case["size"], case["sha256"] = result
        cases.append(case)
        kind = name.split()[0]
        counts.setdefault(kind, [0, 0])[0 if result else 1] += 1
    # Without a time in it, so that the same pictures make the same file.
    with open(f"{sys.argv[1]}/mutations.json.gz", "wb") as out, gzip.GzipFile(fileobj=out, mode="wb", mtime=0, filename="") as packed:
        packed.write(("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n").encode())
    print(f"Pillow {PIL.__version__}: {len(cases)} pictures; decoded and refused: {counts}")
