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
from safetensors.torch import load_file, save_file
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
            elif any(x in name for x in ("norm", "Norm", "pre_LN", "_bn.")) and name.endswith("weight"):
                p.copy_(1 + 0.2 * noise)
            elif name.endswith("bias"):
                p.copy_(0.2 * noise)
            elif any(x in name for x in ("position_embedding", "class_embedding", "token_type", "cls_token", "register_")):
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
    return {"siglip": nothing, "siglip2-fixed": nothing}


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
    return {"siglip2-naflex": nothing}


def dual_encoder(name, model_class, config, processor, seed, text_bias, vision_bias, scale=40):
    """A model whose embeddings come from get_text_features and get_image_features."""
    tokenizer = AutoTokenizer.from_pretrained(CHECKPOINTS / name)
    texts = tokenizer(TEXTS, padding=True, return_tensors="pt")
    images = pictures_for(processor)
    model = model_class(config)
    centres = [
        (text_bias(model), lambda: text_states(model, texts)),
        (vision_bias(model), lambda: torch.cat([model.vision_model(**i).pooler_output for i in images])),
    ]
    spread(model, seed, centres, logit_scale=math.log(scale))
    save(name, model, processor)
    return model


def text_states(model, texts):
    """What the projection of texts reads."""
    seen = {}
    hook = model.text_projection.register_forward_hook(lambda module, inputs, output: seen.update(x=inputs[0]))
    model.get_text_features(**texts)
    hook.remove()
    return seen["x"]


def vision_norm(model):
    return model.vision_model.post_layernorm.bias


def metaclip_2():
    """The end token is 2, which for CLIP would mean the highest id."""
    from transformers import CLIPImageProcessor, MetaClip2Config, MetaClip2Model

    size = tiny_tokenizers.xlm_roberta(fresh("metaclip-2"), model_max_length=77)
    ids = {"vocab_size": size, "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
    config = MetaClip2Config(
        text_config=layers(24, 3, 2, **ids, projection_dim=32),
        vision_config=layers(24, 3, 2, image_size=64, patch_size=16, projection_dim=32),
        projection_dim=32,
    )
    processor = CLIPImageProcessor(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64})
    norm = lambda model: model.text_model.final_layer_norm.bias
    dual_encoder("metaclip-2", MetaClip2Model, config, processor, 14, norm, vision_norm)
    return {"metaclip-2": nothing}


def chinese_clip():
    """BERT for texts; pictures squashed, as the published ones are."""
    from transformers import ChineseCLIPConfig, ChineseCLIPImageProcessor, ChineseCLIPModel

    size = tiny_tokenizers.bert(fresh("chinese-clip"))
    config = ChineseCLIPConfig(
        text_config=layers(24, 3, 2, vocab_size=size, max_position_embeddings=128),
        vision_config=layers(24, 3, 2, image_size=64, patch_size=16, projection_dim=32),
        projection_dim=32,
    )
    processor = ChineseCLIPImageProcessor(size={"height": 64, "width": 64}, do_center_crop=False)
    norm = lambda model: model.text_model.encoder.layer[-1].output.LayerNorm.bias
    dual_encoder("chinese-clip", ChineseCLIPModel, config, processor, 15, norm, vision_norm)
    return {"chinese-clip": nothing}


def altclip():
    """XLM-RoBERTa for texts, with its own norm and projection behind it. Transformers 5 does not write the names of the
    vision tower that the published checkpoints have."""
    from transformers import AltCLIPConfig, AltCLIPModel, CLIPImageProcessor

    size = tiny_tokenizers.xlm_roberta(fresh("altclip"))
    config = AltCLIPConfig(
        text_config=layers(24, 3, 2, vocab_size=size, max_position_embeddings=96, project_dim=28),
        vision_config=layers(24, 3, 2, image_size=64, patch_size=16, projection_dim=32),
        projection_dim=32,
    )
    processor = CLIPImageProcessor(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64})
    bias = lambda model: model.text_model.transformation.bias
    dual_encoder("altclip", AltCLIPModel, config, processor, 16, bias, vision_norm)

    def publish():
        file = CHECKPOINTS / "altclip/model.safetensors"
        weights = load_file(file)
        names = {n: n.replace("layer.", "layers.") if n.startswith("vision_model.") else n for n in weights}
        assert names != {n: n for n in weights}
        save_file({names[n]: w for n, w in weights.items()}, file, metadata={"format": "pt"})

    return {"altclip": publish}


