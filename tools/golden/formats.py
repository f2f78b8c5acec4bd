"""Writes checkpoints of clip.py in other file formats, for the tests to compare with their safetensors twins.

    python tools/golden/formats.py    # after clip.py and open_clip_models.py
"""

import collections
import json
import os
import pickle
import shutil
import sys
import zipfile

import tiny_clip as tiny  # first: it prepares torchvision
import torch
from safetensors.torch import load_file, save_file

import clip

OUT = clip.OUT.parent / "formats"


def fresh(name):
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def weights_of(name):
    weights = {}
    for file in sorted((clip.CHECKPOINTS / name).glob("*.safetensors")):
        weights.update(load_file(file))
    return weights


def save(weights, path):
    # torch names the folder in the zip after the file, and numbers the file by its content.
    state = collections.OrderedDict(sorted(weights.items()))
    state._metadata = collections.OrderedDict([("", {"version": 1})])
    torch.save(state, path)


def bin_single():
    """As converted in 2021: projections that are transposed views, position_ids, and a parameter."""
    weights = weights_of("sharded")
    for name in ("text_projection.weight", "visual_projection.weight"):
        weights[name] = weights[name].t().contiguous().t()
        assert not weights[name].is_contiguous()
    name = "text_model.embeddings.token_embedding.weight"
    padded = torch.cat([torch.full((3, weights[name].shape[1]), 7.0), weights[name]])
    weights[name] = padded[3:]
    weights["logit_scale"] = torch.nn.Parameter(weights["logit_scale"])
    weights["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    save(weights, fresh("bin") / "pytorch_model.bin")


def bin_sharded():
    """bfloat16 in two files."""
    folder = fresh("bin-sharded")
    weights = weights_of("bfloat16")
    names = sorted(weights)
    shards = {"pytorch_model-00001-of-00002.bin": names[::2], "pytorch_model-00002-of-00002.bin": names[1::2]}
    for file, of_file in shards.items():
        save({n: weights[n] for n in of_file}, folder / file)
    index = {"metadata": {}, "weight_map": {n: f for f, of_file in shards.items() for n in of_file}}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2) + "\n")


def open_clip():
    """OpenCLIP's own names, fused and transposed projections."""
    folder = fresh("open-clip")
    hf = weights_of("quickgelu-legacy-eos")
    weights = {
        "token_embedding.weight": hf["text_model.embeddings.token_embedding.weight"],
        "positional_embedding": hf["text_model.embeddings.position_embedding.weight"],
        "text_projection": hf["text_projection.weight"].t().contiguous(),
        "visual.class_embedding": hf["vision_model.embeddings.class_embedding"],
        "visual.conv1.weight": hf["vision_model.embeddings.patch_embedding.weight"],
        "visual.positional_embedding": hf["vision_model.embeddings.position_embedding.weight"],
        "visual.proj": hf["visual_projection.weight"].t().contiguous(),
        "logit_scale": hf["logit_scale"],
    }
    blocks = {"text_model.": "transformer.resblocks.", "vision_model.": "visual.transformer.resblocks."}
    names = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}
    for suffix in ("weight", "bias"):
        weights[f"ln_final.{suffix}"] = hf[f"text_model.final_layer_norm.{suffix}"]
        weights[f"visual.ln_pre.{suffix}"] = hf[f"vision_model.pre_layrnorm.{suffix}"]
        weights[f"visual.ln_post.{suffix}"] = hf[f"vision_model.post_layernorm.{suffix}"]
        for tower, prefix in blocks.items():
            for i in range(2):
                layer = f"{tower}encoder.layers.{i}."
                qkv = [hf[f"{layer}self_attn.{x}_proj.{suffix}"] for x in "qkv"]
                weights[f"{prefix}{i}.attn.in_proj_{suffix}"] = torch.cat(qkv)
                weights[f"{prefix}{i}.attn.out_proj.{suffix}"] = hf[f"{layer}self_attn.out_proj.{suffix}"]
                for old, new in names.items():
                    weights[f"{prefix}{i}.{new}.{suffix}"] = hf[f"{layer}{old}.{suffix}"]
    save_file(weights, folder / "open_clip_model.safetensors")
    vision = {"image_size": 224, "layers": 2, "width": 16, "head_width": 8, "mlp_ratio": 2.0, "patch_size": 32}
    text = {"context_length": 77, "vocab_size": len(hf["text_model.embeddings.token_embedding.weight"]), "width": 24}
    text |= {"heads": 3, "layers": 2, "mlp_ratio": 2.0}
    config = {
        "model_cfg": {"embed_dim": 32, "vision_cfg": vision, "text_cfg": text, "quick_gelu": True},
        "preprocess_cfg": {
            "mean": [0.48145466, 0.4578275, 0.40821073],
            "std": [0.26862954, 0.26130258, 0.27577711],
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        },
    }
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n")


