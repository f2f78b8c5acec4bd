"""Writes the known answers that zsic compares its own with when it loads a model: for each architecture the configuration
of a tiny model, two texts, the size of a picture, and the embeddings that Transformers, or OpenCLIP, computes of them in
double. Neither weights nor pictures are stored, because formulas make them.

    python tools/golden/known_answers.py            # all, or the names of some
    python tools/golden/known_answers.py clip
    python tools/golden/known_answers.py open_clip       # all that begin so

README.md beside this file says in which environment; for open_clip also `pip install open_clip_torch==3.3.0`.

Element i, counted row by row, of the tensor that a checkpoint stores under a name is made of a number u from -1 to 1, of
which weight() tells how:

    h = crc32(name) + i * 0x9E3779B9, and on that the steps of scrambled(); all modulo 2^32
    u = (h >> 8) * 2^-23 - 1

What u becomes depends on the name and the shape of the tensor, and the first line that fits decides. It is computed in
double and rounded to float32.

    no or one dimension, or the name ends with gamma:
        the name ends with logit_scale or temperature            1
        ... with weight or gamma: a scale                        1 + u / 4
        ... with running_var                                     11 / 16 + u / 8
        all others: biases, class tokens, running_mean           u / 4
    two dimensions and more:
        tables: the name contains embedding, but neither
        patch_embedding nor convolution; or there are three
        dimensions, of which the first is 1                      u / 2
        all others: kernels, n elements for S[0] outputs         u * sqrt(6 / (n / S[0]))

With these, pictures and texts differ clearly in their embeddings, and rounding to half precision changes those little.

The pixel of a picture in column x, row y and channel c is (17 x + 29 y + 61 c + x y / 3) modulo 256, where x y / 3 is
rounded down.

The embeddings are unit vectors. What zsic should read of a text is 1 in the mask. Members of a configuration that have
their default in Transformers are left out, as are those that no score depends on. `resize` holds what torchvision makes
of pictures when it resizes them, the bytes row by row and the three channels of a pixel side by side.
"""

import base64
import functools
import json
import math
import sys
import tempfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import tiny_clip as tiny  # noqa: F401  first: it prepares torchvision
import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2.functional import resize

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "zsic-core/src/main/resources/io/github/zsic/checkpoint/known-answers.json"
VOCABULARY = 200
WORDS = [113, 27, 154, 68, 181, 42, 97], [27, 130, 75]

# Members of configurations that a score does not depend on.
NOISE = {"_name_or_path", "architectures", "dtype", "transformers_version", "initializer_factor", "initializer_range"}
NOISE |= {"out_features", "out_indices", "stage_names"}


# ---------------------------------------------------------------------------------- weights and pictures


def scrambled(name, count):
    """`count` numbers from -1 to 1."""
    mask = np.uint64(0xFFFFFFFF)
    h = np.uint64(zlib.crc32(name.encode())) + np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B9) & mask
    h ^= h >> np.uint64(16)
    h = h * np.uint64(0x7FEB352D) & mask
    h ^= h >> np.uint64(15)
    h = h * np.uint64(0x846CA68B) & mask
    h ^= h >> np.uint64(16)
    return (h >> np.uint64(8)).astype(np.float64) / 2**23 - 1


