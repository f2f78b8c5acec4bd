"""Writes the golden files of CLIP: random-weight checkpoints, pictures, and what Transformers' pipeline makes of them.

    python tools/golden/clip.py

README.md beside this file says in which environment.
"""

import json
import math
import platform
import shutil
import sys
from pathlib import Path

import tiny_clip as tiny  # first: it prepares torchvision
import numpy as np
import PIL
import tokenizers
import torch
import torchvision
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, CLIPConfig, CLIPImageProcessor, CLIPProcessor, pipeline
from transformers.image_utils import load_image

import pictures

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "zsic-core/src/test/resources/parity"
CHECKPOINTS = OUT / "checkpoints"
PICTURES = OUT / "pictures"
DECODED = OUT / "decoded"
TEMPLATE = "This is a photo of {}."
MERGES = 330

FIFTY = [
    "cat", "dog", "Fox", "BEAR", "a seagull", "an owl", " leading space", "trailing space ", "two  inner   spaces",
    "tab\tand\nnewline", "café", "cafe\u0301 au lait", "naïve façade", "Straße", "ÅNGSTRÖM", "İstanbul", "🦊", "🦉 owl",
    "👩‍👩‍👧", "🇨🇭 flag", "猫", "東京の夜", "고양이", "лиса", "Ελλάδα", "قطة", "ประเทศ", "3 apples", "12345",
    "the year 1984", "it's", "they're here", "I'LL", "dog's toy", "''quoted''", "rock 'n' roll", "red, green & blue",
    "50% off!", "C++", "e-mail@example.org", "#hashtag_with_underscores", "(parentheses)", "what?!", "...", "½ cup",
    "a zebrafish", "Zebrafish next to a quokka", "quokkas", "an old black and white photo of a crowded street at night",
    "<b>bold</b>",
]  # fmt: skip
LABEL_SETS = {
    "one": ["an owl"],
    "four": ["fox", "bear", "seagull", "owl"],
    "fifty": FIFTY,
}
TEXT_SAMPLES = ["This is a photo of fox.", "This is a photo of 東京の夜.", "Zebrafish next to a quokka", "🦉 owl"]
IMAGE_SAMPLES = ["landscape.png", "portrait.png", "tiny.png", "photo.jpg"]


def texts_of(tokenizer):
    prompts = [TEMPLATE.format(x) for x in FIFTY]
    return dict(tokenizer(prompts, padding=True, return_tensors="pt"))


def pixels_of(processor):
    images = [load_image(str(p)) for p in sorted(PICTURES.iterdir()) if p.suffix == ".png"]
    return torch.cat([processor(images=[i], return_tensors="pt")["pixel_values"] for i in images])


def build(tokenizer, text, vision, projection, processor, seed, logit_scale):
    eos = tokenizer.eos_token_id
    shared = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": eos, "pad_token_id": tokenizer.pad_token_id}
    config = CLIPConfig(
        text_config={
            **shared,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": tokenizer.model_max_length,
            "projection_dim": projection,
            **text,
        },
        vision_config={"projection_dim": projection, **vision},
        projection_dim=projection,
    )
    return tiny.model(config, seed, math.log(logit_scale), texts_of(tokenizer), pixels_of(processor))


def save(name, model, tokenizer, processor, **options):
    folder = CHECKPOINTS / name
    model.save_pretrained(folder, **options)
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def layers(width, heads, depth, **more):
    sizes = {"hidden_size": width, "num_attention_heads": heads, "num_hidden_layers": depth}
    return {**sizes, "intermediate_size": width * 2, **more}


def quickgelu_legacy_eos():
    """As OpenAI published: quick GELU, eos_token_id 2 in the configuration, so that pooling goes to the highest id."""
    tokenizer = tiny.tokenizer(MERGES, 77)
    processor = CLIPImageProcessor()
    vision = layers(16, 2, 2, image_size=224, patch_size=32)
    model = build(tokenizer, layers(24, 3, 2, eos_token_id=2), vision, 32, processor, 1, 40)
    save("quickgelu-legacy-eos", model, tokenizer, processor)


def gelu_modern_eos():
    """Exact GELU, the tokenizer's own end token, and two words whose ids are above it."""
    tokenizer = tiny.tokenizer(MERGES, 40, added=("zebrafish", "quokka"))
    processor = CLIPImageProcessor(size={"shortest_edge": 96}, crop_size={"height": 96, "width": 96})
    act = {"hidden_act": "gelu", "layer_norm_eps": 1e-6}
    vision = layers(20, 5, 3, image_size=96, patch_size=16, **act)
    model = build(tokenizer, layers(32, 4, 2, **act), vision, 48, processor, 2, 45)
    save("gelu-modern-eos", model, tokenizer, processor)


