"""Writes models of OpenCLIP in full size with random weights, and what OpenCLIP makes of a picture:

    python tools/golden/open_clip_full_size.py $HOME/full-size/open-clip        # all, 13 GB, or the names of some
    mvn -pl zsic-core -am test -Dtest=FullSizeTests -Dsurefire.failIfNoSpecifiedTests=false -Dzsic.full-size=$HOME/full-size

bench/run measures them, too. The environment is that of open_clip_models.py.
"""

import copy
import json
import sys
from pathlib import Path

import tiny_clip as tiny  # first: it prepares torchvision
import numpy as np
import open_clip
from open_clip.transform import PreprocessCfg, image_transform_v2
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file

import clip
import tiny_tokenizers
from open_clip_models import Sizes, fill

LABELS = ["fox", "a bear", "two seagulls", "an owl"]
TEMPLATE = "This is a photo of {}."
BIOMED = "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract"


def biomed_clip():
    """The published configuration of microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224."""
    vision = {"timm_model_name": "vit_base_patch16_224", "timm_model_pretrained": False, "timm_pool": ""}
    text = {"hf_model_name": BIOMED, "hf_tokenizer_name": BIOMED, "hf_proj_type": "mlp"}
    text |= {"hf_pooler_type": "cls_last_hidden_state_pooler", "context_length": 256}
    return {"embed_dim": 512, "vision_cfg": {**vision, "timm_proj": "linear", "image_size": 224}, "text_cfg": text}


def library(name):
    return lambda: copy.deepcopy(open_clip.get_model_config(name))


SQUASH = {"resize_mode": "squash", "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.5] * 3}
# By folder: configuration, preprocessing, tokenizer where the library has none.
MODELS = {
    "mobileclip2-s2": (library("MobileCLIP2-S2"), {"interpolation": "bilinear", "mean": [0] * 3, "std": [1] * 3}, None),
    "biomedclip": (biomed_clip, {}, tiny_tokenizers.bert),
    "convnext-large-d-320": (library("convnext_large_d_320"), {}, None),
    "eva02-l-14-336": (library("EVA02-L-14-336"), {}, None),
    "pe-core-l-14-336": (library("PE-Core-L-14-336"), SQUASH, None),
    "so400m-14-siglip2": (
        library("ViT-SO400M-14-SigLIP2"),
        {**SQUASH, "interpolation": "bicubic"},
        lambda folder: tiny_tokenizers.gemma(folder, masked=True),
    ),
}


def embeddings(model, preprocess, tokenizer, images):
    with torch.no_grad():
        pictures = torch.cat([model.encode_image(preprocess(x)[None], normalize=True) for x in images])
        texts = model.encode_text(tokenizer([TEMPLATE.format(x) for x in LABELS]), normalize=True)
    return pictures, texts


def write(folder, seed):
    make, preprocess, tokenizer = MODELS[folder.name]
    folder.mkdir(parents=True, exist_ok=True)
    if tokenizer:
        tokenizer(folder)
    content = {"model_cfg": make(), "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(content, indent=2) + "\n")
    # What BERT's configuration is by default is that of the base size.
    with Sizes({}, transformers.BertConfig()):
        model = open_clip.create_model(f"local-dir:{folder}", load_weights=False, pretrained_text=False).eval()
        fill(model, seed)
        prepared = image_transform_v2(PreprocessCfg(**model.visual.preprocess_cfg), False)
        words = open_clip.get_tokenizer(f"local-dir:{folder}")
        side = model.visual.image_size
        side = side[0] if isinstance(side, tuple) else side
        # Of the model's own size nothing has to be resized, and nothing but the model decides.
        image = Image.open(clip.PICTURES / "landscape.png").convert("RGB").resize((side, side))
        image.save(folder / "picture.png")
        pictures, texts = embeddings(model, prepared, words, [image, image.rotate(180)])
        spread = float((pictures @ texts.T).std())
        with torch.no_grad():
            model.logit_scale.fill_(float(np.round(np.log(min(2.0 / spread, 200.0)), 2)))
            if model.logit_bias is not None:
                centre = float((pictures @ texts.T).mean() * model.logit_scale.exp())
                model.logit_bias.fill_(-round(centre, 2))
        logits = model.logit_scale.detach().exp() * pictures[:1] @ texts.T
        bias = model.logit_bias
        scores = logits.softmax(dim=-1) if bias is None else torch.sigmoid(logits + bias.detach())
    save_file({n: x.contiguous() for n, x in model.state_dict().items()}, folder / "open_clip_model.safetensors")
    expected = {"labels": LABELS, "scores": clip.rounded(scores[0].tolist())}
    (folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
    size = sum(x.numel() for x in model.parameters())
    print(f"{folder.name}: {size / 1e6:.0f} M parameters, cosines {pictures[0] @ texts.T}, scores {expected['scores']}")


def main(out, *names):
    torch.set_num_threads(2)
    for seed, name in enumerate(MODELS):
        if not names or name in names:
            write(Path(out) / name, seed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
