"""Writes the golden files of the architectures other than CLIP: random-weight checkpoints and what Transformers'
pipeline makes of the pictures of clip.py.

    python tools/golden/architectures.py            # all, or the names of some
    python tools/golden/architectures.py siglip

README.md beside this file says in which environment.
"""

import json
import math
import shutil
import sys

import tiny_clip as tiny  # first: it prepares torchvision
import numpy as np
import tokenizers
import torch
import transformers
from transformers import AutoTokenizer
from transformers.image_utils import load_image

import clip
import tiny_tokenizers

CHECKPOINTS = clip.CHECKPOINTS
PICTURES = ["landscape.png", "portrait.png", "wide.png", "tall.png", "tiny.png", "grey.png", "palette.png", "rgba.png"]
TEXTS = [clip.TEMPLATE.format(x) for x in clip.FIFTY]


def layers(width, heads, depth, **more):
    return clip.layers(width, heads, depth, **more)


def spread(model, seed, centres, **scales):
    """Every parameter random, biases too. Then each bias in `centres` is moved so that what the function beside it
    computes is centred on zero: without that all cosines are alike."""
    rng = np.random.default_rng(seed)
    model.eval()
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            noise = torch.from_numpy(np.asarray(rng.standard_normal(p.shape), dtype=np.float32))
            if name in scales:
                p.fill_(scales[name])
            elif ("norm" in name.lower() or "pre_LN" in name) and name.endswith("weight"):
                p.copy_(1 + 0.2 * noise)
            elif name.endswith("bias"):
                p.copy_(0.2 * noise)
            elif "position_embedding" in name or "class_embedding" in name or "token_type" in name:
                p.copy_(0.3 * noise)
            elif "token_embedding" in name or "word_embedding" in name:
                p.copy_(0.8 * noise)
            elif "patch_embedding" in name and p.dim() == 4:
                coarse = noise[..., :: 4, :: 4].repeat_interleave(4, dim=-1).repeat_interleave(4, dim=-2)
                coarse = coarse[..., : p.shape[2], : p.shape[3]]
                p.copy_((coarse + 0.1 * noise) / p[0].numel() ** 0.5)
            elif "patch_embedding" in name:
                side = math.isqrt(p.shape[1] // 3)
                square = noise.view(p.shape[0], side, side, 3)
                coarse = square[:, ::4, ::4].repeat_interleave(4, dim=1).repeat_interleave(4, dim=2)[:, :side, :side]
                p.copy_(((coarse + 0.1 * square) / p[0].numel() ** 0.5).reshape(p.shape))
            elif "q_proj" in name or "k_proj" in name or ".query." in name or ".key." in name:
                p.copy_(noise * 1.2 / p.shape[-1] ** 0.5)
            elif p.dim() == 1:
                p.copy_(0.3 * noise)
            else:
                p.copy_(noise / p[0].numel() ** 0.5)
        for bias, compute in centres:
            bias.sub_(torch.round(compute().mean(dim=0) * 100) / 100)
            bias.add_(torch.from_numpy(rng.standard_normal(bias.shape).astype(np.float32)) * 0.05)
    return model


def pictures_for(processor):
    """What the processor makes of the pictures, as arguments of the model."""
    images = [load_image(str(clip.PICTURES / name)) for name in PICTURES]
    return [processor(images=[image], return_tensors="pt") for image in images]


def save(name, model, processor):
    folder = CHECKPOINTS / name
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def fresh(name):
    shutil.rmtree(CHECKPOINTS / name, ignore_errors=True)
    return CHECKPOINTS / name


def siglip_model(name, model_class, config, processor, seed, masked):
    folder = CHECKPOINTS / name
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = tokenizer(TEXTS, padding="max_length", max_length=64, truncation=True, return_tensors="pt")
    assert ("attention_mask" in texts) == masked, texts.keys()
    images = pictures_for(processor)
    model = model_class(config)
    centres = [
        (model.text_model.head.bias, lambda: model.text_model(**texts).pooler_output),
        (
            model.vision_model.head.mlp.fc2.bias,
            lambda: torch.cat([model.get_image_features(**i).pooler_output for i in images]),
        ),
    ]
    spread(model, seed, centres, logit_scale=math.log(6), logit_bias=-1.5)
    save(name, model, processor)


def siglip():
    """SigLIP, where 14 does not divide the picture, and a fixed-resolution SigLIP 2, whose tokenizer here gives a mask."""
    from transformers import SiglipConfig, SiglipImageProcessor, SiglipModel

    size = tiny_tokenizers.siglip(fresh("siglip"))
    config = SiglipConfig(
        text_config=layers(24, 3, 2, vocab_size=size, projection_size=32),
        vision_config=layers(32, 4, 2, image_size=64, patch_size=14),
    )
    processor = SiglipImageProcessor(size={"height": 64, "width": 64})
    siglip_model("siglip", SiglipModel, config, processor, 11, masked=False)

    size = tiny_tokenizers.gemma(fresh("siglip2-fixed"), masked=True)
    config = SiglipConfig(
        text_config=layers(24, 3, 2, vocab_size=size),
        vision_config=layers(24, 2, 2, image_size=64, patch_size=16),
    )
    processor = SiglipImageProcessor(size={"height": 64, "width": 64}, resample=2, do_convert_rgb=None)
    siglip_model("siglip2-fixed", SiglipModel, config, processor, 12, masked=True)
    return {"siglip": {}, "siglip2-fixed": {}}


def siglip2():
    """NaFlex: up to 64 patches of 8 pixels, positions for 36."""
    from transformers import Siglip2Config, Siglip2ImageProcessor, Siglip2Model

    size = tiny_tokenizers.gemma(fresh("siglip2-naflex"), masked=False)
    config = Siglip2Config(
        text_config=layers(24, 3, 2, vocab_size=size),
        vision_config=layers(24, 3, 2, patch_size=8, num_patches=36),
    )
    processor = Siglip2ImageProcessor(patch_size=8, max_num_patches=64)
    siglip_model("siglip2-naflex", Siglip2Model, config, processor, 13, masked=False)
    return {"siglip2-naflex": {}}


def check_tokenizer(name, pipe):
    """tokenizer.json alone must give the ids that AutoTokenizer gives: the Java side reads only that file."""
    raw = tokenizers.Tokenizer.from_file(str(CHECKPOINTS / name / "tokenizer.json"))
    raw.no_truncation()
    raw.no_padding()
    for text in [*TEXTS, *(x for x in clip.FIFTY if x == x.strip()), *clip.TEXT_SAMPLES]:
        ids = pipe.tokenizer(text)["input_ids"]
        assert ids == raw.encode(text).ids, (name, text, ids, raw.encode(text).ids, raw.encode(text).tokens)


def logits_of(pipe, picture, labels):
    """The raw logits, in the order of the labels."""
    found = {}
    original = pipe.postprocess

    def postprocess(outputs, **kwargs):
        found["logits"] = clip.rounded(outputs["logits"][0].double().flatten().tolist())
        return original(outputs, **kwargs)

    pipe.postprocess = postprocess
    try:
        scores = clip.scores_of(pipe, picture, labels)
    finally:
        del pipe.postprocess
    return {**scores, "logits": found["logits"]}


def record(name, options):
    pipe = clip.load_pipeline(name)
    check_tokenizer(name, pipe)
    cases = []
    for labels in clip.LABEL_SETS:
        for picture in PICTURES:
            cases.append(
                {"checkpoint": name, "picture": picture, "labels": labels, **logits_of(pipe, picture, clip.LABEL_SETS[labels])}
            )
    case = {"checkpoint": name, "picture": "landscape.png", "labels": "fifty", "template": "a drawing of a {}"}
    cases.append({**case, **clip.scores_of(pipe, "landscape.png", clip.FIFTY, hypothesis_template=case["template"])})
    folder = CHECKPOINTS / name
    for file in folder.rglob("*"):
        file.chmod(0o644)
    summary(name, folder, cases)
    return cases


def summary(name, folder, cases):
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{name}: {size / 1000:.0f} kB")
    for labels in ("four", "fifty"):
        found = [c for c in cases if c["labels"] == labels and "template" not in c]
        best = {c["order"][0] for c in found}
        top = np.array([c["scores"][0] for c in found])
        logits = np.array([c["logits"] for c in found])
        print(
            f"  {labels}: {len(best)} different best labels over {len(found)} pictures, best score {top.min():.3f} .. "
            f"{top.max():.3f}, logits {logits.min():.1f} .. {logits.max():.1f}, "
            f"deviation over pictures {logits.std(0).mean():.2f}, over labels {logits.std(1).mean():.2f}"
        )


ALL = {"siglip": siglip, "siglip2": siglip2}


def main(names):
    for name in names or ALL:
        cases = []
        for checkpoint, options in ALL[name]().items():
            cases += record(checkpoint, options)
        golden = {
            "generator": "tools/golden/architectures.py",
            "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
            "dtype": "float32",
            "labelSets": clip.LABEL_SETS,
            "cases": cases,
        }
        text = json.dumps(golden, ensure_ascii=False, separators=(",", ":"))
        text = text.replace('},{"checkpoint"', '},\n{"checkpoint"') + "\n"
        (clip.OUT / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