def weight(name, shape):
    shape = tuple(shape)
    count = math.prod(shape)
    u = scrambled(name, count)
    if len(shape) <= 1 or name.endswith("gamma"):
        if name.endswith(("logit_scale", "temperature")):
            values = np.ones(count)
        elif name.endswith(("weight", "gamma")):
            values = 1 + 0.25 * u
        elif name.endswith("running_var"):
            values = 0.6875 + 0.125 * u
        else:
            values = 0.25 * u
    elif is_table(name, shape):
        values = 0.5 * u
    else:
        values = u * math.sqrt(6 / (count // shape[0]))
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def is_table(name, shape):
    named = "embedding" in name and "patch_embedding" not in name and "convolution" not in name
    return named or (len(shape) == 3 and shape[0] == 1)


def picture(width, height):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return ((17 * x + 29 * y + 61 * c + x * y // 3) % 256).astype(np.uint8)


# ---------------------------------------------------------------------------------------------- models


@dataclass
class Tiny:
    """A model of Transformers with its image processor, token ids and mask of the texts, and the size of the picture."""

    model: torch.nn.Module
    processor: object
    texts: tuple
    picture: tuple = (75, 61)
    rename: object = staticmethod(lambda name: name)
    left_out: set = field(default_factory=set)

    def fill(self):
        """Replaces the weights, whose names are those that the model writes, or what rename() makes of them."""
        with tempfile.TemporaryDirectory() as folder:
            self.model.save_pretrained(folder)
            file = Path(folder) / "model.safetensors"
            weights = load_file(file)
            for name, tensor in weights.items():
                if tensor.is_floating_point():
                    weights[name] = weight(self.rename(name), tensor.shape)
            save_file(weights, file, metadata={"format": "pt"})
            self.model, loading = type(self.model).from_pretrained(folder, output_loading_info=True)
            assert not any(loading.values()), loading
        self.model.eval()
        return self

    def config(self):
        return trimmed(self.model.config, self.left_out)

    def processing(self):
        with tempfile.TemporaryDirectory() as folder:
            self.processor.save_pretrained(folder)
            settings = json.loads((Path(folder) / "preprocessor_config.json").read_text())
        settings.pop("do_convert_rgb", None)
        return settings

    def inputs(self, pixels, dtype):
        """What the processor makes of a picture."""
        found = self.processor(images=[Image.fromarray(pixels)], return_tensors="pt")
        return {n: x.to(dtype) if x.is_floating_point() else x for n, x in found.items()}

    def images(self, pixels, dtype=torch.float64):
        return self.model.to(dtype).get_image_features(**self.inputs(pixels, dtype)).pooler_output

    def sentences(self, dtype=torch.float64):
        ids, mask = (torch.tensor(x) for x in self.texts)
        return self.model.to(dtype).get_text_features(input_ids=ids, attention_mask=mask).pooler_output


class TinyBlip2(Tiny):
    """It has no functions for a picture or a text alone."""

    def both(self, pixels, dtype):
        ids, mask = (torch.tensor(x) for x in self.texts)
        return self.model.to(dtype)(**self.inputs(pixels, dtype), input_ids=ids, attention_mask=mask)

    def images(self, pixels, dtype=torch.float64):
        return self.both(pixels, dtype).image_embeds

    def sentences(self, dtype=torch.float64):
        return self.both(picture(*self.picture), dtype).text_embeds


class TinyOpenClip(Tiny):
    """A model of OpenCLIP, whose configuration is a dictionary. Its pictures are prepared as by CLIP's processor."""

    settings: dict
    image_size: int
    told_by_tensors: bool

    def fill(self):
        state = self.model.state_dict()
        filled = {n: weight(n, x.shape) if x.is_floating_point() else x for n, x in state.items()}
        self.model.load_state_dict(filled)
        self.model.eval()
        return self

    def config(self):
        return self.settings

    def stored(self):
        """Shapes of tensors from which sizes are told that are not in the configuration."""
        shapes = {name: list(tensor.shape) for name, tensor in self.model.state_dict().items()}
        return {n: s for n, s in shapes.items() if s} if self.told_by_tensors else {}

    def images(self, pixels, dtype=torch.float64):
        return self.model.to(dtype).encode_image(self.inputs(pixels, dtype)["pixel_values"])

    def sentences(self, dtype=torch.float64):
        # Its own tower takes no shorter texts. Attention is causal, so padding behind the end token changes nothing.
        ids = torch.tensor(self.texts[0])
        padding = 0 if hasattr(getattr(self.model, "text", None), "pooler") else 16 - ids.shape[1]
        return self.model.to(dtype).encode_text(torch.nn.functional.pad(ids, (0, padding)))


def trimmed(config, left_out):
    """What differs from the defaults of the class."""
    defaults = type(config)()
    found = {}
    for name, value in config.to_dict().items():
        part = getattr(config, name, None)
        if name in NOISE or name in left_out or "dropout" in name:
            continue
        if hasattr(part, "to_dict"):
            found[name] = trimmed(part, left_out)
        elif name == "model_type" or value != getattr(defaults, name, None):
            found[name] = value
    return {n: x for n, x in found.items() if x is not None}


def layers(width, heads, inner, **more):
    sizes = {"hidden_size": width, "num_attention_heads": heads, "num_hidden_layers": 2, "intermediate_size": inner}
    return {**sizes, **more}


def sentences(begin, end, padding, length=None, read_all=False):
    """Ids and mask of the two texts, padded to a length or to the longer one."""
    texts = [[*begin, *words, *end] for words in WORDS]
    length = length or max(len(x) for x in texts)
    ids = [x + [padding] * (length - len(x)) for x in texts]
    mask = [[1] * length if read_all else [1] * len(x) + [0] * (length - len(x)) for x in texts]
    return ids, mask


def square(size):
    return {"height": size, "width": size}


def cropped(size, processor_class):
    return processor_class(size={"shortest_edge": size}, crop_size=square(size))


def align():
    """Every kind of block: expanding or not, of stride 1 and 2, with both paddings, repeated; the published processor."""
    from transformers import AlignConfig, AlignModel, EfficientNetImageProcessor

    config = AlignConfig(
        text_config=layers(48, 3, 144, vocab_size=VOCABULARY, max_position_embeddings=16),
        vision_config={
            "width_coefficient": 1.0,
            "depth_coefficient": 1.1,
            "kernel_sizes": [3, 5, 3],
            "in_channels": [32, 16, 24],
            "out_channels": [16, 24, 56],
            "depthwise_padding": [3],
            "strides": [1, 2, 2],
            "num_block_repeats": [1, 1, 1],
            "expand_ratios": [1, 6, 2],
            "hidden_dim": 64,
            "image_size": 48,
        },
        projection_dim=56,
    )
    processor = EfficientNetImageProcessor(
        size=square(55), crop_size=square(49), do_center_crop=True, resample=2,
        do_normalize=False, include_top=False, rescale_factor=1 / 127.5, rescale_offset=True,
    )  # fmt: skip
    return Tiny(AlignModel(config), processor, sentences([101], [102], 0), (64, 40))


def altclip():
    """XLM-RoBERTa for texts, with a norm and a projection of its own. Transformers 5 does not write the names of the
    vision tower that the published checkpoints have."""
    from transformers import AltCLIPConfig, AltCLIPModel, CLIPImageProcessor

    config = AltCLIPConfig(
        text_config=layers(80, 4, 176, vocab_size=VOCABULARY, max_position_embeddings=18, project_dim=56),
        vision_config=layers(64, 4, 192, image_size=42, patch_size=7),
        projection_dim=40,
    )
    published = lambda name: name.replace("encoder.layer.", "encoder.layers.") if name.startswith("vision") else name
    texts = sentences([0], [2], 1)
    return Tiny(AltCLIPModel(config), cropped(42, CLIPImageProcessor), texts, rename=published)


def blip():
    """BERT with a pooler, and one more norm of the picture's class token."""
    from transformers import BlipConfig, BlipImageProcessor, BlipModel

    config = BlipConfig(
        text_config=layers(64, 4, 176, vocab_size=VOCABULARY, max_position_embeddings=16, encoder_hidden_size=80),
        vision_config=layers(80, 5, 192, image_size=48, patch_size=8),
        projection_dim=48,
    )
    return Tiny(BlipModel(config), BlipImageProcessor(size=square(48)), sentences([101], [102], 0))


def blip_2():
    """Three queries; attention to the picture in the first of two layers of the Q-Former."""
    from transformers import Blip2Config, Blip2ForImageTextRetrieval, BlipImageProcessor

    qformer = layers(64, 4, 144, vocab_size=VOCABULARY, max_position_embeddings=16, encoder_hidden_size=72)
    config = Blip2Config(
        vision_config=layers(72, 3, 208, image_size=42, patch_size=7),
        qformer_config={**qformer, "use_qformer_text_input": True},
        num_query_tokens=3,
        image_text_hidden_size=40,
        image_token_index=None,
    )
    model = Blip2ForImageTextRetrieval(config)
    texts = sentences([101], [102], 0)
    return TinyBlip2(model, BlipImageProcessor(size=square(42)), texts, left_out={"text_config"})


def chinese_clip():
    """BERT for texts; pictures squashed, as the published ones are."""
    from transformers import ChineseCLIPConfig, ChineseCLIPImageProcessor, ChineseCLIPModel

    config = ChineseCLIPConfig(
        text_config=layers(72, 3, 160, vocab_size=VOCABULARY, max_position_embeddings=16),
        vision_config=layers(64, 4, 240, image_size=45, patch_size=9),
        projection_dim=48,
    )
    processor = ChineseCLIPImageProcessor(size=square(45), do_center_crop=False)
    return Tiny(ChineseCLIPModel(config), processor, sentences([101], [102], 0))


def clip():
    """145 tokens of a picture, where attention in half precision is computed in another way than below 128. As
    published, the end token is 2 in the configuration, and is the highest id."""
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    config = CLIPConfig(
        text_config=layers(64, 4, 160, vocab_size=VOCABULARY, max_position_embeddings=16, eos_token_id=2),
        vision_config=layers(72, 3, 208, image_size=96, patch_size=8),
        projection_dim=48,
    )
    return Tiny(CLIPModel(config), cropped(96, CLIPImageProcessor), sentences([198], [199], 199), (131, 103))


def clipseg():
    """Pictures larger than the position embeddings, and an end token that the configuration names."""
    from transformers import CLIPSegConfig, CLIPSegModel, ViTImageProcessor

    config = CLIPSegConfig(
        text_config=layers(48, 3, 112, vocab_size=VOCABULARY, max_position_embeddings=16, eos_token_id=197),
        vision_config=layers(80, 5, 176, image_size=40, patch_size=8),
        projection_dim=56,
    )
    processor = ViTImageProcessor(
        size={"height": 48, "width": 56}, image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225]
    )
    return Tiny(CLIPSegModel(config), processor, sentences([198], [197], 197), left_out={"extract_layers"})


def metaclip_2():
    """The end token is 2, which for CLIP would mean the highest id."""
    from transformers import CLIPImageProcessor, MetaClip2Config, MetaClip2Model

    ids = {"vocab_size": VOCABULARY, "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
    config = MetaClip2Config(
        text_config=layers(80, 5, 208, **ids, max_position_embeddings=16),
        vision_config=layers(64, 4, 176, image_size=48, patch_size=8),
        projection_dim=40,
    )
    return Tiny(MetaClip2Model(config), cropped(48, CLIPImageProcessor), sentences([0], [2], 1))


# OpenCLIP's towers for pictures: their part of the configuration, and the sizes that timm is told beside the name.
PICTURES = {
    "vit": ({"image_size": 48, "layers": 2, "width": 72, "head_width": 24, "mlp_ratio": 3.2, "patch_size": 8}, {}),
    # With attention pooling, a gate behind each part of a layer, and patches that do not fill the picture.
    "timm_vit": (
        {"image_size": 50, "timm_model_name": "vit_base_patch16_siglip_224", "timm_pool": "map", "timm_proj": "linear"},
        {"img_size": 50, "patch_size": 8, "embed_dim": 72, "depth": 2, "mlp_ratio": 2.5, "init_values": 1.0},
    ),
    # EVA02, with a gate and every norm.
    "eva": (
        {"image_size": 48, "timm_model_name": "eva02_base_patch16_clip_224", "timm_pool": "token", "timm_proj": None},
        {"img_size": 48, "patch_size": 8, "embed_dim": 96, "depth": 2, "mlp_ratio": 1.5},
    ),
    "convnext": (
        {"image_size": 64, "timm_model_name": "convnext_base", "timm_pool": "", "timm_proj": "mlp"},
        {"dims": (24, 40, 56, 72), "depths": (1, 1, 2, 1), "ls_init_value": 1.0},
    ),
    # Every kind of block, and channels weighed before a stage and behind the last.
    "fastvit": (
        {"image_size": 96, "timm_model_name": "fastvit_mci0", "timm_pool": "avg", "timm_proj": None},
        {"embed_dims": (16, 32, 32, 64), "layers": (1, 1, 1, 1), "layer_scale_init_value": 1.0},
    ),
    "resnet": ({"image_size": 64, "layers": [1, 2, 1, 1], "width": 8, "head_width": 64, "patch_size": None}, {}),
}

# Its towers for texts: their part of the configuration, and that of Transformers.
TEXTS = {
    "text": ({"vocab_size": VOCABULARY, "width": 64, "heads": 4, "layers": 2, "mlp_ratio": 2.5}, None),
    "bert": (
        {"hf_model_name": "bert", "hf_pooler_type": "mean_pooler", "hf_proj_type": "mlp"},
        {"num_attention_heads": 2, "hidden_size": 128, "num_hidden_layers": 2, "intermediate_size": 144},
    ),
}


def open_clip(pictures, texts):
    """A model of two of OpenCLIP's towers."""
    import timm
    from open_clip import hf_model, timm_model
    from open_clip.model import CLIP, CustomTextCLIP
    from transformers import AutoConfig, BertConfig, CLIPImageProcessor

    vision, trunk = PICTURES[pictures]
    text, transformer = TEXTS[texts]
    towers = {"embed_dim": 48, "vision_cfg": vision, "text_cfg": {"context_length": 16, **text}}
    created, configured = timm.create_model, AutoConfig.from_pretrained
    timm_model.timm.create_model = lambda name, **more: created(name, **{**more, **trunk})
    if transformer:
        more = {"vocab_size": VOCABULARY, "max_position_embeddings": 16}
        hf_model.AutoConfig.from_pretrained = lambda name: BertConfig(**transformer, **more)
        model = CustomTextCLIP(**{**towers, "text_cfg": {**towers["text_cfg"], "hf_model_pretrained": False}})
    else:
        model = CLIP(**towers)
    timm_model.timm.create_model, hf_model.AutoConfig.from_pretrained = created, configured
    # Gaps of an even number of pixels: OpenCLIP crops odd ones in another place than CLIP's processor.
    side = vision["image_size"]
    size = (side + 27, side + 12)
    made = sentences([101], [102], 0) if transformer else sentences([198], [199], 0)
    case = TinyOpenClip(model, cropped(side, CLIPImageProcessor), made, size)
    case.told_by_tensors = bool(trunk or transformer)
    settings = {"mean": case.processor.image_mean, "std": case.processor.image_std}
    case.settings = {
        "model_cfg": towers,
        "preprocess_cfg": {**settings, "interpolation": "bicubic", "resize_mode": "shortest"},
    }
    return case


def siglip():
    """Patches that do not fill the picture, a projection wider than the text tower, and padding that is read, as no
    published tokenizer masks it."""
    from transformers import SiglipConfig, SiglipImageProcessor, SiglipModel

    config = SiglipConfig(
        text_config=layers(64, 4, 176, vocab_size=VOCABULARY, max_position_embeddings=12, projection_size=72),
        vision_config=layers(72, 3, 208, image_size=50, patch_size=8),
    )
    texts = sentences([], [1], 1, 12, read_all=True)
    return Tiny(SiglipModel(config), SiglipImageProcessor(size=square(50)), texts)


def siglip2():
    """NaFlex: up to 48 patches, positions for 36. Padding is masked here."""
    from transformers import Siglip2Config, Siglip2ImageProcessor, Siglip2Model

    config = Siglip2Config(
        text_config=layers(80, 4, 192, vocab_size=VOCABULARY, max_position_embeddings=12),
        vision_config=layers(80, 5, 176, patch_size=8, num_patches=36),
    )
    processor = Siglip2ImageProcessor(patch_size=8, max_num_patches=48)
    return Tiny(Siglip2Model(config), processor, sentences([], [1], 0, 12))


def tipsv2():
    """A plain MLP, as in all published ones but the largest. Its texts have no start and no end token. The published
    processor does not normalise pictures; here it does, or all had nearly the same embedding."""
    from transformers import Tipsv2Config, Tipsv2ImageProcessor, Tipsv2Model

    vision = {"hidden_size": 80, "num_attention_heads": 4, "num_hidden_layers": 2, "mlp_ratio": 2.6}
    config = Tipsv2Config(
        text_config=layers(80, 5, 176, vocab_size=VOCABULARY, max_position_embeddings=16),
        vision_config={**vision, "image_size": 42, "patch_size": 7},
    )
    half = [0.5, 0.5, 0.5]
    processor = Tipsv2ImageProcessor(size=square(42), do_normalize=True, image_mean=half, image_std=half)
    return Tiny(Tipsv2Model(config), processor, sentences([], [], 0))


MODELS = (align, altclip, blip, blip_2, chinese_clip, clip, clipseg, metaclip_2, siglip, siglip2, tipsv2)
ALL = {function.__name__.replace("blip_2", "blip-2"): function for function in MODELS}
ALL |= {
    f"open_clip/{pictures}/{texts}": functools.partial(open_clip, pictures, texts) for pictures in PICTURES for texts in TEXTS
}


# ----------------------------------------------------------------------------------------------- answers


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


def digits(x):
    return [float(f"{value:.8g}") for value in x.flatten().tolist()]


def answer(case):
    width, height = case.picture
    with torch.no_grad():
        image = unit(case.images(picture(width, height)))[0]
        texts = unit(case.sentences())
    ids, mask = case.texts
    stored = case.stored() if hasattr(case, "stored") else {}
    return {
        "config": case.config(),
        **({"stored": stored} if stored else {}),
        "processor": case.processing(),
        "ids": ids,
        "mask": mask,
        "picture": [width, height],
        "image": digits(image),
        "texts": [digits(text) for text in texts],
    }


def resizes():
    """Each filter makes a picture smaller and another larger."""
    modes = {0: InterpolationMode.NEAREST_EXACT, 2: InterpolationMode.BILINEAR, 3: InterpolationMode.BICUBIC}
    found = []
    for resample, mode in modes.items():
        for (width, height), size in (((75, 61), [20, 24]), ((11, 9), [24, 20])):
            pixels = torch.from_numpy(picture(width, height)).permute(2, 0, 1)
            made = resize(pixels, size, interpolation=mode, antialias=resample != 0).permute(1, 2, 0)
            text = base64.b64encode(made.contiguous().numpy().tobytes()).decode()
            found.append({"resample": resample, "picture": [width, height], "size": size, "pixels": text})
    return found


def main(names):
    answers = json.loads(OUT.read_text()) if names and OUT.exists() else {}
    for name in [name for name in ALL if not names or name.startswith(tuple(names))]:
        torch.manual_seed(0)
        answers[name] = answer(ALL[name]().fill())
    answers = {name: answers[name] for name in ALL if name in answers} | {"resize": resizes()}
    lines = [f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}" for name, value in answers.items()]
    OUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
