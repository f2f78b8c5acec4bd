"""Writes the golden files of OpenCLIP's layout: checkpoints with random weights, made and run by OpenCLIP itself, with its
own preprocessing, tokenizers and scores.

    python tools/golden/open_clip_models.py            # all, or the names of some
    python tools/golden/open_clip_models.py siglip

README.md beside this file says in which environment; also `pip install timm==1.0.29`.

Each is a configuration of the library, made smaller in depth and width only. Those sizes of towers that come from timm or
from Transformers are not in the configuration; here they are given to the libraries when the model is made.
"""

import copy
import json
import shutil
import sys
from pathlib import Path

import tiny_clip as tiny  # first: it prepares torchvision
import numpy as np
import open_clip
import open_clip.hf_model
import open_clip.timm_model
from open_clip.transform import PreprocessCfg, image_transform_v2
import timm
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file

import clip
import tiny_tokenizers
from clip_vocabulary import MORE
from tokenizers_by_class import TEXTS

OUT = clip.OUT.parent / "open-clip"
TEMPLATE = "This is a photo of {}."
LABELS = ["fox", "a BEAR, brown", "seagull_at sea", "12 owls", "it's caf&eacute; &amp; tea", "two  cats", "猫 dog's"]
LABELS.append("a very " + "long, long and old " * 25 + "story of the sea")

# A picture of parity/pictures, cut to a size at its upper left corner. In three of the crops one side rounds up.
PICTURES = [("landscape.png", None), ("landscape.png", (300, 299)), ("portrait.png", (219, 331)), ("wide.png", (1000, 60))]
PICTURES += [("tiny.png", None), ("palette.png", (199, 150))]


# ---------------------------------------------------------------------------------------------- the library