def clipseg():
    """Pictures larger than the position embeddings. The published checkpoints have all names behind a prefix and a decoder
    beside; the pipeline does not find the weights there, so it gets them without, and zsic the published form."""
    from transformers import CLIPSegConfig, CLIPSegForImageSegmentation, CLIPSegModel, ViTImageProcessor

    tokenizer = tiny.tokenizer(clip.MERGES, 77)
    folder = fresh("clipseg")
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.save_pretrained(folder)
    ids = {"vocab_size": len(tokenizer), "bos_token_id": tokenizer.bos_token_id, "pad_token_id": 1, "eos_token_id": 2}
    config = CLIPSegConfig(
        text_config=layers(24, 3, 2, **ids),
        vision_config=layers(24, 3, 2, image_size=64, patch_size=16),
        projection_dim=32,
        reduce_dim=8,
        extract_layers=[0, 1],
        decoder_intermediate_size=16,
    )
    processor = ViTImageProcessor(
        size={"height": 88, "width": 104}, image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225]
    )
    norm = lambda model: model.text_model.final_layer_norm.bias
    model = dual_encoder("clipseg", CLIPSegModel, config, processor, 17, norm, vision_norm)
    whole = CLIPSegForImageSegmentation(config)
    whole.clip = model
    return {"clipseg": lambda: whole.save_pretrained(folder)}


def blip():
    """BERT with a pooler and a decoder's unused attention to pictures."""
    from transformers import BlipConfig, BlipImageProcessor, BlipModel

    # The model takes no token types; the published tokenizers do not give them.
    size = tiny_tokenizers.bert(fresh("blip"), model_input_names=["input_ids", "attention_mask"])
    config = BlipConfig(
        text_config=layers(24, 3, 2, vocab_size=size, max_position_embeddings=128, encoder_hidden_size=24),
        vision_config=layers(24, 3, 2, image_size=64, patch_size=16),
        projection_dim=32,
    )
    processor = BlipImageProcessor(size={"height": 64, "width": 64})
    bias = lambda model: model.text_model.pooler.dense.bias
    dual_encoder("blip", BlipModel, config, processor, 18, bias, vision_norm)
    return {"blip": nothing}


def blip_2():
    """Six queries; attention to the picture in every second layer of the Q-Former."""
    from transformers import Blip2Config, Blip2ForImageTextRetrieval, BlipImageProcessor

    folder = fresh("blip-2")
    size = tiny_tokenizers.bert(folder, model_input_names=["input_ids", "attention_mask"])
    qformer = layers(24, 3, 3, vocab_size=size, max_position_embeddings=128, encoder_hidden_size=32)
    config = Blip2Config(
        vision_config=layers(32, 4, 2, image_size=64, patch_size=16),
        qformer_config={**qformer, "cross_attention_frequency": 2, "use_qformer_text_input": True},
        text_config={"model_type": "opt", **{"hidden_size": 8, "num_hidden_layers": 1, "ffn_dim": 8, "vocab_size": 20}},
        num_query_tokens=6,
        image_text_hidden_size=16,
        image_token_index=None,
    )
    processor = BlipImageProcessor(size={"height": 64, "width": 64})
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = tokenizer(TEXTS, padding=True, return_tensors="pt")
    images = pictures_for(processor)
    model = Blip2ForImageTextRetrieval(config)

    def states(projection):
        seen = []
        hook = projection.register_forward_hook(lambda module, inputs, output: seen.append(output.flatten(0, -2)))
        for image in images:
            model(**image, **texts)
        hook.remove()
        return torch.cat(seen)

    centres = [
        (model.vision_projection.bias, lambda: states(model.vision_projection)),
        (model.text_projection.bias, lambda: states(model.text_projection)),
    ]
    spread(model, 19, centres)
    save("blip-2", model, processor)
    return {"blip-2": nothing}


