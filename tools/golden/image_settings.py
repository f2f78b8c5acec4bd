"""Writes zsic-core/src/test/resources/image-settings.json: what the reference makes of settings of image processors that
published files have, or may have.

    python tools/golden/image_settings.py

README.md beside this file says in which environment. The checkpoints are those of clip.py and architectures.py, with
other members in their preprocessor_config.json; not that of clipseg, in which the pipeline finds no weights. `noise` is
how far the reference in float32 is from itself in double. Of what the reference refuses there are only its words.
"""

import json
import shutil
import tempfile
from pathlib import Path

import tiny_clip as tiny  # noqa: F401, first: it prepares torchvision
import torch
from transformers import pipeline

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = ROOT / "zsic-core/src/test/resources"
CHECKPOINTS = RESOURCES / "parity/checkpoints"
PICTURES = RESOURCES / "parity/pictures"
LABELS = ["fox", "bear", "seagull", "owl"]
SAMPLES = ["landscape.png", "portrait.png", "tiny.png", "wide.png"]


def square(side):
    return {"height": side, "width": side}


def settings(side, crops):
    """For pictures that come out with this side."""
    crop = {"do_center_crop": True, "crop_size": square(side)}
    fixed = [{}] if crops else [{"size": square(side)}]
    yield from ({"resample": filter, **more} for filter in (0, 1, 2, 3, 4, "bicubic", "lanczos") for more in fixed)
    for filter in (0, 1, 2, 3):
        more = {"resample": filter, **crop}
        yield {"size": {"shortest_edge": side - 7, "longest_edge": side + 5}, **more}
        yield {"size": {"max_height": side - 6, "max_width": side + 4}, **more}
        yield {"size": {"shortest_edge": side + 5}, **more}
    yield {"size": {"shortest_edge": 2 * side, "longest_edge": 9 * side}, **crop}
    yield {"size": {"shortest_edge": side + 1, "longest_edge": None}, **crop}
    yield {"size": {"longest_edge": side}, **crop}
    yield {"size": {"max_height": side}, **crop}
    yield {"size": {"shortest_edge": side, "height": side}, **crop}
    yield {"size": [side + 3, side - 2], **crop}
    yield {"size": [side + 3, side - 2, 3], **crop}
    yield {"size": side, "default_to_square": None, **crop}
    yield {"size": side, "default_to_square": True}
    yield {"image_mean": 0.5, "image_std": [0.25]}
    yield {"image_mean": [0.5, 0.5]}
    yield {"do_normalize": 0}
    yield {"do_pad": True}
    yield {"use_square_size": True, **crop}
    yield {"rescale_factor": -0.01}


NAFLEX = [{"resample": 0}, {"resample": 1}, {"resample": 3}, {"resample": 1, "max_num_patches": 9}, {"do_pad": True,
    "pad_size": square(300)}, {"image_mean": 0.4}]  # fmt: skip


def scores(folder, dtype):
    classify = pipeline("zero-shot-image-classification", model=folder, dtype=dtype)
    found = []
    for picture in SAMPLES:
        answer = {a["label"]: a["score"] for a in classify(str(PICTURES / picture), candidate_labels=LABELS)}
        found.append([answer[label] for label in LABELS])
    return found


def run(checkpoint, change):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(CHECKPOINTS / checkpoint, folder, dirs_exist_ok=True)
        file = Path(folder) / "preprocessor_config.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
        try:
            single, double = (scores(folder, dtype) for dtype in (torch.float32, torch.float64))
            noise = [max(abs(x - y) for x, y in zip(*pair)) for pair in zip(single, double)]
            return {
                "scores": [[float(f"{x:.7g}") for x in row] for row in single],
                "noise": [float(f"{x:.1g}") for x in noise],
            }
        except Exception as error:
            return {"refused": f"{type(error).__name__}: {error}".splitlines()[0][:160]}


def main():
    cases = []
    for folder in sorted(CHECKPOINTS.iterdir()):
        if not (folder / "preprocessor_config.json").exists():
            continue
        config = json.loads((folder / "config.json").read_text())
        kind = config["model_type"]
        if folder.name not in KINDS.get(kind, ()):
            continue
        given = json.loads((folder / "preprocessor_config.json").read_text())
        if folder.name == "siglip2-naflex":
            changes = NAFLEX
        else:
            crops = bool(given.get("do_center_crop"))
            side = (given["crop_size"] if crops else given["size"])["height"]
            changes = settings(side, crops)
            if kind not in ("clip", "siglip", "blip", "align"):
                changes = [c for i, c in enumerate(changes) if i in (0, 1, 7, 8, 10, 11)]
        for change in changes:
            cases.append({"checkpoint": folder.name, "settings": change, **run(folder.name, change)})
    text = {"labels": LABELS, "pictures": SAMPLES, "cases": cases}
    lines = json.dumps({**text, "cases": []})[:-2] + "\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]}\n"
    json.loads(lines)
    (RESOURCES / "image-settings.json").write_text(lines)


KINDS = {
    "clip": ["gelu-modern-eos"],
    "metaclip_2": ["metaclip-2"],
    "altclip": ["altclip"],
    "chinese_clip": ["chinese-clip"],
    "siglip": ["siglip", "siglip2-fixed"],
    "siglip2": ["siglip2-naflex"],
    "blip": ["blip"],
    "blip-2": ["blip-2"],
    "align": ["align"],
    "tipsv2": ["tipsv2"],
}

if __name__ == "__main__":
    main()
