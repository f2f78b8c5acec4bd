"""Checks and times zsic's programs on a device, without zsic: with Python from 3.9 on and torch, nothing else.

    python tools/gpu/check.py                            # checks on the first GPU, or on the CPU where there is none
    python tools/gpu/check.py --device cpu --only clip   # some of the checkpoints, by a part of their name
    python tools/gpu/check.py --tf32 libtorch            # TF32 as libtorch has it unless told otherwise
    python tools/gpu/check.py --time                     # no check: pictures a second, as a Markdown table

It packs the programs of zsic-core into the archive that TorchScriptArchive.java writes (tools/programs.py), loads the
small checkpoints of the tests into it as DualEncoder.java does, and encodes pictures and texts. The exit status is 1
when an embedding is too far from what it is compared with, or a program fails. Use the torch whose libtorch zsic runs
on (docs/native-libraries.md), or any later one. docs/gpu.md tells more.

What the embeddings are compared with:

    golden   what transformers made of the same picture, recorded by tools/golden/clip.py
    known    the known answers that zsic-core carries, of a tiny model of each architecture
    cpu      the same program on the CPU in float32, which ParityTests and the two above prove
    plain    attention and norms in plain operators: the program compares them itself, in multiples of what is allowed
"""

import argparse
import contextlib
import datetime
import functools
import json
import math
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import warnings
import zlib
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import programs  # noqa: E402  it is beside this folder

RESOURCES = ROOT / "zsic-core/src/test/resources"
PARITY = RESOURCES / "parity"

# The largest difference of an element of an embedding in float32. The first is that of ParityTests. A GPU sums in
# another order, and TF32 has the 10 bits of float16: KnownAnswers.java allows as much.
FLOAT32 = {"cpu": 2e-5, "cuda": 1e-4, "mps": 1e-4}
TF32 = 1e-3

# The largest 1 - cosine in half precision. The first is that of PrecisionTests. float16 has three bits more, so that
# its errors are an eighth and 1 - cosine is a 64th; four times as much is for GPUs, which may sum in float16, too.
HALF = {"bfloat16": 8e-4, "float16": 5e-5}

# Checkpoints that increase every difference, as in PrecisionTests.
SENSITIVE = {"tipsv2": 10}

PICTURES = ["landscape.png", "portrait.png", "wide.png", "tall.png", "tiny.png", "grey.png", "palette.png", "rgba.png"]

# ------------------------------------------------------------------------------------------------- the program


def packed_program(architecture):
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "program.pt"
        programs.write_archive(architecture, target)
        with warnings.catch_warnings():
            # Later versions of torch advise against TorchScript.
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", FutureWarning)
            return torch.jit.load(str(target))


class Encoder:
    """A loaded model, as DualEncoder.java loads one."""

    def __init__(self, checkpoint, device, precision, program=packed_program, checked=True):
        self.program = program(checkpoint.architecture)
        self.program.configure(
            checkpoint.numbers, checkpoint.strings, checkpoint.processing, checkpoint.stored(), device, precision
        )
        problems = self.program.problems()
        if problems:
            raise ValueError("; ".join(problems))
        self.shapes = self.program.shapes()
        self.program.load(checkpoint.state(self.shapes, self.program.ignored()), checked)

    def images(self, pictures):
        return finite(self.program.encode_images(pictures))

    def texts(self, ids, mask):
        return finite(self.program.encode_texts(torch.tensor(ids), torch.tensor(mask)))

    def attention(self):
        """How far attention was off when each tower first ran; zsic does not load a model for which it is above 1."""
        return self.program.largest_difference()


def finite(x):
    if not bool(torch.isfinite(x).all()):
        raise ValueError("values that are not finite numbers")
    return x.double()


# ------------------------------------------------------------------------------------------------- checkpoints


def read_json(file):
    return json.loads(file.read_text(encoding="utf-8"))


def flatten(value, path=""):
    """Numbers, booleans and strings by their path, as Json.java."""
    if isinstance(value, (dict, list)):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for name, member in members:
            yield from flatten(member, f"{path}.{name}" if path else str(name))
    elif value is not None:
        yield path, value