def open_clip_state(name, prefix=""):
    file = clip.OUT.parent / "open-clip" / name / "open_clip_model.safetensors"
    return collections.OrderedDict((prefix + n, x) for n, x in load_file(file).items())


def training(state, **more):
    """What OpenCLIP's training writes after an epoch (src/open_clip_train/main.py)."""
    parameters = [torch.nn.Parameter(x.clone()) for n, x in state.items() if x.dim() < 2 and x.is_floating_point()]
    groups = [{"params": parameters[:-2], "weight_decay": 0.0}, {"params": parameters[-2:], "weight_decay": 0.2}]
    optimizer = torch.optim.AdamW(groups, lr=5e-4, betas=(0.9, 0.98), eps=1e-6)
    sum(p.float().square().sum() for p in parameters).backward()
    optimizer.step()
    return {"epoch": 2, "name": "a-run", "state_dict": state, "optimizer": optimizer.state_dict(), **more}


def open_clip_training():
    """From several processes, which put "module." before each name, with mixed precision."""
    scaler = torch.amp.GradScaler("cpu").state_dict()
    torch.save(training(open_clip_state("siglip", "module."), scaler=scaler), fresh("open-clip-training") / "epoch_2.pt")


def open_clip_plain():
    torch.save(open_clip_state("clipa"), fresh("open-clip-plain") / "clipa.pt")


class Module(torch.nn.Module):
    """Long enough for its code to be compressed."""

    def __init__(self):
        super().__init__()
        self.logit_scale = torch.nn.Parameter(torch.ones([]))

    def forward(self, x):
        for i in range(5):
            if i % 2 == 0:
                x = x * self.logit_scale + i
            else:
                x = torch.cat([x, x.flip(0)], 0)
        return x


def refused():
    """Files that hold tensors in a form that is not read."""
    folder = fresh("refused")
    torch.save({"a": torch.ones(3)}, folder / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.jit.script(Module()).save(str(folder / "ViT-B-32.pt"))
    torch.save({"epoch": 2, "model": {"a": torch.ones(3)}}, folder / "nested.pt")


class Call:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def malicious():
    """Pickles that run something in Python when they are loaded. They would make a file named ran."""
    folder = fresh("malicious")
    mark = "ran"
    calls = {
        "os-system": Call(os.system, f"touch {mark}"),
        "eval": Call(eval, f"open({mark!r}, 'w')"),
        "nested": collections.OrderedDict(a=torch.zeros(1), b=[{"c": Call(os.mkdir, mark)}]),
    }
    for protocol in (0, 2, 4):
        for name, call in calls.items():
            if name == "nested":
                if protocol == 2:
                    torch.save(call, folder / f"{name}.bin")
                continue
            with zipfile.ZipFile(folder / f"{name}-{protocol}.bin", "w") as file:
                for entry, content in (("data.pkl", pickle.dumps({"a": call}, protocol)), ("version", b"3\n")):
                    file.writestr(zipfile.ZipInfo(f"archive/{entry}"), content)
    torch.save(training({"a": torch.ones(3)}, scaler={"b": Call(os.mkdir, mark)}), folder / "epoch_2.pt")
    assert not os.path.exists(mark)
    # The instruction that makes an instance of a class, which no pickler writes any more.
    with zipfile.ZipFile(folder / "instance.bin", "w") as file:
        file.writestr(zipfile.ZipInfo("archive/data.pkl"), b"(S'ls'\nios\nsystem\n.".replace(b"S'ls'\n", b"X\2\0\0\0ls"))


def main():
    bin_single()
    bin_sharded()
    open_clip()
    open_clip_training()
    open_clip_plain()
    refused()
    malicious()
    for file in OUT.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)


if __name__ == "__main__":
    sys.exit(main())
