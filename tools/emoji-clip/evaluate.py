"""Measures a checkpoint on the vendor it has never seen, through Transformers' pipeline.

    python evaluate.py WORK CHECKPOINT

Writes the held-out drawings as PNG files and what to ask about them to WORK/heldout, for zsic to be asked the same, and
the figures to WORK/evaluation.json.
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from PIL import Image

import prompts
from pictures import SIZE
from words import Phrases  # before transformers: it prepares torchvision

from transformers import pipeline

DRAWS, CHOICES = 1000, 10
GUIDE = (("fox", "bear", "seagull", "owl"), ("tree", "car", "bike", "cat"))
# The concepts that the labels of the guide name; a seagull is no emoji, and only distracts.
GUIDE_CONCEPTS = {
    **{"fox": ["fox"], "bear": ["bear"], "owl": ["owl"], "cat": ["cat"]},
    **{"tree": ["deciduous tree", "evergreen tree", "palm tree"], "car": ["automobile"], "bike": ["bicycle"]},
}


def write_drawings(work: Path, concepts: list[dict], rng: np.random.Generator) -> dict:
    drawings = json.loads((work / "heldout.json").read_text("utf-8"))
    data = np.fromfile(work / "heldout.rgba", np.uint8).reshape(len(drawings), SIZE, SIZE, 4)
    folder = work / "heldout"
    folder.mkdir(exist_ok=True)
    files = []
    for i, rgba in enumerate(data):
        picture = Image.fromarray(rgba)
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        files.append(f"{i:04d}.png")
        white.convert("RGB").save(folder / files[-1])
    names = [c["name"] for c in concepts]
    truth = [d["concept"] for d in drawings]
    draws = []
    for _ in range(DRAWS):
        picture = int(rng.integers(len(truth)))
        others = rng.choice([c for c in range(len(names)) if c != truth[picture]], CHOICES - 1, replace=False)
        draws.append({"picture": picture, "choices": [truth[picture], *map(int, others)]})
    questions = {"names": names, "files": files, "truth": truth, "draws": draws}
    questions["synonyms"] = [next((w for w in c["close"][1:] if w != c["name"] + "s"), c["name"]) for c in concepts]
    questions["unseen_templates"] = list(prompts.UNSEEN)
    questions["guide"] = [
        {"file": files[i], "labels": labels, "expected": expected}
        for labels in GUIDE
        for expected in labels
        for i, t in enumerate(truth)
        if names[t] in GUIDE_CONCEPTS.get(expected, ())
    ]
    (folder / "questions.json").write_text(json.dumps(questions, ensure_ascii=False), "utf-8")
    return questions


def scores(classify, images: list, labels: list[str], template: str) -> np.ndarray:
    """One row a picture, one column a label."""
    rows = np.zeros((len(images), len(labels)))
    column = {label: i for i, label in enumerate(labels)}
    assert len(column) == len(labels)
    for row, answer in enumerate(classify(images, candidate_labels=labels, hypothesis_template=template, batch_size=128)):
        for prediction in answer:
            rows[row, column[prediction["label"]]] = prediction["score"]
    return rows


def measure(rows: np.ndarray, questions: dict) -> dict:
    truth = np.array(questions["truth"])
    ranks = (rows > rows[np.arange(len(truth)), truth][:, None]).sum(1)
    right = sum(int(np.argmax(rows[d["picture"], d["choices"]]) == 0) for d in questions["draws"])
    return {"pictures": len(truth), "top1": int((ranks < 1).sum()), "top5": int((ranks < 5).sum()), "draws": right}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=Path)
    parser.add_argument("checkpoint", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    concepts = json.loads((args.work / "concepts.json").read_text("utf-8"))
    questions = write_drawings(args.work, concepts, np.random.default_rng(55))
    images = [Image.open(args.work / "heldout" / f) for f in questions["files"]]
    names = questions["names"]
    result = {"concepts": len(names), "pictures": len(images)}
    for dtype in ("float32", "bfloat16"):
        classify = pipeline("zero-shot-image-classification", model=str(args.checkpoint), dtype=dtype)
        result[dtype] = {"default": measure(scores(classify, images, names, prompts.DEFAULT), questions)}
        if dtype == "float32":
            result[dtype]["unseen"] = [measure(scores(classify, images, names, t), questions) for t in prompts.UNSEEN]
            keep = [s if questions["synonyms"].count(s) == 1 else n for s, n in zip(questions["synonyms"], names)]
            result[dtype]["synonyms"] = measure(scores(classify, images, keep, prompts.DEFAULT), questions)
            result["guide"] = [
                {**q, "answer": classify(images[questions["files"].index(q["file"])], candidate_labels=list(q["labels"]))[0]}
                for q in questions["guide"]
            ]
    (args.work / "evaluation.json").write_text(json.dumps(result, indent=1, ensure_ascii=False), "utf-8")
    for dtype in ("float32", "bfloat16"):
        for name, value in result[dtype].items():
            values = value if isinstance(value, list) else [value]
            n = values[0]["pictures"]
            top1, top5 = (np.mean([v[k] for v in values]) / n for k in ("top1", "top5"))
            print(f"{dtype} {name}: top-1 {top1:.1%} of {n}, top-5 {top5:.1%}, among {CHOICES} {np.mean([v['draws'] for v in values]) / DRAWS:.1%}")
    for g in result["guide"]:
        print(f"{g['expected']} among {', '.join(g['labels'])}: {g['answer']['label']} {g['answer']['score']:.3f}")


if __name__ == "__main__":
    main()