def split(config):
    """Numbers and strings of a configuration, as ModelConfig.java."""
    config = dict(config)
    for tower in ("text_config", "vision_config"):
        if isinstance(config.get(f"{tower}_dict"), dict):
            config[tower] = config[f"{tower}_dict"]
    flat = dict(flatten(config))
    strings = {path: value for path, value in flat.items() if isinstance(value, str)}
    return {path: float(value) for path, value in flat.items() if path not in strings}, strings


CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
CLIP_STD = [0.26862954, 0.26130258, 0.27577711]

# ImageProcessorType.java: what a class's settings leave out.
PROCESSORS = {
    "CLIP": {"crops": True, "of": ("clip", "metaclip_2", "altclip", "open_clip")},
    "Blip": {"square": 384, "squares": True, "of": ("blip", "blip-2")},
    "ChineseCLIP": {"crops": True, "of": ("chinese_clip",)},
    "EfficientNet": {"square": 346, "squares": True, "crop": 289, "twice": True, "standard": True, "of": ("align",)},
    "ViT": {"square": 224, "squares": True, "resample": 2, "standard": True, "of": ("clipseg",)},
    "Siglip": {"square": 224, "standard": True, "of": ("siglip",)},
    "Tipsv2": {"square": 448, "squares": True, "resample": 2, "standard": True, "normalizes": False, "of": ("tipsv2",)},
    "Siglip2": {"patches": True, "resample": 2, "standard": True, "of": ("siglip2",)},
}


def processor_type(settings, architecture):
    named = settings.get("image_processor_type") or settings.get("feature_extractor_type")
    if named:
        return PROCESSORS[re.sub("(FeatureExtractor|ImageProcessor)(Fast|Pil)?$", "", named)]
    return next((p for p in PROCESSORS.values() if architecture in p["of"]), PROCESSORS["CLIP"])


def image_processing(settings, architecture):
    """ImageProcessing.java without its checks of what is there."""
    kind = processor_type(settings, architecture)
    result = {}

    def flag(name, default):
        result[name] = float(bool(settings.get(name, default)))
        return result[name] == 1

    def sides(name, value):
        if isinstance(value, dict):
            value = [value["height"], value["width"]]
        height, width = value if isinstance(value, list) else (value, value)
        result[f"{name}.height"], result[f"{name}.width"] = float(height), float(width)

    def channels(name, default):
        for i, value in enumerate(settings.get(name, default)):
            result[f"{name}.{i}"] = float(value)

    def size():
        value = settings.get("size")
        if value is None and "square" in kind:
            sides("size", kind["square"])
        elif value is None:
            result["size.shortest_edge"] = 224.0
        elif isinstance(value, int) and not settings.get("default_to_square", kind.get("squares", False)):
            result["size.shortest_edge"] = float(value)
        elif isinstance(value, dict) and "shortest_edge" in value and "longest_edge" not in value:
            result["size.shortest_edge"] = float(value["shortest_edge"])
        else:
            sides("size", value)

    mean, std = ([0.5] * 3, [0.5] * 3) if kind.get("standard") else (CLIP_MEAN, CLIP_STD)
    if kind.get("patches"):
        result["patch_size"] = float(settings.get("patch_size", 16))
        result["max_num_patches"] = float(settings.get("max_num_patches", 256))
    if flag("do_resize", True):
        if not kind.get("patches"):
            size()
        result["resample"] = float(settings.get("resample", kind.get("resample", 3)))
    if flag("do_center_crop", kind.get("crops", False)):
        sides("crop_size", settings.get("crop_size", kind.get("crop", 224)))
    if flag("do_rescale", True):
        result["rescale_factor"] = float(settings.get("rescale_factor", 1 / 255))
    if flag("do_normalize", kind.get("normalizes", True)):
        channels("image_mean", mean)
        channels("image_std", std)
    if kind.get("twice"):
        flag("rescale_offset", False)
        if flag("include_top", True):
            channels("image_std", std)
    return result


