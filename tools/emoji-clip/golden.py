"""Records what the pipeline makes of the example drawings, for the tests of zsic to compare with.

    python golden.py
"""

import json
import os
from pathlib import Path

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import words  # noqa: F401  before transformers: it prepares torchvision

from PIL import Image
from transformers import pipeline

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINT = ROOT / "zsic-emoji-clip/src/main/resources/zsic/emoji-clip"
EXAMPLES = ROOT / "zsic-sample-app/src/main/resources/static/examples"
LABELS = (
    ["fox", "bear", "seagull", "owl"],
    ["tree", "car", "bike", "cat"],
    ["bird", "dog", "wolf", "palm tree", "fire engine", "bicycle", "a red thing", "ÉMOJI 🦉", "person surfing", "teapot", "seagull"],
)

classify = pipeline("zero-shot-image-classification", model=str(CHECKPOINT), dtype="float32")
cases = []
for picture in sorted(EXAMPLES.glob("*.png")):
    for labels in LABELS:
        scores = {p["label"]: p["score"] for p in classify(Image.open(picture), candidate_labels=labels)}
        cases.append({"picture": picture.name, "labels": labels, "scores": [round(scores[label], 7) for label in labels]})
target = ROOT / "zsic-core/src/test/resources/emoji-clip.json"
target.write_text("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n", "utf-8")
