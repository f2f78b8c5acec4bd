"""Writes random checkpoints of full size, 7.5 GB, for FullSizeTests to load:

    python tools/golden/full_size.py $HOME/full-size
    mvn -pl zsic-core -am test -Dtest=FullSizeTests -Dsurefire.failIfNoSpecifiedTests=false -Dzsic.full-size=$HOME/full-size
"""

import json
import math
import struct
import sys
from pathlib import Path

import tiny_clip as tiny  # first: it prepares torchvision
import numpy as np
import torch
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, SiglipConfig, SiglipImageProcessor, SiglipModel

import clip
import tiny_tokenizers


def clip_vit_large_patch14_336():
    text = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "projection_dim": 768}
    vision = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
    vision |= {"image_size": 336, "patch_size": 14, "projection_dim": 768}
    config = CLIPConfig(text_config={**text, "eos_token_id": 2}, vision_config=vision, projection_dim=768)
    processor = CLIPImageProcessor(size={"shortest_edge": 336}, crop_size={"height": 336, "width": 336})
    return config, CLIPModel, processor


def clip_of(vision, text_width, projection):
    text = {"hidden_size": text_width, "intermediate_size": 4 * text_width, "num_attention_heads": text_width // 64}
    config = CLIPConfig(text_config={**text, "projection_dim": projection, "eos_token_id": 2},
                        vision_config={**vision, "projection_dim": projection}, projection_dim=projection)
    return config, CLIPModel, CLIPImageProcessor()


def clip_vit_base_patch32():
    return clip_of({}, 512, 512)


def clip_vit_large_patch14():
    vision = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
    return clip_of({**vision, "patch_size": 14}, 768, 768)


def siglip_so400m_patch14_384():
    sizes = {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27, "num_attention_heads": 16}
    vision = {**sizes, "image_size": 384, "patch_size": 14}
    config = SiglipConfig(text_config={**sizes, "vocab_size": 32000}, vision_config=vision)
    return config, SiglipModel, SiglipImageProcessor(size={"height": 384, "width": 384})


def write(folder, config, model_class, processor):
    folder.mkdir(parents=True, exist_ok=True)
    config.architectures = [model_class.__name__]
    config.save_pretrained(folder)
    processor.save_pretrained(folder)
    with torch.device("meta"):
        shapes = {name: list(p.shape) for name, p in model_class(config).named_parameters()}
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    # One block of noise again and again: making four gigabytes of it takes longer than loading them.
    block = np.random.default_rng(1).standard_normal(1 << 20).astype(np.float32)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes.items():
            left = math.prod(shape)
            scale = np.float32(1 if name.endswith("norm.weight") else (shape[-1] if shape else 1) ** -0.5)
            while left > 0:
                file.write((block[:left] * scale).tobytes())
                left -= min(left, len(block))
    print(f"{folder.name}: {at / 1e6:.0f} MB of weights")


def main(out):
    out = Path(out)
    tokenizer = tiny.tokenizer(clip.MERGES, 77)
    tokenizer.backend_tokenizer.no_padding()
    for make in (clip_vit_base_patch32, clip_vit_large_patch14, clip_vit_large_patch14_336):
        folder = out / make.__name__.replace("_", "-")
        write(folder, *make())
        tokenizer.save_pretrained(folder)
    folder = out / "siglip-so400m-patch14-384"
    write(folder, *siglip_so400m_patch14_384())
    tiny_tokenizers.siglip(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