def open_clip_processor(config):
    """OpenCLIP's words in those of CLIP's image processor."""
    given = config.get("preprocess_cfg", {})
    size = config["model_cfg"]["vision_cfg"].get("image_size", 224)
    settings = {"size": size, "crop_size": size, "resample": 2 if given.get("interpolation") == "bilinear" else 3}
    if given.get("resize_mode") == "squash":
        settings.update(default_to_square=True, do_center_crop=False)
    settings.update({f"image_{name}": given[name] for name in ("mean", "std") if name in given})
    return settings


DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip


def read_safetensors(file):
    """Each tensor of a file with its dtype in the words of safetensors."""
    content = file.read_bytes()
    start = 8 + struct.unpack_from("<Q", content)[0]
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            data = torch.frombuffer(bytearray(content[start + begin : start + end]), dtype=DTYPES[entry["dtype"]])
            tensors[name] = entry["dtype"], data.reshape(entry["shape"])
    return tensors


class Weights:
    """Tensors by name, as Weights.java."""

    def __init__(self, tensors):
        self.tensors = tensors

    def stored(self):
        return {name: list(tensor.shape) for name, (_, tensor) in self.tensors.items()}

    def state(self, shapes, ignored):
        prefix = "" if any(name in self.tensors for name in shapes) else self.prefix(max(shapes, key=len))
        state, others = {}, set(self.tensors)
        for name, shape in shapes.items():
            old = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
            names = [prefix + n for n in (name, old, name.replace(".layers.", ".layer."))]
            found = next((n for n in names if n in self.tensors), None)
            if found is None:
                raise ValueError(f"missing: {name}")
            tensor = self.tensors[found][1]
            if list(tensor.shape) != shape and not (shape == [] and list(tensor.shape) == [1]):
                raise ValueError(f"wrong shape: {name} is {list(tensor.shape)} instead of {shape}")
            others.discard(found)
            state[name] = [tensor]
        allowed = [".position_ids", ".token_type_ids", *ignored]
        unexpected = [name for name in others if not any(part in name for part in allowed)]
        if unexpected:
            raise ValueError(f"unexpected: {sorted(unexpected)}")
        return state

    def prefix(self, longest):
        return next((n[: -len(longest)] for n in self.tensors if n.endswith("." + longest)), "")


class MadeWeights:
    """Tensors made once, in the shapes that the program asks for."""

    def __init__(self, make, shapes=None):
        self.make = make
        self.made = {}
        self.shapes = shapes or {}

    def stored(self):
        return self.shapes

    def state(self, shapes, ignored):
        for name, shape in shapes.items():
            if name not in self.made:
                self.made[name] = [self.make(name, shape)]
        return self.made


class Checkpoint:
    """What a model is made of."""

    def __init__(self, architecture, config, processor, weights):
        self.architecture = architecture
        self.numbers, self.strings = split(config)
        self.processing = image_processing(processor, architecture.split("/")[0])
        if architecture.startswith("open_clip/"):
            self.processing["rounds"] = 1.0
        self.weights = weights
        self.stored = weights.stored
        self.state = weights.state


def read_checkpoint(folder):
    if not (folder / "config.json").exists():
        config = read_json(folder / "open_clip_config.json")
        weights = Weights(read_safetensors(folder / "open_clip_model.safetensors"))
        return Checkpoint("open_clip/vit/text", config, open_clip_processor(config), weights)
    config = read_json(folder / "config.json")
    combined = folder / "processor_config.json"
    processor = read_json(combined).get("image_processor") if combined.exists() else None
    if not isinstance(processor, dict):
        processor = read_json(folder / "preprocessor_config.json")
    tensors = {}
    index = folder / "model.safetensors.index.json"
    single = ["model.safetensors"] if not index.exists() else []
    for file in single or sorted(set(read_json(index)["weight_map"].values())):
        tensors.update(read_safetensors(folder / file))
    return Checkpoint(config["model_type"], config, processor, Weights(tensors))


