"""Writes the checkpoint with which the sample application starts offline: a small CLIP with seeded random weights.

    python tools/sample_checkpoint.py

golden/README.md says in which environment.
"""

import math
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools/golden"))

import tiny_clip as tiny  # noqa: E402  first: it prepares torchvision
import numpy as np  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from transformers import CLIPConfig, CLIPImageProcessor, pipeline  # noqa: E402

OUT = ROOT / "zsic-sample-app/src/main/resources/zsic/seeded-clip"
LABELS = ["fox", "bear", "seagull", "owl", "cat", "dog", "car", "tree", "house", "person", "boat", "cake"]

CARD = """\
---
license: apache-2.0
library_name: transformers
pipeline_tag: zero-shot-image-classification
---

# seeded-clip

A CLIP checkpoint whose weights are random numbers from a fixed seed. It was trained on nothing and understands nothing:
its scores depend on picture and label, but mean nothing.

It exists so that the sample application starts, answers and can be tested without a network until a real checkpoint is
set, for example `zsic.checkpoint: /srv/models/clip-vit-base-patch32`. `tools/sample_checkpoint.py` writes it.

Image 64 x 64 in patches of 16, quick GELU, width 64, 2 layers per tower, 844 tokens, stored as float16.
"""


def pictures():
    """Blurred colour fields, only to centre the embeddings on."""
    rng = np.random.default_rng(99)
    for _ in range(24):
        field = Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8))
        yield field.resize((64, 64), Image.Resampling.BICUBIC)


def main():
    tokenizer = tiny.tokenizer(330, 77)
    processor = CLIPImageProcessor(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64})
    sizes = {"hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2, "num_attention_heads": 4}
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    pad = {"pad_token_id": tokenizer.pad_token_id}
    config = CLIPConfig(
        text_config={**sizes, **ids, **pad, "vocab_size": len(tokenizer), "projection_dim": 64},
        vision_config={**sizes, "image_size": 64, "patch_size": 16, "projection_dim": 64},
        projection_dim=64,
    )
    texts = dict(tokenizer([f"This is a photo of {x}." for x in LABELS], padding=True, return_tensors="pt"))
    pixels = processor(images=list(pictures()), return_tensors="pt")["pixel_values"]
    model = tiny.model(config, 7, math.log(20), texts, pixels).to(torch.float16)
    model.save_pretrained(OUT)
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.save_pretrained(OUT)
    processor.save_pretrained(OUT)
    (OUT / "README.md").write_text(CARD)
    for file in OUT.iterdir():
        file.chmod(0o644)

    print(f"{sum(f.stat().st_size for f in OUT.iterdir()) / 1000:.0f} kB")
    pipe = pipeline("zero-shot-image-classification", model=str(OUT), dtype=torch.float32, num_workers=0)
    best = [pipe(picture, candidate_labels=LABELS)[0] for picture in pictures()]
    scores = [b["score"] for b in best]
    print(f"{len({b['label'] for b in best})} different best labels, best score {min(scores):.3f} .. {max(scores):.3f}")


if __name__ == "__main__":
    sys.exit(main())