def legacy_preprocessor():
    """Files as they were written in 2021: integer sizes, merges as strings, *_config_dict that wins over *_config."""
    tokenizer = tiny.tokenizer(MERGES, 77)
    mean, std = [0.41, 0.52, 0.37], [0.31, 0.22, 0.27]
    size = {"size": {"shortest_edge": 64}, "crop_size": {"height": 64, "width": 64}}
    processor = CLIPImageProcessor(**size, image_mean=mean, image_std=std)
    act = {"hidden_act": "gelu_pytorch_tanh"}
    text, vision = layers(24, 2, 2, **act), layers(24, 4, 2, image_size=64, patch_size=16, **act)
    model = build(tokenizer, text, vision, 24, processor, 3, 50)
    folder = save("legacy-preprocessor", model, tokenizer, processor)
    preprocessor = {
        "crop_size": 64,
        "do_center_crop": True,
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor",
        "image_mean": mean,
        "image_std": std,
        "resample": 3,
        "size": 64,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor, indent=2) + "\n")

    def old_config(c):
        for part in ("text_config", "vision_config"):
            own = c[part]
            own.pop("dtype", None)
            c[part + "_dict"] = {k: v for k, v in own.items() if k not in ("layer_norm_eps", "model_type")}
            # What *_config_dict says, or leaves to the default, wins; these values must have no effect.
            own["layer_norm_eps"] = 0.01
            own["hidden_act"] = "quick_gelu"
        c["text_config"]["eos_token_id"] = 2
        c["torch_dtype"] = c.pop("dtype")
        c["transformers_version"] = "4.16.0.dev0"

    tiny.edit_json(folder / "config.json", old_config)

    def old_tokenizer(t):
        t["model"]["merges"] = [" ".join(pair) for pair in t["model"]["merges"]]
        for key in ("byte_fallback", "ignore_merges"):
            del t["model"][key]
        t["added_tokens"][0]["normalized"] = True
        split, bytes_ = t["pre_tokenizer"]["pretokenizers"]
        split["pattern"]["Regex"] = split["pattern"]["Regex"].removeprefix(r"<\|startoftext\|>|<\|endoftext\|>|")
        del bytes_["use_regex"]

    tiny.edit_json(folder / "tokenizer.json", old_tokenizer)
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "__type": "AddedToken"}
    old_tokenizer_config = {
        "unk_token": {"content": tiny.EOS, **special},
        "bos_token": {"content": tiny.BOS, **special},
        "eos_token": {"content": tiny.EOS, **special},
        "pad_token": tiny.EOS,
        "add_prefix_space": False,
        "errors": "replace",
        "do_lower_case": True,
        "model_max_length": 77,
        "tokenizer_class": "CLIPTokenizer",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(old_tokenizer_config) + "\n")


def storage_twins():
    """One set of weights in three storages. The pipeline runs them in float32, as the Java side does."""
    tokenizer = tiny.tokenizer(MERGES, 77)
    processor = CLIPImageProcessor(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64})
    vision = layers(24, 3, 2, image_size=64, patch_size=16)
    model = build(tokenizer, layers(24, 3, 2), vision, 32, processor, 4, 40)
    save("sharded", model, tokenizer, processor, max_shard_size="80KB")
    for name, dtype in (("float16", torch.float16), ("bfloat16", torch.bfloat16)):
        save(name, model.to(dtype), tokenizer, processor)
        model.float()


