"""Writes the table in docs/architectures.md: which of OpenCLIP's models zsic runs. Each configuration of the library that
pretrained.py names is made, in full size but without memory, and zsic's programs are asked whether they run it and whether
the tensors that they read are just those that it has.

    python tools/golden/open_clip_table.py

README.md beside this file says in which environment.
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import tiny_clip  # noqa: F401  first: it prepares torchvision
import open_clip
import open_clip.hf_model
import torch
import transformers
from open_clip.pretrained import _PRETRAINED

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools/gpu"))
import check  # noqa: E402

TOWERS = ROOT / "zsic-core/src/main/java/io/github/zsic/engine/OpenClipTowers.java"
DOCS = ROOT / "docs/architectures.md"
BEGIN, END = "<!-- made by tools/golden/open_clip_table.py -->", "<!-- end -->"

# Transformers' own defaults are those of the base models; these are what the larger ones have.
HF = {
    "roberta-base": ("roberta", {"vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1}),
    "xlm-roberta-base": ("xlm-roberta", {"vocab_size": 250002, "max_position_embeddings": 514, "type_vocab_size": 1}),
    "xlm-roberta-large": (
        "xlm-roberta",
        {
            "vocab_size": 250002, "max_position_embeddings": 514, "type_vocab_size": 1, "hidden_size": 1024,
            "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096,
        },
    ),
}  # fmt: skip


def patterns():
    """The names that the towers run, as OpenClipTowers.java has them."""
    source = TOWERS.read_text(encoding="utf-8")
    found = {}
    for name, text in re.findall(r'^\t\t([A-Z_]+)\(\s*("(?:[^"\\]|\\.)*"(?:\s*\+\s*"(?:[^"\\]|\\.)*")*)', source, re.MULTILINE):
        found[name.lower()] = re.compile("".join(json.loads(x) for x in re.findall(r'"(?:[^"\\]|\\.)*"', text)))
    return found


PATTERNS = patterns()


def tower(name, own, layers=None):
    """The source of a tower, None if there is none."""
    if not name:
        return "resnet" if isinstance(layers, list) else own
    return next((t for t, pattern in PATTERNS.items() if pattern.pattern and pattern.fullmatch(name)), None)


def made(name, text):
    """The shapes of the tensors of a model."""
    original = open_clip.hf_model.AutoConfig.from_pretrained
    if text in HF:
        kind, sizes = HF[text]
        config = transformers.AutoConfig.for_model(kind, **sizes)
        open_clip.hf_model.AutoConfig.from_pretrained = lambda *_, **__: config
    try:
        with torch.device("meta"):
            model = open_clip.create_model(name, load_weights=False, pretrained_text=False, device="meta")
    finally:
        open_clip.hf_model.AutoConfig.from_pretrained = original
    return {n: list(x.shape) for n, x in model.state_dict().items()}


def verdict(name):
    """The towers of a model, or why zsic does not run it."""
    config = open_clip.get_model_config(name)
    vision, text = config["vision_cfg"], config["text_cfg"]
    pictures = tower(vision.get("timm_model_name"), "vit", vision.get("layers"))
    texts = tower(text.get("hf_model_name"), "text")
    if pictures is None:
        return None, f"picture tower `{re.split('_', vision['timm_model_name'])[0]}`"
    if texts is None:
        return None, f"text tower `{text['hf_model_name']}`"
    if text.get("tokenizer_mode"):
        return None, f"`tokenizer_mode` `{text['tokenizer_mode']}`"
    content = {"model_cfg": config, "preprocess_cfg": {}}
    checkpoint = check.Checkpoint(f"open_clip/{pictures}/{texts}", content, check.open_clip_processor(content), check.MadeWeights(None))
    stored = made(name, text.get("hf_model_name"))
    program = check.program(checkpoint.architecture)
    program.configure(checkpoint.numbers, checkpoint.strings, checkpoint.processing, stored, "cpu", "float32")
    problems = program.problems()
    if problems:
        return None, "; ".join(problems)
    shapes = program.shapes()
    ignored = [*program.ignored(), ".position_ids", ".token_type_ids"]
    unread = [n for n in stored if n not in shapes and not any(part in n for part in ignored)]
    different = [n for n, shape in shapes.items() if stored.get(n) != shape]
    assert not unread and not different, (name, unread[:5], [(n, shapes[n], stored.get(n)) for n in different[:5]])
    return (pictures, texts), None


def main():
    runs, others = defaultdict(list), defaultdict(list)
    repositories = lambda name: any(tag.get("hf_hub") for tag in _PRETRAINED[name].values())
    for name in _PRETRAINED:
        towers, reason = verdict(name)
        shown = f"`{name}`" + ("" if repositories(name) else "\\*")
        (others[reason] if reason else runs[towers]).append(shown)
        print(name, towers or reason, flush=True)
    count = sum(map(len, runs.values()))
    lines = [BEGIN, f"{count} of the {len(_PRETRAINED)} names in OpenCLIP {open_clip.__version__}'s `pretrained.py`:", ""]
    lines += ["| pictures | texts | run |", "| --- | --- | --- |"]
    lines += [f"| `{p}` | `{t}` | {', '.join(sorted(names))} |" for (p, t), names in sorted(runs.items())]
    lines += ["", "| do not run, because of | names |", "| --- | --- |"]
    lines += [f"| {reason} | {', '.join(sorted(names))} |" for reason, names in sorted(others.items())]
    lines += ["", "\\* These have no repository on the Hub there, only other addresses.", END]
    docs = DOCS.read_text(encoding="utf-8")
    start, end = docs.index(BEGIN), docs.index(END) + len(END)
    DOCS.write_text(docs[:start] + "\n".join(lines) + docs[end:], encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
