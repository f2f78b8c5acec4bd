"""Writes the golden file of what the pipeline cannot do: ensembles, prompts of a label's own, scorings, temperatures and
background prompts, computed here from the text and image features of Transformers' models.

    python tools/golden/labels.py        # after clip.py and architectures.py

README.md beside this file says in which environment.
"""

import json
import math
import sys

import tiny_clip  # noqa: F401  first: it prepares torchvision
import torch
from transformers import pipeline
from transformers.image_utils import load_image

from clip import CHECKPOINTS, OUT, PICTURES, TEMPLATE

LABELS = ["fox", "bear", "seagull", "an owl", "猫"]
ENSEMBLE = ["a photo of a {}.", "{}", "a drawing of the {} at night", "{} and {}: both {{{}}}"]
PROMPTS = {
    "fox": ["a small red animal in the snow"],
    "bear": ["a brown bear", "something big walking through the forest", "a photo of {}."],
    "an owl": ["a bird at night", "it's an owl on a tree"],
}
BACKGROUND = ["a photo of something else", "an abstract pattern"]
CASES = {
    "one template": {"templates": ["a drawing of a {}"]},
    "ensemble": {"templates": ENSEMBLE},
    "own prompts": {"prompts": PROMPTS},
    "background": {"background": BACKGROUND},
}
SCORINGS = ("softmax", "sigmoid", "cosine", "logits")
TEMPERATURES = (None, 0.05)


def prompts_of(label, case):
    if "prompts" in case:
        return [prompt.format(label) for prompt in case["prompts"][label]]
    return [template.format(*[label] * 4) for template in case.get("templates", [TEMPLATE])]


def features(pipe, texts):
    """One at a time; each depends on no other."""
    siglip = "siglip" in pipe.model.config.model_type
    longest = pipe.model.config.text_config.max_position_embeddings
    padding = {"padding": "max_length", "max_length": min(64, longest), "truncation": True} if siglip else {}
    rows = [pipe.model.get_text_features(**pipe.tokenizer([t], return_tensors="pt", **padding)) for t in texts]
    return normalised(torch.stack([row.pooler_output[0].double() for row in rows]))


def in_double(pixels):
    return {name: value.double() if value.is_floating_point() else value for name, value in pixels.items()}


def normalised(rows):
    return rows / rows.norm(dim=-1, keepdim=True)


def scores(cosines, scoring, temperature, model):
    if scoring == "cosine":
        return cosines
    scale = 1 / temperature if temperature else model.logit_scale.double().exp()
    logits = cosines * scale
    if hasattr(model, "logit_bias"):
        logits = logits + model.logit_bias.double()
    return {"logits": logits, "softmax": logits.softmax(-1), "sigmoid": logits.sigmoid()}[scoring]


def main():
    result = []
    for checkpoint in ("gelu-modern-eos", "position-ids", "siglip"):
        pipe = pipeline("zero-shot-image-classification", model=str(CHECKPOINTS / checkpoint), dtype=torch.float32, device="cpu")
        # In float32 the reference's own logits are up to 1.4e-5 off these, more than the test allows.
        pipe.model.double()
        trained = "sigmoid" if "siglip" in pipe.model.config.model_type else "softmax"
        for picture in ("landscape.png", "portrait.png"):
            pixels = pipe.image_processor(images=[load_image(str(PICTURES / picture))], return_tensors="pt")
            image = normalised(pipe.model.get_image_features(**in_double(pixels)).pooler_output[0].double())
            for name, case in CASES.items():
                labels = list(case.get("prompts", LABELS))
                texts = torch.stack(
                    [normalised(features(pipe, prompts_of(label, case)).mean(0)) for label in labels]
                    + [features(pipe, [prompt])[0] for prompt in case.get("background", [])]
                )
                cosines = texts @ image
                for scoring in SCORINGS:
                    for temperature in TEMPERATURES:
                        found = scores(cosines, scoring, temperature, pipe.model)
                        best_background = max(found[len(labels):], default=-math.inf)
                        result.append(
                            {
                                **{"name": name, "checkpoint": checkpoint, "picture": picture, "scoring": scoring},
                                **({"temperature": temperature} if temperature else {}),
                                **({"labels": labels} if "prompts" not in case else {}),
                                **case,
                                "scores": [float(f"{s:.8g}") for s in found[: len(labels)]],
                                "kept": [l for l, s in zip(labels, found) if s >= best_background],
                            }
                        )
                        if name == "one template" and scoring == trained and temperature is None:
                            answer = pipe(str(PICTURES / picture), candidate_labels=labels, hypothesis_template=case["templates"][0])
                            for a in answer:
                                assert abs(a["score"] - found[labels.index(a["label"])]) < 1e-5, (a, found)
    text = json.dumps(result, ensure_ascii=False, separators=(",", ":"))
    (OUT.parent / "labels.json").write_text(text.replace('},{"name"', '},\n{"name"') + "\n", encoding="utf-8")
    kept = {len(case["kept"]) for case in result if case["name"] == "background"}
    print(f"{len(result)} cases; with a background {sorted(kept)} of {len(LABELS)} labels are kept")


if __name__ == "__main__":
    with torch.no_grad():
        sys.exit(main())