def position_ids():
    """The position_ids buffers that old files hold, bilinear resampling, and a crop smaller than the resize."""
    tokenizer = tiny.tokenizer(MERGES, 77, special_first=True)
    size = {"size": {"shortest_edge": 80}, "crop_size": {"height": 64, "width": 64}}
    processor = CLIPImageProcessor(**size, resample=2)
    vision = layers(24, 3, 2, image_size=64, patch_size=16, hidden_act="gelu")
    model = build(tokenizer, layers(24, 3, 2, hidden_act="gelu"), vision, 32, processor, 5, 40)
    folder = save("position-ids", model, tokenizer, processor)
    weights = load_file(folder / "model.safetensors")
    weights["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    weights["vision_model.embeddings.position_ids"] = torch.arange(17)[None]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    def left_over_settings(t):
        # What a tokenizer was last used with is saved with it; a call of the pipeline resets both.
        pad = {"direction": "Right", "pad_to_multiple_of": None, "pad_id": 1, "pad_type_id": 0, "pad_token": tiny.EOS}
        t["truncation"] = {"direction": "Right", "max_length": 9, "strategy": "LongestFirst", "stride": 0}
        t["padding"] = {"strategy": {"Fixed": 77}, **pad}

    tiny.edit_json(folder / "tokenizer.json", left_over_settings)


def processor_config():
    """Saved as CLIPProcessor saves today, one nested processor_config.json, and a crop larger than the resize."""
    tokenizer = tiny.tokenizer(MERGES, 77)
    size = {"size": {"shortest_edge": 43}, "crop_size": {"height": 48, "width": 48}}
    processor = CLIPImageProcessor(**size)
    vision = layers(16, 2, 2, image_size=48, patch_size=16)
    model = build(tokenizer, layers(16, 2, 2), vision, 20, processor, 6, 30)
    folder = CHECKPOINTS / "processor-config"
    model.save_pretrained(folder)
    tokenizer.backend_tokenizer.no_padding()
    CLIPProcessor(processor, tokenizer).save_pretrained(folder)
    # The nested member wins over the file of its own; these values must have no effect.
    stale = {"size": {"shortest_edge": 48}, "crop_size": {"height": 48, "width": 48}, "image_mean": [0, 0, 0]}
    (folder / "preprocessor_config.json").write_text(json.dumps(stale, indent=2) + "\n")


def many_patches():
    """145 tokens, above which attention is computed in another way in half precision."""
    tokenizer = tiny.tokenizer(MERGES, 77)
    processor = CLIPImageProcessor(size={"shortest_edge": 96}, crop_size={"height": 96, "width": 96})
    vision = layers(32, 4, 2, image_size=96, patch_size=8)
    model = build(tokenizer, layers(24, 3, 2), vision, 32, processor, 7, 40)
    save("many-patches", model, tokenizer, processor)


def very_many_patches():
    """577 tokens, of which not all heads go through half precision's attention at once."""
    tokenizer = tiny.tokenizer(MERGES, 77)
    processor = CLIPImageProcessor(size={"shortest_edge": 96}, crop_size={"height": 96, "width": 96})
    vision = layers(32, 8, 2, image_size=96, patch_size=4)
    model = build(tokenizer, layers(24, 3, 2), vision, 32, processor, 8, 40)
    save("very-many-patches", model, tokenizer, processor)


def decode(names):
    """The upright RGB pixels that the reference makes of each picture that is not a plain RGB PNG."""
    DECODED.mkdir(parents=True)
    for name in names:
        with Image.open(PICTURES / name) as image:
            plain = image.format == "PNG" and image.mode == "RGB" and not name.startswith("rgb16")
        if not plain:
            load_image(str(PICTURES / name)).save((DECODED / name).with_suffix(".png"), optimize=True)


def rounded(values):
    return [float(f"{v:.7g}") for v in values]


def scores_of(pipe, picture, labels, **options):
    answer = pipe(str(PICTURES / picture), candidate_labels=labels, **options)
    index = {label: i for i, label in enumerate(labels)}
    return {"order": [index[a["label"]] for a in answer], "scores": rounded(a["score"] for a in answer)}


def load_pipeline(name, dtype=torch.float32):
    pipe = pipeline(
        "zero-shot-image-classification", model=str(CHECKPOINTS / name), dtype=dtype, device="cpu", num_workers=0
    )
    assert pipe.image_processor.backend == "torchvision", pipe.image_processor
    assert pipe.model.dtype == dtype
    return pipe


def check_tokenizer(name, pipe):
    """tokenizer.json alone must give the ids that AutoTokenizer gives: the Java side reads only that file."""
    raw = tokenizers.Tokenizer.from_file(str(CHECKPOINTS / name / "tokenizer.json"))
    raw.no_truncation()
    raw.no_padding()
    auto = AutoTokenizer.from_pretrained(CHECKPOINTS / name)
    longest = 0
    for text in [*FIFTY, *(TEMPLATE.format(x) for x in FIFTY), *TEXT_SAMPLES, "", " "]:
        ids = auto(text)["input_ids"]
        assert ids == pipe.tokenizer(text)["input_ids"] == raw.encode(text).ids, (name, text)
        longest = max(longest, len(ids))
    assert longest <= pipe.model.config.text_config.max_position_embeddings, (name, longest)
    return longest


def check_traps(name, pipe, names):
    """What is in the files to mislead a reader must not mislead the reference, and must matter."""
    text, vision, processor = pipe.model.config.text_config, pipe.model.config.vision_config, pipe.image_processor
    size, crop = dict(processor.size), dict(processor.crop_size)
    if name == "legacy-preprocessor":
        for part in (text, vision):
            assert part.layer_norm_eps == 1e-5 and part.hidden_act == "gelu_pytorch_tanh"
        assert text.eos_token_id == pipe.tokenizer.eos_token_id == 843
        assert size == {"shortest_edge": 64} and crop == {"height": 64, "width": 64}
        assert processor.do_rescale and processor.do_convert_rgb and processor.rescale_factor == 1 / 255
    if name == "processor-config":
        assert size == {"shortest_edge": 43} and crop["height"] == 48 and processor.image_mean[0] > 0.4
    pipe.model.text_model.eos_token_id = 2 if text.eos_token_id != 2 else pipe.tokenizer.eos_token_id
    other_pooling = [by_label(scores_of(pipe, n, FIFTY)) for n in names]
    pipe.model.text_model.eos_token_id = text.eos_token_id
    difference = max(np.abs(o - by_label(scores_of(pipe, n, FIFTY))).max() for o, n in zip(other_pooling, names))
    matters = name in ("gelu-modern-eos", "position-ids")
    assert (difference > 0.01) if matters else difference == 0, (name, difference)


def embeddings(pipe):
    def unit(t):
        t = t.pooler_output[0].double()
        return rounded((t / t.norm()).tolist())

    images, texts = {}, {}
    with torch.no_grad():
        for picture in IMAGE_SAMPLES:
            pixels = pipe.image_processor(images=[load_image(str(PICTURES / picture))], return_tensors="pt")
            images[picture] = unit(pipe.model.get_image_features(**pixels))
        for text in TEXT_SAMPLES:
            texts[text] = unit(pipe.model.get_text_features(**pipe.tokenizer([text], return_tensors="pt")))
    return images, texts


def by_label(case):
    return np.array(case["scores"])[np.argsort(case["order"])]


def main():
    for folder in (CHECKPOINTS, PICTURES, DECODED):
        shutil.rmtree(folder, ignore_errors=True)
    names = pictures.draw(PICTURES)
    decode(names)
    for write in (
        quickgelu_legacy_eos,
        gelu_modern_eos,
        legacy_preprocessor,
        storage_twins,
        position_ids,
        processor_config,
        many_patches,
        very_many_patches,
    ):
        write()

    for file in CHECKPOINTS.rglob("*.safetensors"):
        file.chmod(0o644)

    golden = {
        "generator": "tools/golden/clip.py",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
            "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__,
            "pillow": PIL.__version__,
        },
        "dtype": "float32",
        "labelSets": LABEL_SETS,
        "cases": [],
        "imageEmbeddings": [],
        "textEmbeddings": [],
        "halfPrecision": [],
    }
    for folder in sorted(CHECKPOINTS.iterdir()):
        name = folder.name
        pipe = load_pipeline(name)
        longest = check_tokenizer(name, pipe)
        check_traps(name, pipe, names)
        cases = []
        for labels in LABEL_SETS:
            for picture in names:
                scores = scores_of(pipe, picture, LABEL_SETS[labels])
                cases.append({"checkpoint": name, "picture": picture, "labels": labels, **scores})
        for template in ("{}", "a drawing of a {}"):
            for picture in ("landscape.png", "photo.jpg"):
                scores = scores_of(pipe, picture, FIFTY, hypothesis_template=template)
                case = {"checkpoint": name, "picture": picture, "labels": "fifty", "template": template}
                cases.append({**case, **scores})
        golden["cases"] += cases
        images, texts = embeddings(pipe)
        golden["imageEmbeddings"] += [{"checkpoint": name, "picture": k, "values": v} for k, v in images.items()]
        golden["textEmbeddings"] += [{"checkpoint": name, "text": k, "values": v} for k, v in texts.items()]
        summary(name, folder, cases, longest)
        if name in ("float16", "bfloat16"):
            half = load_pipeline(name, getattr(torch, name))
            worst = {}
            for case in cases:
                if case["labels"] != "one" and "template" not in case:
                    other = scores_of(half, case["picture"], LABEL_SETS[case["labels"]])
                    difference = np.abs(by_label(case) - by_label(other))
                    found = (difference.max(), case["order"][0] != other["order"][0])
                    worst.setdefault(case["labels"], []).append(found)
            for labels, found in worst.items():
                golden["halfPrecision"].append(
                    {
                        "checkpoint": name,
                        "labels": labels,
                        "largestDifference": float(f"{max(d for d, _ in found):.3g}"),
                        "pictures": len(found),
                        "otherBestLabel": sum(bool(o) for _, o in found),
                    }
                )
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":"))
    (OUT / "clip.json").write_text(text.replace('},{"checkpoint"', '},\n{"checkpoint"') + "\n", encoding="utf-8")
    for line in golden["halfPrecision"]:
        print(line)


def summary(name, folder, cases, longest):
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{name}: {size / 1000:.0f} kB, longest prompt {longest} ids")
    for labels in ("four", "fifty"):
        found = [c for c in cases if c["labels"] == labels and "template" not in c]
        best = {c["order"][0] for c in found}
        top = np.array([c["scores"][0] for c in found])
        gap = min((-np.diff(c["scores"])).min() for c in found)
        print(
            f"  {labels}: {len(best)} different best labels over {len(found)} pictures, best score "
            f"{top.min():.3f} .. {np.median(top):.3f} .. {top.max():.3f}, smallest gap between neighbours {gap:.1e}"
        )


if __name__ == "__main__":
    sys.exit(main())