def align():
    """Every kind of block: expanding or not, of stride 1 and 2, with both paddings, repeated; the published processor."""
    from transformers import AlignConfig, AlignModel, EfficientNetImageProcessor

    size = tiny_tokenizers.bert(fresh("align"), model_max_length=64)
    config = AlignConfig(
        text_config=layers(24, 3, 2, vocab_size=size, max_position_embeddings=128),
        vision_config={
            "width_coefficient": 0.5,
            "depth_coefficient": 1.1,
            "depth_divisor": 4,
            "kernel_sizes": [3, 5, 3],
            "in_channels": [32, 16, 24],
            "out_channels": [16, 24, 48],
            "depthwise_padding": [3],
            "strides": [1, 2, 2],
            "num_block_repeats": [1, 1, 1],
            "expand_ratios": [1, 6, 2],
            "hidden_dim": 64,
            "image_size": 60,
        },
        projection_dim=24,
        temperature_init_value=0.03,
    )
    processor = EfficientNetImageProcessor(
        size={"height": 70, "width": 70}, crop_size={"height": 61, "width": 61}, do_center_crop=True, resample=2,
        do_normalize=False, include_top=False, rescale_factor=1 / 127.5, rescale_offset=True,
    )  # fmt: skip
    rng = np.random.default_rng(20)
    model = AlignModel(config)
    for name, buffer in sorted(model.named_buffers()):
        noise = torch.from_numpy(np.asarray(rng.standard_normal(buffer.shape), dtype=np.float32))
        if name.endswith("running_mean"):
            buffer.copy_(0.2 * noise)
        elif name.endswith("running_var"):
            buffer.copy_(0.1 + noise.abs() * 0.05)
    tokenizer = AutoTokenizer.from_pretrained(CHECKPOINTS / "align")
    texts = tokenizer(TEXTS, padding=True, return_tensors="pt")
    images = pictures_for(processor)
    centres = [
        (model.text_projection.bias, lambda: model.get_text_features(**texts).pooler_output),
        (
            model.vision_model.encoder.blocks[-1].projection.project_bn.bias,
            lambda: torch.cat([model.vision_model(**i).pooler_output for i in images]),
        ),
    ]
    spread(model, 20, centres, temperature=0.03)
    save("align", model, processor)
    return {"align": nothing}


def tipsv2():
    """As published: no temperature among the weights, whose names Transformers turns back when it saves. Then one with a
    temperature, a gated MLP, two registers and no biases for the attention, for pictures of 104 x 88 on position
    embeddings for 64 x 64."""
    from transformers import Tipsv2Config, Tipsv2ImageProcessor, Tipsv2Model

    def make(name, seed, size, temperature, **vision):
        folder = fresh(name)
        vocabulary = tiny_tokenizers.tipsv2(folder)
        config = Tipsv2Config(
            text_config=layers(24, 3, 2, vocab_size=vocabulary),
            vision_config=dict(hidden_size=24, num_attention_heads=3, num_hidden_layers=2, image_size=64, patch_size=16, **vision),
            temperature_init_value=0.03,
        )
        processor = Tipsv2ImageProcessor(size=size)
        texts = AutoTokenizer.from_pretrained(folder)(TEXTS, padding=True, return_tensors="pt")
        images = pictures_for(processor)
        model = Tipsv2Model(config)
        centres = [
            (model.text_model.final_layer_norm.bias, lambda: model.get_text_features(**texts).pooler_output),
            (
                model.vision_model.layernorm.bias,
                lambda: torch.cat([model.get_image_features(**i).pooler_output for i in images]),
            ),
        ]
        spread(model, seed, centres, temperature=temperature)
        save(name, model, processor)
        return folder

    file = make("tipsv2", 21, {"height": 64, "width": 64}, 0.03, mlp_ratio=2.6) / "model.safetensors"
    weights = load_file(file)
    del weights["temperature"]
    save_file(weights, file, metadata={"format": "pt"})
    make("tipsv2-gated", 22, {"height": 88, "width": 104}, 0.04, use_swiglu_ffn=True, num_register_tokens=2, qkv_bias=False)
    return {"tipsv2": nothing, "tipsv2-gated": nothing}


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


def nothing():
    """A checkpoint that is recorded as it is published."""


def record(name, publish):
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
    publish()
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


ALL = {
    function.__name__: function
    for function in (siglip, siglip2, metaclip_2, chinese_clip, altclip, clipseg, blip, blip_2, align, tipsv2)
}


def main(names):
    for name in names or ALL:
        cases = []
        for checkpoint, publish in ALL[name]().items():
            cases += record(checkpoint, publish)
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
