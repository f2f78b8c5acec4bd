"""Tiny CLIP checkpoints with seeded random weights, written the way Transformers writes them."""

import json
import os
import re
import sys
import unicodedata
from collections import Counter

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:
    # The compiled operators of torchvision from PyPI do not load beside a CPU build of torch, and the image processors
    # need none of them. Declaring the two that its import looks for is enough.
    for _name in [m for m in sys.modules if m.split(".")[0] == "torchvision"]:
        del sys.modules[_name]
    _torchvision = torch.library.Library("torchvision", "DEF")
    for _name in ("nms", "qnms"):
        _torchvision.define(_name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision  # noqa: F401
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer  # noqa: E402
from transformers.utils.logging import disable_progress_bar  # noqa: E402

torch.set_num_threads(1)
torch.backends.nnpack.set_flags(False)
disable_progress_bar()

BOS = "<|startoftext|>"
EOS = "<|endoftext|>"

CORPUS = """
this is a photo of a . this is a photo of the . a drawing of a . a picture of a . an image of a . a close up photo of
the cat and the dog are in the house . a red fox , a brown bear , a seagull and an owl . the owl sat on a tree at night
the bear is walking through the forest . the seagull is flying over the sea . a fox is running in the snow
a small bird , a big horse , two cows , three sheep , a fish in the water , a snake , a frog , a butterfly and a bee
a car , a bus , a train , a truck , a bicycle , a motorcycle , an airplane , a boat and a ship
an apple , a banana , an orange , a pizza , a cake , a sandwich , a bottle of wine , a cup of coffee or tea
a person , a man , a woman , a child , people on the street , a crowd at a concert , a portrait of an old man
a mountain , a river , a lake , a beach , a desert , a sunset , a rainy day , a blue sky with white clouds
a city at night , a bridge , a tower , a church , a castle , a school , a kitchen , a bedroom , an office
a chair , a table , a lamp , a computer , a keyboard , a phone , a book , a clock , a guitar , a piano
red green blue yellow black white brown orange purple pink grey dark bright light
circle square triangle stripes pattern texture noise gradient abstract drawing painting sketch diagram chart text
it's not what they're saying . i don't know . we've seen it . she'd go . he'll come . i'm here . the dog's toy
one two three four five six seven eight nine ten first second third many some none all
"""

_PIECES = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|[^\s\w]+")


def _byte_alphabet() -> tuple[list[str], dict[int, str]]:
    """The 256 printable stand-ins of byte-level BPE, in the order of OpenAI's vocabulary and by byte."""
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [b for b in range(256) if b not in visible]
    table = {b: chr(b) for b in visible} | {b: chr(256 + n) for n, b in enumerate(hidden)}
    return [table[b] for b in [*visible, *hidden]], table


def _train_merges(count: int, corpus: str) -> list[tuple[str, str]]:
    """Plain BPE training. The trainer of the tokenizers library numbers its symbols in the order of a hash map."""
    _, table = _byte_alphabet()
    text = unicodedata.normalize("NFC", corpus).lower()
    words = Counter()
    for piece in _PIECES.findall(text):
        symbols = [table[b] for b in piece.encode()]
        symbols[-1] += "</w>"
        words[tuple(symbols)] += 1
    merges = []
    while len(merges) < count:
        pairs = Counter()
        for symbols, n in words.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        merged = Counter()
        for symbols, n in words.items():
            out, i = [], 0
            while i < len(symbols):
                if symbols[i : i + 2] == best:
                    out.append(symbols[i] + symbols[i + 1])
                    i += 2
                else:
                    out.append(symbols[i])
                    i += 1
            merged[tuple(out)] += n
        words = merged
    return merges


def tokenizer(
    merges: int, max_length: int, added: tuple[str, ...] = (), special_first: bool = False, corpus: str = CORPUS
) -> CLIPTokenizer:
    """A CLIP tokenizer in OpenAI's layout: bytes, bytes at a word's end, merges, start, end; then any added words."""
    alphabet, _ = _byte_alphabet()
    pairs = _train_merges(merges, corpus)
    tokens = [*alphabet, *(c + "</w>" for c in alphabet), *(a + b for a, b in pairs)]
    tokens = [BOS, EOS, *tokens] if special_first else [*tokens, BOS, EOS]
    assert len(set(tokens)) == len(tokens)
    result = CLIPTokenizer({token: i for i, token in enumerate(tokens)}, pairs, model_max_length=max_length)
    result.add_tokens(list(added))
    return result


def model(config: CLIPConfig, seed: int, logit_scale: float, texts: dict, pixels: torch.Tensor) -> CLIPModel:
    """A model whose scores spread: every parameter random, biases too, and both embedding clouds centred on zero."""
    rng = np.random.default_rng(seed)
    result = CLIPModel(config).eval()
    with torch.no_grad():
        for name, p in sorted(result.named_parameters()):
            noise = torch.from_numpy(rng.standard_normal(p.shape).astype(np.float32))
            if name == "logit_scale":
                p.fill_(logit_scale)
            elif "norm" in name and name.endswith("weight"):
                p.copy_(1 + 0.2 * noise)
            elif name.endswith("bias"):
                p.copy_(0.2 * noise)
            elif "position_embedding" in name or "class_embedding" in name:
                p.copy_(0.3 * noise)
            elif "token_embedding" in name:
                p.copy_(0.8 * noise)
                p[config.text_config.bos_token_id] *= 0.3
            elif "patch_embedding" in name:
                # Mostly smooth, as trained filters are: else one grey level of a JPEG decoder is worth percents.
                coarse = noise[..., ::4, ::4].repeat_interleave(4, dim=-1).repeat_interleave(4, dim=-2)
                p.copy_((coarse + 0.1 * noise) / p[0].numel() ** 0.5)
            elif "q_proj" in name or "k_proj" in name:
                p.copy_(noise * 1.2 / p.shape[1] ** 0.5)
            else:
                p.copy_(noise / p.shape[1] ** 0.5)
        text_pooled = result.text_model(**texts).pooler_output
        image_pooled = result.vision_model(pixels).pooler_output
        for norm, pooled in (
            (result.text_model.final_layer_norm, text_pooled),
            (result.vision_model.post_layernorm, image_pooled),
        ):
            # Rounded, so that the last bit of a mean cannot change the file.
            norm.bias.sub_(torch.round(pooled.mean(dim=0) * 100) / 100)
            norm.bias.add_(torch.from_numpy(rng.standard_normal(norm.bias.shape).astype(np.float32)) * 0.05)
    return result


def edit_json(path, change) -> None:
    with open(path, encoding="utf-8") as f:
        content = json.load(f)
    change(content)
    with open(path, "w", encoding="utf-8") as f:
        f.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