# ------------------------------------------------------------------------------------------------- pictures


def read_png(file):
    """A PNG of 8-bit RGB without interlacing, uint8 [height, width, 3]."""
    content = file.read_bytes()
    at, data, header = 8, b"", None
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            data += body
    width, height = header[:2]
    if header[2:] != (8, 2, 0, 0, 0):
        raise ValueError(f"{file.name} is no plain RGB picture")
    raw, stride = zlib.decompress(data), 3 * width
    above, rows = bytearray(stride), bytearray()
    for y in range(height):
        line = bytearray(raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        unfilter(raw[y * (stride + 1)], line, above)
        rows += line
        above = line
    return torch.frombuffer(rows, dtype=torch.uint8).reshape(height, width, 3)


def unfilter(kind, line, above):
    for i in range(len(line) if kind else 0):
        left = line[i - 3] if i >= 3 else 0
        up = above[i]
        corner = above[i - 3] if i >= 3 else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        else:
            guess = min((left, up, corner), key=lambda x: abs(left + up - corner - x))
        line[i] = (line[i] + guess) & 255


@functools.cache
def picture(name):
    """What a picture of the tests decodes to; its twin in decoded/ holds that where it is not plain RGB."""
    twin = PARITY / "decoded" / (name.rsplit(".", 1)[0] + ".png")
    return read_png(twin if twin.exists() else PARITY / "pictures" / name)


# ------------------------------------------------------------------------------------------------- the check


def made_up_texts(encoder, checkpoint):
    """Token ids of four texts of different lengths, padded, and their mask. There is no tokenizer here, and any ids do
    where the same program is asked twice."""
    name, shape = next((n, s) for n, s in encoder.shapes.items() if "token_embedding." in n or "word_embeddings." in n)
    vocabulary, positions = shape[0], encoder.program.text_positions()

    def special(name, default):
        # Configurations hold ids of other vocabularies where the model does not look at them.
        found = int(checkpoint.numbers.get("text_config." + name, default))
        return found if found < vocabulary else default

    padding, end = special("pad_token_id", 0), special("eos_token_id", vocabulary - 1)
    # An end token of 2 means the highest id, but for MetaCLIP 2.
    last = [end] if end != 2 else [2, vocabulary - 1]
    texts = []
    for i, length in enumerate((1, 4, 9, 17)):
        words = [5 + (37 * i + 11 * j * j) % (vocabulary - 10) for j in range(min(length, positions - len(last)))]
        texts.append(words + last)
    tokens = positions if encoder.program.pads_texts() else max(map(len, texts))
    ids = [text + [padding] * (tokens - len(text)) for text in texts]
    return ids, [[1] * len(text) + [0] * (tokens - len(text)) for text in texts]


def encode(encoder, checkpoint):
    """Pictures together and one by one, which may use other kernels; texts likewise."""
    pictures = [picture(name) for name in PICTURES]
    ids, mask = made_up_texts(encoder, checkpoint)
    alone = [encoder.texts(ids[i : i + 1], mask[i : i + 1]) for i in range(len(ids))]
    return {
        "images": torch.cat([encoder.images(pictures), *(encoder.images([p]) for p in pictures)]),
        "texts": torch.cat([encoder.texts(ids, mask), *alone]),
    }


def golden_embeddings():
    """Pictures and embeddings by checkpoint."""
    found = {}
    for entry in read_json(PARITY / "clip.json")["imageEmbeddings"]:
        found.setdefault(entry["checkpoint"], []).append((entry["picture"], entry["values"]))
    # The same weights in OpenCLIP's layout.
    found["open-clip"] = found["quickgelu-legacy-eos"]
    return found


def known_weight(name, shape):
    """The formula of tools/golden/known_answers.py. int64 overflows as uint64 does, and only the lower half counts."""
    count, mask = math.prod(shape), 0xFFFFFFFF
    h = zlib.crc32(name.encode()) + torch.arange(count) * 0x9E3779B9 & mask
    h = (h ^ h >> 16) * 0x7FEB352D & mask
    h = (h ^ h >> 15) * 0x846CA68B & mask
    h = h ^ h >> 16
    u = (h >> 8).double() / 2**23 - 1
    table = "embedding" in name and "patch_embedding" not in name and "convolution" not in name
    if len(shape) > 1 and not name.endswith("gamma"):
        x = u / 2 if table or (len(shape) == 3 and shape[0] == 1) else u * math.sqrt(6 / (count // shape[0]))
    elif name.endswith(("logit_scale", "temperature")):
        x = torch.ones(count)
    elif name.endswith("running_var"):
        x = 11 / 16 + u / 8
    else:
        x = 1 + u / 4 if name.endswith(("weight", "gamma")) else u / 4
    return x.float().reshape(shape)


def known_picture(width, height):
    y, x = torch.arange(height).reshape(-1, 1, 1), torch.arange(width).reshape(1, -1, 1)
    return ((17 * x + 29 * y + 61 * torch.arange(3) + x * y // 3) % 256).to(torch.uint8)


def check_known(architecture, answer, device, precision, table):
    config = answer["config"]
    processor = open_clip_processor(config) if architecture.startswith("open_clip/") else answer["processor"]
    checkpoint = Checkpoint(architecture, config, processor, MadeWeights(known_weight, answer.get("stored")))
    encoder = Encoder(checkpoint, device, precision)
    found = {
        "images": (encoder.images([known_picture(*answer["picture"])]), answer["image"]),
        "texts": (encoder.texts(answer["ids"], answer["mask"]), answer["texts"]),
    }
    for what, (actual, expected) in found.items():
        expected = torch.tensor(expected, dtype=torch.float64).reshape(actual.shape)
        table.compare("-", architecture, precision, what, "known", actual, expected)
    table.attention("-", architecture, precision, encoder)


def folders():
    return [*sorted((PARITY / "checkpoints").iterdir()), RESOURCES / "formats/open-clip"]


class Table:
    """Prints a line for each comparison and remembers whether one of them is wrong."""

    FORMAT = "{:<21} {:<24} {:<9} {:<9} {:<7} {:>10} {:>10} {:>7}  {}"

    def __init__(self, float32):
        self.float32 = float32
        self.wrong = self.lines = 0
        titles = ("checkpoint", "architecture", "precision", "what", "against", "difference", "1 - cosine", "bound", "")
        print(self.FORMAT.format(*titles))

    def line(self, *columns):
        self.lines += 1
        self.wrong += columns[-1] != "ok"
        print(self.FORMAT.format(*columns), flush=True)

    def compare(self, name, architecture, precision, what, against, actual, expected):
        if actual.shape != expected.shape:
            raise ValueError(f"{what} of shape {list(actual.shape)} instead of {list(expected.shape)}")
        difference = float((actual - expected).abs().max())
        lengths = torch.linalg.vector_norm(actual, dim=-1) * torch.linalg.vector_norm(expected, dim=-1)
        cosine = float((1 - (actual * expected).sum(-1) / lengths).max())
        if precision == "float32":
            bound, measured, sign = self.float32, difference, "d"
        else:
            bound, measured, sign = HALF[precision] * SENSITIVE.get(name, 1), cosine, "c"
        numbers = f"{difference:.1e}", f"{max(cosine, 0):.1e}", f"{sign}<{bound:.0e}".replace("e-0", "e-")
        verdict = "ok" if measured <= bound else "WRONG"
        self.line(name, architecture, precision, what, against, *numbers, verdict)

    def attention(self, name, architecture, precision, encoder):
        share = encoder.attention()
        verdict = "ok" if share <= 1 else "WRONG"
        self.line(name, architecture, precision, "attention", "plain", f"{share:.1e}", "-", "d<1", verdict)

    @contextlib.contextmanager
    def catching(self, name, architecture, precision):
        """What fails is a line, too, and the others go on."""
        try:
            yield
        except (RuntimeError, ValueError) as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            # The message of TorchScript ends with what went wrong, behind the places in the program.
            self.line(name, architecture, precision, *"-----", f"FAILED: {lines[-1] if lines else repr(error)}")


def check_checkpoint(folder, device, precisions, golden, table):
    checkpoint = read_checkpoint(folder)
    name, architecture = folder.name, checkpoint.architecture
    expected = {}
    with table.catching(name, architecture, "float32"):
        expected = encode(Encoder(checkpoint, "cpu", "float32"), checkpoint)
    for precision in precisions:
        with table.catching(name, architecture, precision):
            encoder = Encoder(checkpoint, device, precision)
            if expected and (device, precision) != ("cpu", "float32"):
                for what, embeddings in encode(encoder, checkpoint).items():
                    table.compare(name, architecture, precision, what, "cpu", embeddings, expected[what])
                table.attention(name, architecture, precision, encoder)
            if name in golden:
                pictures, values = zip(*golden[name])
                actual = encoder.images([picture(p) for p in pictures])
                values = torch.tensor(values, dtype=torch.float64)
                table.compare(name, architecture, precision, "images", "golden", actual, values)


def check(device, precisions, tf32, only):
    golden = golden_embeddings()
    table = Table(TF32 if device.startswith("cuda") and tf32 != "off" else FLOAT32[device.split(":")[0]])
    for architecture, answer in read_json(programs.PROGRAMS.parent / "checkpoint" / "known-answers.json").items():
        # Beside the architectures there is what a resize makes, which runs on the CPU always.
        for precision in precisions if "config" in answer and only in architecture else []:
            with table.catching("-", architecture, precision):
                check_known(architecture, answer, device, precision, table)
    for folder in folders():
        if only in folder.name:
            check_checkpoint(folder, device, precisions, golden, table)
    print(f"\n{table.lines} comparisons, {table.wrong} wrong")
    return 1 if table.wrong or not table.lines else 0


# ------------------------------------------------------------------------------------------------- the timing


def sizes(width, heads, layers, **others):
    return {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        **others,
    }


# CLIP's configuration class has the sizes of ViT-B/32. "tiny" only proves that the timing works.
MODELS = {
    "ViT-B/32": {},
    "ViT-L/14": {
        "projection_dim": 768,
        "vision_config": sizes(1024, 16, 24, patch_size=14),
        "text_config": sizes(768, 12, 12),
    },
    "tiny": {
        "projection_dim": 32,
        "vision_config": sizes(64, 2, 2),
        "text_config": sizes(64, 2, 2, vocab_size=1000),
    },
}


def random_weight(name, shape):
    if name.endswith("weight") and "norm" in name:
        return torch.ones(shape)
    return torch.randn(shape) * (shape[-1] ** -0.5 if shape else 1)


def synchronize(device):
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    elif device == "mps":
        torch.mps.synchronize()


def memory(device):
    """MB of tensors now, and at most since the last call."""
    if not device.startswith("cuda"):
        return None
    now, peak = torch.cuda.memory_allocated(device), torch.cuda.max_memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    return now / 1e6, peak / 1e6


def seconds(encoder, pictures, device, runs):
    """The median of calls, from pixels on the CPU to embeddings on the CPU."""
    # Libraries choose kernels and make workspaces in the first calls of a shape.
    for _ in range(max(3, runs // 5)):
        encoder.program.encode_images(pictures)
    taken = []
    for _ in range(runs):
        synchronize(device)
        start = time.perf_counter()
        encoder.program.encode_images(pictures)
        synchronize(device)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def time_models(device, precisions, options):
    width, height = options.picture
    torch.manual_seed(1)
    pictures = torch.randint(0, 256, (max(options.batches), height, width, 3), dtype=torch.uint8)
    print(f"Median of {options.runs} calls, random weights, pictures of {width} x {height} pixels.\n")
    print("| model | precision | batch | ms | pictures/s | weights, MB | peak, MB |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for name in options.models:
        checkpoint = Checkpoint("clip", MODELS[name], {}, MadeWeights(random_weight))
        for precision in precisions:
            encoder = Encoder(checkpoint, device, precision)
            held = memory(device)
            for batch in options.batches:
                median = seconds(encoder, list(pictures[:batch]), device, options.runs)
                peak = memory(device)
                megabytes = f"{held[0]:.0f} | {peak[1]:.0f}" if held else "- | -"
                rate = f"{batch / median:.0f}" if batch > 10 * median else f"{batch / median:.2f}"
                print(f"| {name} | {precision} | {batch} | {1e3 * median:.2f} | {rate} | {megabytes} |", flush=True)
            del encoder
    return 0


# ------------------------------------------------------------------------------------------------- the machine


def output(*command):
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def first_device():
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def precisions_of(device):
    """What TorchDevice.java lets a device compute in; int8 is oneDNN's and not of the plain kernels."""
    if device == "cpu":
        return ["float32", "bfloat16"]
    if device.startswith("cuda") and torch.cuda.get_device_capability(device) >= (8, 0):
        return ["float32", "bfloat16", "float16"]
    return ["float32", "float16"]


def describe(device):
    if device.startswith("cuda"):
        gigabytes = torch.cuda.get_device_properties(device).total_memory / 1e9
        major, minor = torch.cuda.get_device_capability(device)
        print(f"- {torch.cuda.get_device_name(device)}, compute capability {major}.{minor}, {gigabytes:.0f} GB")
        # All GPUs of a machine have the same driver.
        driver = output("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader").split("\n")[0] or "unknown"
        libraries = f"CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"
        print(f"- driver {driver}, {libraries}, torch {torch.__version__}")
        flags = {"products": torch.backends.cuda.matmul.allow_tf32, "convolutions": torch.backends.cudnn.allow_tf32}
        print("- TF32: " + ", ".join(f"{name} {'on' if on else 'off'}" for name, on in flags.items()))
    else:
        print(f"- {device}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    changed = " with changes" if output("git", "status", "--porcelain", "--", str(programs.PROGRAMS)) else ""
    commit = output("git", "rev-parse", "--short=12", "HEAD") or "unknown"
    print(f"- {datetime.date.today().isoformat()}, commit {commit}{changed}\n")


def arguments():
    def names(text):
        return text.split(",")

    def numbers(text):
        return [int(number) for number in text.split(",")]

    def size(text):
        width, height = text.split("x")
        return int(width), int(height)

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", help="cpu, cuda, cuda:<n> or mps; default: the first GPU if there is one")
    parser.add_argument("--precision", type=names, help="such as float32,float16; default: all that the device has")
    parser.add_argument("--tf32", choices=("off", "libtorch"), default="off", help="libtorch: as it has it by itself")
    parser.add_argument("--only", default="", help="a part of the names of the checkpoints to check")
    parser.add_argument("--time", action="store_true", help="time the image tower of CLIP instead")
    parser.add_argument("--models", type=names, default=["ViT-B/32", "ViT-L/14"], help=f"of {', '.join(MODELS)}")
    parser.add_argument("--batches", type=numbers, default=[1, 8, 32, 64], help="default: 1,8,32,64")
    parser.add_argument("--runs", type=int, default=50, help="the calls of which the median is taken; default: 50")
    parser.add_argument("--picture", type=size, default=(224, 224), help="others than 224x224 add a resize, on the CPU")
    return parser.parse_args()


def main():
    options = arguments()
    device = options.device or first_device()
    device = "cuda:0" if device == "cuda" else device
    if device.startswith("cuda") and not torch.cuda.is_available():
        sys.exit(f"There is no '{device}': this is torch {torch.__version__}, which sees no GPU.")
    if options.tf32 == "off":
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
    precisions = options.precision or precisions_of(device)
    describe(device)
    # As EngineThreads.java: no gradients, and the program runs as it is written.
    with torch.no_grad(), torch.jit.optimized_execution(False):
        if options.time:
            return time_models(device, precisions, options)
        return check(device, precisions, options.tf32, options.only)


if __name__ == "__main__":
    sys.exit(main())