class Sizes:
    """What the libraries are told beside the names of models."""

    def __init__(self, trunk, text):
        self.trunk, self.text = trunk, text
        self.created = timm.create_model
        self.configured = transformers.AutoConfig.from_pretrained

    def __enter__(self):
        narrow = self.trunk.pop("narrow", None)
        if narrow:
            # This one makes the step before its layers by itself, in full width.
            vit = timm.models.vision_transformer_hybrid
            stem = vit.ConvStem
            vit.ConvStem = lambda channels, **more: stem(channels=(narrow // 4, narrow // 4, narrow), **more)
            self.trunk["embed_dim"] = narrow
        open_clip.timm_model.timm.create_model = lambda name, **more: self.created(name, **{**more, **self.trunk})
        open_clip.hf_model.AutoConfig.from_pretrained = (
            lambda name, **more: self.configured(name, **more) if more else self.text
        )

    def __exit__(self, *_):
        open_clip.timm_model.timm.create_model = self.created
        open_clip.hf_model.AutoConfig.from_pretrained = self.configured


def fill(model, seed):
    """Every parameter random, biases too, and what batch norms have counted."""
    rng = np.random.default_rng(seed)
    tensors = {n: x for n, x in model.state_dict().items() if x.is_floating_point()}
    with torch.no_grad():
        for name, p in sorted(tensors.items()):
            noise = torch.from_numpy(np.asarray(rng.standard_normal(p.shape), dtype=np.float32))
            if name in ("logit_scale", "logit_bias"):
                pass
            elif name.endswith("running_var"):
                p.copy_(0.5 + rng.random() + 0.1 * noise.abs())
            elif "layer_scale" in name:
                p.copy_(0.2 + 0.04 * noise)
            elif p.dim() == 1 and name.endswith(("weight", "gamma")):
                p.copy_(1 + 0.2 * noise)
            elif p.dim() <= 1:
                p.copy_(0.2 * noise)
            elif "token_embedding" in name or "word_embeddings" in name:
                p.copy_(0.8 * noise)
            elif any(x in name for x in ("pos", "token", "latent", "query")) and "proj" not in name:
                p.copy_(0.3 * noise)
            elif p.dim() == 4 and p.shape[-1] >= 8:
                coarse = noise[..., ::4, ::4].repeat_interleave(4, dim=-1).repeat_interleave(4, dim=-2)
                p.copy_((coarse[..., : p.shape[2], : p.shape[3]] + 0.1 * noise) / p[0].numel() ** 0.5)
            elif p.dim() == 4 and p.shape[1] == 1 and p.shape[0] > 1:
                p.copy_(noise / p[0].numel() ** 0.5)
            else:
                fan = p.shape[0] if name.endswith(("text_projection", "visual.proj")) else p[0].numel()
                p.copy_(noise / fan**0.5)


def centre(tensors, name, matrix, features):
    """Moves a bias so that what comes of it, perhaps by a matrix, is centred on zero: else all cosines are alike."""
    mean = features().double().mean(dim=0)
    if matrix is not None:
        weight = tensors[matrix].double()
        weight = weight if matrix.endswith(".weight") else weight.t()
        mean = torch.linalg.lstsq(weight, mean[:, None]).solution[:, 0]
    tensors[name].sub_(torch.round(mean * 50).float() / 50)


def cut(picture, size):
    image = Image.open(clip.PICTURES / picture)
    image = image.convert("RGB")
    return image if size is None else image.crop((0, 0, *size))


def own_size(side):
    """A picture that needs no resize."""
    return Image.open(clip.PICTURES / "landscape.png").convert("RGB").crop((20, 10, 20 + side, 10 + side))


def features_of(model, preprocess, tokenizer):
    side = model.visual.image_size
    side = side[0] if isinstance(side, tuple) else side
    images = [own_size(side) if side <= 290 else cut("landscape.png", None).resize((side, side))]
    images += [cut(*picture) for picture in PICTURES]
    with torch.no_grad():
        pictures = torch.cat([model.encode_image(preprocess(x)[None], normalize=True) for x in images[1:]])
        texts = model.encode_text(tokenizer([TEMPLATE.format(x) for x in LABELS]), normalize=True)
        exact = model.encode_image(preprocess(images[0])[None], normalize=True) if side <= 290 else None
    return side, exact, pictures, texts


# -------------------------------------------------------------------------------------------------- models


def clip_tokenizer(folder):
    tokenizer = tiny.tokenizer(300, 77)
    tokenizer.save_pretrained(folder)
    return len(tokenizer)


def t5_tokenizer(folder):
    """As timm's repositories of SigLIP have it: T5's class, with the end token for padding."""
    folder.mkdir(parents=True, exist_ok=True)
    proto = tiny_tokenizers.sentencepiece_model(
        folder / "made.model", 320, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, normalization_rule_name="identity"
    )
    (folder / "made.model").unlink()
    transformers.T5Tokenizer([(p.piece, p.score) for p in proto.pieces], pad_token="</s>", extra_ids=0).save_pretrained(folder)
    return len(proto.pieces)


def gemma_tokenizer(folder):
    return tiny_tokenizers.gemma(folder, masked=True)


def bert_tokenizer(folder):
    return tiny_tokenizers.bert(folder)


def xlm_roberta_tokenizer(folder):
    return tiny_tokenizers.xlm_roberta(folder)


def shrunk(name, vision=None, text=None, **more):
    config = copy.deepcopy(open_clip.get_model_config(name))
    config["vision_cfg"].update(vision or {})
    config["text_cfg"].update(text or {})
    config.update(more)
    return config


class Model:
    """A checkpoint: the configuration, what the libraries are told, which tokenizer it gets, and how it is centred."""

    def __init__(self, config, tokenizer, image, text, trunk=None, text_config=None, half=True, preprocess=None):
        self.config, self.tokenizer, self.image, self.text = config, tokenizer, image, text
        self.sizes = Sizes(trunk or {}, text_config)
        self.half = half
        self.preprocess = preprocess or {}

    def save(self, name, seed):
        folder = OUT / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        config = self.config
        vocabulary = self.tokenizer(folder)
        if "hf_model_name" not in config["text_cfg"]:
            config["text_cfg"]["vocab_size"] = vocabulary
        config["text_cfg"].setdefault("hf_tokenizer_name", f"acme/{name}")
        self.write(folder, config)
        with self.sizes:
            model = open_clip.create_model(f"local-dir:{folder}", load_weights=False, pretrained_text=False).eval()
            fill(model, seed)
            preprocess = image_transform_v2(PreprocessCfg(**model.visual.preprocess_cfg), False)
            tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
            tensors = model.state_dict()
            with torch.no_grad():
                for part in ((self.image, 2), (self.text, 3)):
                    if part[0] is not None:
                        raw = lambda: self.raw(model, preprocess, tokenizer)[part[1] - 2]
                        centre(tensors, *part[0], raw)
                _, _, pictures, texts = features_of(model, preprocess, tokenizer)
                spread = (pictures @ texts.T).std(dim=1).mean()
                model.logit_scale.fill_(float(np.round(np.log(min(2.0 / float(spread), 200.0)), 2)))
                if model.logit_bias is not None:
                    model.logit_bias.fill_(-1.5)
            weights = {n: (x.half() if self.half and x.is_floating_point() else x) for n, x in model.state_dict().items()}
            save_file({n: x.contiguous() for n, x in weights.items()}, folder / "open_clip_model.safetensors")
        return folder

    def write(self, folder, config):
        preprocess = {
            "mean": [0.48145466, 0.4578275, 0.40821073],
            "std": [0.26862954, 0.26130258, 0.27577711],
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        }
        content = {"model_cfg": config, "preprocess_cfg": {**preprocess, **self.preprocess}}
        (folder / "open_clip_config.json").write_text(json.dumps(content, indent=2) + "\n")

    @staticmethod
    def raw(model, preprocess, tokenizer):
        images = [cut(*picture) for picture in PICTURES]
        return (
            torch.cat([model.encode_image(preprocess(x)[None]) for x in images]),
            model.encode_text(tokenizer([TEMPLATE.format(x) for x in LABELS])),
        )

    def record(self, name, variants=({},)):
        folder = OUT / name
        original = (folder / "open_clip_config.json").read_text()
        cases = []
        for variant in variants:
            content = json.loads(original)
            content["preprocess_cfg"].update(variant)
            (folder / "open_clip_config.json").write_text(json.dumps(content, indent=2) + "\n")
            with self.sizes:
                model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
                model.eval()
                tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
                side, exact, pictures, texts = features_of(model, preprocess, tokenizer)
            for (picture, size), image in zip([("own", (side, side)), *PICTURES], [exact, *pictures]):
                if image is None:
                    continue
                logits = model.logit_scale.exp() * image.reshape(1, -1) @ texts.T
                if model.logit_bias is not None:
                    logits = logits + model.logit_bias
                scores = torch.sigmoid(logits) if model.logit_bias is not None else logits.softmax(dim=-1)
                case = {"checkpoint": name, "picture": picture, "scores": clip.rounded(scores[0].tolist())}
                if size is not None:
                    case["size"] = size
                if variant:
                    case["preprocess"] = variant
                cases.append(case)
        (folder / "open_clip_config.json").write_text(original)
        for file in folder.rglob("*"):
            file.chmod(0o644)
        kilobytes = sum(f.stat().st_size for f in folder.iterdir()) / 1000
        found = np.array([c["scores"] for c in cases])
        print(f"{name}: {kilobytes:.0f} kB, scores {found.min():.4f} .. {found.max():.4f}, deviation {found.std(0).mean():.3f}")
        return cases


def plain():
    """OpenCLIP's own towers, and every way to prepare pictures."""
    vision = {"width": 36, "layers": 2, "head_width": 12, "patch_size": 16, "image_size": 80, "mlp_ratio": 3.0}
    config = shrunk("ViT-B-16", vision, {"width": 32, "heads": 4, "layers": 2, "context_length": 24}, embed_dim=40)
    return Model(config, clip_tokenizer, ("visual.ln_post.bias", "visual.proj"), ("ln_final.bias", "text_projection"))


LAST = ("text.text_projection.bias", None)


def siglip():
    trunk = {"embed_dim": 48, "depth": 2, "mlp_ratio": 2.0}
    config = shrunk("ViT-B-16-SigLIP", text={"width": 48, "layers": 2, "mlp_ratio": 2.0}, embed_dim=48)
    return Model(config, t5_tokenizer, ("visual.trunk.attn_pool.mlp.fc2.bias", None), LAST, trunk)


def siglip2():
    """Activation by tanh in both towers; heads that are not 64 wide in the original, either."""
    trunk = {"embed_dim": 48, "depth": 1, "mlp_ratio": 2.0}
    text = {"width": 48, "layers": 1, "mlp_ratio": 2.0}
    config = shrunk("ViT-SO400M-16-SigLIP2-256", text=text, embed_dim=48)
    return Model(config, gemma_tokenizer, ("visual.trunk.attn_pool.mlp.fc2.bias", None), LAST, trunk)


def marqo():
    """As Marqo's models: float32, under names of a repository that also has others."""
    trunk = {"embed_dim": 24, "depth": 1, "mlp_ratio": 2.0}
    text = {"width": 24, "layers": 2, "mlp_ratio": 2.0}
    config = shrunk("ViT-B-16-SigLIP", text=text, embed_dim=24, init_logit_scale=2.3)
    return Model(config, t5_tokenizer, ("visual.trunk.attn_pool.mlp.fc2.bias", None), LAST, trunk, half=False)


def clipa():
    """No norm before the layers, an average behind them, another separator, and the last token of a text."""
    vision = {"width": 32, "layers": 2, "head_width": 8, "mlp_ratio": 2.0}
    text = {"width": 32, "heads": 4, "layers": 2, "mlp_ratio": 2.0}
    config = shrunk("ViT-L-14-CLIPA", vision, text, embed_dim=32)
    preprocess = {"resize_mode": "squash", "interpolation": "bilinear", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    image, texts = ("visual.ln_post.bias", "visual.proj"), ("ln_final.bias", "text_projection")
    return Model(config, bert_tokenizer, image, texts, preprocess=preprocess)


def worldwide():
    """The first token that ends a text, by its id, and quick GELU."""
    vision = {"width": 32, "layers": 2, "head_width": 16, "patch_size": 28}
    text = {"width": 32, "heads": 4, "layers": 2, "mlp_ratio": 2.0}
    config = shrunk("ViT-L-14-worldwide-quickgelu", vision, text, embed_dim=32)
    image, texts = ("visual.ln_post.bias", "visual.proj"), ("ln_final.bias", "text_projection")
    return Model(config, t5_tokenizer, image, texts)


def layer_scale():
    """Scaled residuals, the names of CustomTextCLIP, and a class token of the text that overrides its pooling."""
    vision = {"width": 32, "layers": 2, "head_width": 16, "patch_size": 28, "ls_init_value": 0.1}
    text = {"width": 32, "heads": 4, "layers": 2, "ls_init_value": 0.1, "embed_cls": True, "proj_type": "none"}
    config = shrunk("ViT-M-32-alt", {**vision, "norm_kwargs": {"eps": 1e-4}}, text, embed_dim=32, custom_text=True)
    return Model(config, clip_tokenizer, ("visual.ln_post.bias", "visual.proj"), ("text.ln_final.bias", None))


def biomed():
    """BiomedCLIP: timm's plain ViT with a class token and a projection; BERT, its first token, and two projections."""
    vision = {"timm_model_name": "vit_base_patch16_224", "timm_model_pretrained": False, "timm_pool": "", "timm_proj": "linear"}
    text = {"hf_model_name": "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract", "hf_proj_type": "mlp"}
    text |= {"hf_pooler_type": "cls_last_hidden_state_pooler", "context_length": 40}
    config = {"embed_dim": 32, "vision_cfg": {**vision, "image_size": 224}, "text_cfg": text}
    sizes = {"hidden_size": 64, "num_attention_heads": 1, "num_hidden_layers": 2, "intermediate_size": 96}
    bert = transformers.BertConfig(**sizes, vocab_size=900, max_position_embeddings=48)
    trunk = {"embed_dim": 36, "depth": 2, "mlp_ratio": 2.0}
    image = ("visual.trunk.norm.bias", "visual.head.proj.weight")
    return Model(config, bert_tokenizer, image, None, trunk, bert)


def roberta():
    """The average of all tokens, and one projection."""
    vision = {"width": 24, "layers": 1, "head_width": 12}
    config = shrunk("xlm-roberta-base-ViT-B-32", vision, {"hf_proj_type": "linear", "context_length": 40}, embed_dim=32)
    sizes = {"hidden_size": 64, "num_attention_heads": 1, "num_hidden_layers": 2, "intermediate_size": 96}
    sizes |= {"vocab_size": 340, "max_position_embeddings": 44, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
    text = transformers.XLMRobertaConfig(**sizes)
    image = ("visual.ln_post.bias", "visual.proj")
    last = ("text.transformer.encoder.layer.1.output.LayerNorm.bias", "text.proj.weight")
    return Model(config, xlm_roberta_tokenizer, image, last, None, text)


def pooled_bert():
    """BERT's own pooler without a projection; a ViT of CLIP in timm with an average and a bias behind it."""
    vision = {"timm_model_name": "vit_base_patch16_clip_224", "timm_pool": "avg", "timm_proj": "linear", "timm_proj_bias": True}
    text = {"hf_model_name": "bert-base-uncased", "hf_proj_type": None, "hf_pooler_type": "cls_pooler", "context_length": 40}
    config = {"embed_dim": 64, "vision_cfg": {**vision, "image_size": 224}, "text_cfg": text}
    sizes = {"hidden_size": 64, "num_attention_heads": 1, "num_hidden_layers": 1, "intermediate_size": 96}
    bert = transformers.BertConfig(**sizes, vocab_size=900, max_position_embeddings=48)
    trunk = {"embed_dim": 36, "depth": 2, "mlp_ratio": 2.0, "init_values": 1.0}
    return Model(config, bert_tokenizer, ("visual.head.proj.bias", None), None, trunk, bert)


def perception():
    """PE-Core: positions that turn queries and keys, beside learned ones, and attention pooling with heads of its own."""
    text = {"width": 32, "heads": 4, "layers": 1, "context_length": 32, "mlp_ratio": 2.0}
    config = shrunk("PE-Core-B-16", text=text, embed_dim=32)
    preprocess = {"resize_mode": "squash", "interpolation": "bilinear", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
    trunk = {"embed_dim": 48, "depth": 2, "mlp_ratio": 2.0, "attn_pool_mlp_ratio": 2.0}
    image = ("visual.trunk.head.bias", None)
    return Model(config, clip_tokenizer, image, ("text.ln_final.bias", "text.text_projection"), trunk, preprocess=preprocess)


def perception_gigantic():
    """PE-Core without a class token."""
    text = {"width": 32, "heads": 4, "layers": 1, "context_length": 24, "mlp_ratio": 2.0}
    config = shrunk("PE-Core-bigG-14-448", {"image_size": 112}, text, embed_dim=32)
    trunk = {"embed_dim": 64, "depth": 1, "mlp_ratio": 1.5, "attn_pool_mlp_ratio": 1.5, "img_size": 112, "ref_feat_shape": (8, 8)}
    image = ("visual.trunk.head.bias", None)
    return Model(config, clip_tokenizer, image, ("text.ln_final.bias", "text.text_projection"), trunk)


def eva02():
    """Positions on the scale of a smaller picture, a gate, norms inside of both parts."""
    text = {"width": 32, "heads": 4, "layers": 1, "context_length": 24, "mlp_ratio": 2.0}
    config = shrunk("EVA02-L-14-336", text=text, embed_dim=32)
    trunk = {"embed_dim": 64, "depth": 2, "mlp_ratio": 1.0}
    image = ("visual.trunk.head.bias", None)
    return Model(config, clip_tokenizer, image, ("text.ln_final.bias", "text.text_projection"), trunk)


def eva_enormous():
    """Norms behind what they else come before."""
    text = {"width": 32, "heads": 4, "layers": 1, "context_length": 24, "mlp_ratio": 2.0}
    config = shrunk("EVA02-E-14", text=text, embed_dim=32)
    trunk = {"embed_dim": 64, "depth": 2, "mlp_ratio": 1.5}
    image = ("visual.trunk.head.bias", None)
    return Model(config, clip_tokenizer, image, ("text.ln_final.bias", "text.text_projection"), trunk)


def eva01():
    text = {"width": 32, "heads": 4, "layers": 1, "context_length": 24, "mlp_ratio": 2.0}
    config = shrunk("EVA01-g-14", text=text, embed_dim=32)
    trunk = {"embed_dim": 32, "depth": 2, "mlp_ratio": 2.0}
    image = ("visual.trunk.head.bias", None)
    return Model(config, clip_tokenizer, image, ("text.ln_final.bias", "text.text_projection"), trunk)


def convnext():
    """One projection behind the tower."""
    config = shrunk("convnext_base_w", text={"width": 32, "heads": 4, "layers": 1, "context_length": 24}, embed_dim=32)
    trunk = {"dims": (24, 32, 40, 48), "depths": (1, 1, 2, 1)}
    image = ("visual.trunk.head.norm.bias", "visual.head.proj.weight")
    return Model(config, clip_tokenizer, image, ("ln_final.bias", "text_projection"), trunk)


def convnext_xxlarge():
    """Two projections, and another epsilon."""
    config = shrunk("convnext_xxlarge", {"timm_proj": "mlp"}, {"width": 32, "heads": 4, "layers": 1, "context_length": 24}, embed_dim=32)
    trunk = {"dims": (16, 24, 32, 48), "depths": (1, 1, 1, 1)}
    return Model(config, clip_tokenizer, None, ("ln_final.bias", "text_projection"), trunk)


def resnet():
    config = shrunk("RN50", {"layers": [1, 2, 1, 1], "width": 4, "head_width": 32}, {"width": 32, "heads": 4, "layers": 1}, embed_dim=32)
    config["text_cfg"]["context_length"] = 24
    return Model(config, clip_tokenizer, ("visual.attnpool.c_proj.bias", None), ("ln_final.bias", "text_projection"))


def mobileclip():
    """MobileCLIP 2: branches that become one convolution, attention behind a batch norm, and texts read in both directions."""
    text = {"width": 32, "heads": 4, "layers": 1, "context_length": 24, "mlp_ratio": 2.0}
    config = shrunk("MobileCLIP2-S2", text=text, embed_dim=32)
    preprocess = {"interpolation": "bilinear", "mean": [0, 0, 0], "std": [1, 1, 1]}
    trunk = {"embed_dims": (16, 16, 32, 64), "layers": (1, 2, 1, 1), "mlp_ratios": (2, 2, 2, 1)}
    image = ("visual.trunk.head.fc.bias", None)
    return Model(config, clip_tokenizer, image, ("text.ln_final.bias", "text.text_projection"), trunk, preprocess=preprocess)


def mobileclip_large():
    """Five stages, a norm of tokens before attention, and no weighing of channels before a stage."""
    text = {"width": 32, "heads": 4, "layers": 1, "context_length": 24, "mlp_ratio": 2.0}
    config = shrunk("MobileCLIP2-S3", text=text, embed_dim=32)
    trunk = {"embed_dims": (16, 16, 16, 32, 64), "layers": (1, 1, 1, 1, 1), "mlp_ratios": (2, 2, 2, 1, 1)}
    image = ("visual.trunk.head.fc.bias", None)
    return Model(config, clip_tokenizer, image, ("text.ln_final.bias", "text.text_projection"), trunk)


def mobileclip_vit():
    """A ViT that makes its patches in three steps; its class token has no position."""
    text = {"width": 32, "heads": 4, "layers": 1, "context_length": 24, "mlp_ratio": 2.0}
    config = shrunk("MobileCLIP-B", text=text, embed_dim=32)
    image = ("visual.trunk.head.bias", None)
    texts = ("text.ln_final.bias", "text.text_projection")
    return Model(config, clip_tokenizer, image, texts, {"depth": 2, "mlp_ratio": 2.0, "narrow": 48})


def coca():
    """CoCa: attention pooling of its own, of which the first query counts, and a class token behind the text."""
    vision = {"width": 24, "layers": 1, "head_width": 12, "mlp_ratio": 2.0, "attn_pooler_queries": 6}
    text = {"width": 32, "heads": 4, "layers": 1, "context_length": 24, "mlp_ratio": 2.0}
    decoder = {"width": 32, "heads": 4, "layers": 1, "context_length": 24, "mlp_ratio": 1.0, "attn_pooler_heads": 4}
    config = shrunk("coca_ViT-B-32", vision, text, embed_dim=32, multimodal_cfg={**decoder, "vocab_size": 64})
    return Model(config, clip_tokenizer, ("visual.ln_post.bias", "visual.proj"), ("text.ln_final.bias", "text.text_projection"))


PREPROCESS = [
    {},
    {"resize_mode": "longest"},
    {"resize_mode": "squash", "interpolation": "bilinear"},
    {"mean": 0.5, "std": 0.5, "interpolation": "random"},
    {"resize_mode": "longest", "interpolation": "bilinear", "size": 48, "mean": 0, "std": [0.3, 0.2, 0.1]},
]

MODELS = (plain, siglip, siglip2, marqo, clipa, worldwide, layer_scale, biomed, roberta, pooled_bert)
MODELS += (perception, perception_gigantic, eva02, eva_enormous, eva01, convnext, convnext_xxlarge, resnet)
MODELS += (mobileclip, mobileclip_large, mobileclip_vit, coca)
ALL = {function.__name__: function for function in MODELS}
VARIANTS = {"plain": PREPROCESS}


def tokens():
    """What the tokenizers of some of the checkpoints make of texts."""
    texts = TEXTS + MORE + clip.FIFTY
    found = {}
    for name in ("siglip", "siglip2", "clipa", "roberta"):
        rows = open_clip.get_tokenizer(f"local-dir:{OUT / name}")(texts, context_length=200).tolist()
        # Behind the last other id there is only padding.
        found[name] = [row[: max((i for i, x in enumerate(row) if x != row[-1]), default=-1) + 1] + row[-1:] for row in rows]
    return {"texts": texts, "ids": found}


def main(names):
    file = OUT / "golden.json"
    golden = json.loads(file.read_text()) if names and file.exists() else {"cases": []}
    cases = [c for c in golden["cases"] if c["checkpoint"] in ALL and c["checkpoint"] not in names and names]
    for seed, (name, make) in enumerate(ALL.items()):
        if not names or name in names:
            model = make()
            model.save(name, 100 + seed)
            cases += model.record(name, VARIANTS.get(name, [{}]))
    cases.sort(key=lambda case: list(ALL).index(case["checkpoint"]))
    golden = {
        "generator": "tools/golden/open_clip_models.py",
        "versions": {"torch": torch.__version__, "open_clip": open_clip.__version__, "timm": timm.__version__},
        "template": TEMPLATE,
        "labels": LABELS,
        "cases": cases,
    }
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":"))
    file.write_text(text.replace('},{"checkpoint"', '},\n{"checkpoint"') + "\n", encoding="utf-8")
    text = json.dumps(tokens(), ensure_ascii=False, separators=(",", ":"))
    (OUT / "tokens.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
