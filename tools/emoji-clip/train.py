"""Trains the checkpoint in three stages and writes it in the format of the Hub.

    python train.py WORK OUT

Stage 1 trains a teacher, a small residual convolutional network: on so few drawings it learns more, and faster, than a
transformer. Stage 2 trains the image tower, by cross-entropy against one learnable vector a concept and towards what the
teacher says of the same distorted picture. Stage 3 freezes those vectors and fits the text tower to them. Contrastive
training from scratch hardly moves on so few pictures. Each stage saves its state in WORK every few minutes and goes on
from there when it is started again.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
import torch.nn.functional as F

import prompts
from pictures import Pictures
from words import Phrases, train_tokenizer  # before transformers: it prepares torchvision

from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

IMAGE = 72
VISION = {"hidden_size": 256, "intermediate_size": 640, "num_hidden_layers": 4, "num_attention_heads": 4}
VISION |= {"image_size": IMAGE, "patch_size": 12}
TEXT = {"hidden_size": 160, "intermediate_size": 320, "num_hidden_layers": 3, "num_attention_heads": 5}
MERGES = 2500
PROJECTION = 128
SEED = 20261124


def new_model(tokenizer) -> CLIPModel:
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    common = {"projection_dim": PROJECTION, "hidden_act": "quick_gelu", "initializer_factor": 1.0}
    config = CLIPConfig(
        text_config={**TEXT, **ids, **common, "vocab_size": len(tokenizer), "max_position_embeddings": 77},
        vision_config={**VISION, **common},
        projection_dim=PROJECTION,
    )
    torch.manual_seed(SEED)
    model = CLIPModel(config)
    with torch.no_grad():
        for name, p in model.named_parameters():
            # Transformers' initialisation of the matrices is made for widths of 512 and more.
            if p.ndim == 2 and ("_proj" in name or "fc" in name or "projection" in name):
                p.copy_(torch.randn(p.shape) / p.shape[1] ** 0.5)
            elif "embedding" in name:
                p.copy_(torch.randn(p.shape) * 0.02 if p.ndim < 4 else torch.randn(p.shape) / p[0].numel() ** 0.5)
    return model


class Trainer:
    """Muon for the matrices of the tower, AdamW for the rest, a moving average of the weights, a state on disk."""

    def __init__(self, module: torch.nn.Module, state_file: Path, steps: int, muon_lr: float, adam_lr: float):
        self.module, self.file, self.steps, self.step = module, state_file, steps, 0
        named = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
        matrices = [p for n, p in named if p.ndim == 2 and ("encoder.layers" in n or "projection" in n or "kernel" in n)]
        chosen = {id(p) for p in matrices}
        rest = [p for _, p in named if id(p) not in chosen]
        self.optimizers = [
            torch.optim.Muon(matrices, lr=muon_lr, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=adam_lr, weight_decay=0.01, betas=(0.9, 0.98)),
        ]
        self.rates = [muon_lr, adam_lr]
        self.average = {n: p.detach().clone() for n, p in named}
        self.named, self.buffers = named, dict(module.named_buffers())
        if state_file.exists():
            state = torch.load(state_file, weights_only=True)
            with torch.no_grad():
                for n, p in named:
                    p.copy_(state["weights"][n])
                for n, b in self.buffers.items():
                    b.copy_(state["buffers"][n])
            self.average, self.step = state["average"], state["step"]
            for optimizer, s in zip(self.optimizers, state["optimizers"]):
                optimizer.load_state_dict(s)
        self.started = time.time()

    def apply(self, loss: torch.Tensor) -> None:
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for _, p in self.named], 1.0)
        # Constant, then down to zero over the last 45 %.
        rate = min(1, (self.step + 1) / 100, (self.steps - self.step) / (0.45 * self.steps))
        for optimizer, base in zip(self.optimizers, self.rates):
            for group in optimizer.param_groups:
                group["lr"] = base * rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        decay = min(0.995, self.step / (self.step + 20))
        with torch.no_grad():
            for n, p in self.named:
                self.average[n].lerp_(p, 1 - decay)

    def save(self) -> None:
        state = {"weights": {n: p.detach() for n, p in self.named}, "average": self.average, "step": self.step}
        state["buffers"] = self.buffers
        state["optimizers"] = [o.state_dict() for o in self.optimizers]
        torch.save(state, self.file.with_suffix(".tmp"))
        os.replace(self.file.with_suffix(".tmp"), self.file)

    def use_average(self) -> dict:
        kept = {n: p.detach().clone() for n, p in self.named}
        self.put(self.average)
        return kept

    def put(self, weights: dict) -> None:
        with torch.no_grad():
            for n, p in self.named:
                p.copy_(weights[n])


class Convolution(torch.nn.Module):
    """Its kernel is a matrix, one row an output, as Muon wants it; batch normalization follows."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int):
        super().__init__()
        self.shape, self.stride = (outputs, inputs, size, size), stride
        self.kernel = torch.nn.Parameter(torch.randn(outputs, inputs * size * size) * (2 / (inputs * size * size)) ** 0.5)
        self.norm = torch.nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(F.conv2d(x, self.kernel.view(self.shape), stride=self.stride, padding=self.shape[2] // 2))


class Residual(torch.nn.Module):
    """He et al. 2015, figure 3: two convolutions and a way around them."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.first, self.second = Convolution(inputs, outputs, 3, stride), Convolution(outputs, outputs, 3, 1)
        self.around = torch.nn.Identity() if inputs == outputs and stride == 1 else Convolution(inputs, outputs, 1, stride)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.around(x))


class Teacher(torch.nn.Module):
    def __init__(self, concepts: int):
        super().__init__()
        torch.manual_seed(SEED)
        self.stem = Convolution(3, 32, 5, 2)
        blocks, width = [], 32
        for outputs in (64, 160, 320):
            blocks += [Residual(width, outputs, 2), Residual(outputs, outputs, 1)]
            width = outputs
        self.blocks = torch.nn.Sequential(*blocks)
        self.head = torch.nn.Linear(width, concepts)

    def forward(self, pixels):
        x = self.blocks(F.relu(self.stem(pixels.contiguous(memory_format=torch.channels_last))))
        return self.head(F.dropout(x.mean((2, 3)), 0.2, self.training)).float()


def teacher_stage(pictures: Pictures, work: Path, concepts: int, steps: int, batch: int) -> Teacher:
    teacher = Teacher(concepts)
    trainer = Trainer(teacher, work / "teacher.pt", steps, 5e-3, 2e-3)
    teacher.train()
    while trainer.step < steps:
        pixels, labels = labelled(pictures, concepts, batch, SEED - 1 - trainer.step)
        with torch.autocast("cpu", torch.bfloat16):
            logits = teacher(pixels)
        loss = F.cross_entropy(logits, labels, label_smoothing=0.05)
        trainer.apply(loss)
        if trainer.step % 250 == 0 or trainer.step == steps:
            teacher.eval()
            accuracy = image_accuracy(teacher, pictures)
            teacher.train()
            trainer.save()
            print(f"teacher {trainer.step}/{steps} loss {loss.item():.3f} {accuracy} {time.time() - trainer.started:.0f} s", flush=True)
    return teacher.eval().requires_grad_(False)


def labelled(pictures: Pictures, concepts: int, batch: int, seed: int):
    rng = torch.Generator().manual_seed(seed)
    pixels, targets = pictures.batch(batch, rng)
    labels = F.one_hot(targets, concepts).float()
    return cutmix(pixels, labels, rng) if torch.rand((), generator=rng) < 0.1 else (pixels, labels)


class ImageStage(torch.nn.Module):
    def __init__(self, model: CLIPModel, concepts: int):
        super().__init__()
        self.tower, self.projection = model.vision_model, model.visual_projection
        self.vectors = torch.nn.Parameter(torch.randn(concepts, PROJECTION) * 0.1)
        self.scale = torch.nn.Parameter(torch.tensor(math.log(12.0)))

    def forward(self, pixels):
        return F.normalize(self.projection(self.tower(pixels).pooler_output).float(), dim=-1)

    def logits(self, embeddings):
        return self.scale.exp().clamp(max=60) * embeddings @ F.normalize(self.vectors, dim=-1).T


def image_stage(model: CLIPModel, teacher: Teacher, pictures: Pictures, work: Path, concepts: int, steps: int, batch: int) -> ImageStage:
    stage = ImageStage(model, concepts)
    trainer = Trainer(stage, work / "image.pt", steps, 3e-3, 1.5e-3)
    stage.train()
    while trainer.step < steps:
        pixels, labels = labelled(pictures, concepts, batch, SEED + trainer.step)
        with torch.autocast("cpu", torch.bfloat16):
            embeddings = stage(pixels)
            with torch.no_grad():
                taught = teacher(pixels).softmax(-1)
        loss = F.cross_entropy(stage.logits(embeddings), 0.25 * labels + 0.75 * taught)
        trainer.apply(loss)
        if trainer.step % 250 == 0 or trainer.step == steps:
            kept = trainer.use_average()
            accuracy = image_accuracy(lambda x: stage.logits(stage(x)), pictures)
            trainer.put(kept)
            trainer.save()
            print(f"image {trainer.step}/{steps} loss {loss.item():.3f} {accuracy} {time.time() - trainer.started:.0f} s", flush=True)
    trainer.put(trainer.average)
    return stage.eval()


def cutmix(pixels, labels, rng):
    """Yun et al. 2019: a rectangle comes from another picture, and so does its share of the label."""
    share = float(torch.rand((), generator=rng)) * 0.5
    side = max(1, round(IMAGE * share**0.5))
    top, left = (int(v) for v in torch.randint(0, IMAGE - side + 1, (2,), generator=rng))
    other = torch.randperm(len(pixels), generator=rng)
    pixels = pixels.clone()
    pixels[:, :, top : top + side, left : left + side] = pixels[other, :, top : top + side, left : left + side]
    share = side * side / IMAGE**2
    return pixels, labels * (1 - share) + labels[other] * share


@torch.no_grad()
def image_accuracy(classify, pictures: Pictures) -> str:
    def share(drawings):
        return sum((classify(pixels).argmax(1) == targets).sum().item() for pixels, targets in pictures.batches(drawings)) / len(drawings)

    return f"unseen drawings {share(pictures.validation):.3f}, unseen styles {share(pictures.other_styles):.3f}"


class TextStage(torch.nn.Module):
    def __init__(self, model: CLIPModel):
        super().__init__()
        self.tower, self.projection = model.text_model, model.text_projection

    def forward(self, ids):
        return F.normalize(self.projection(self.tower(ids).pooler_output).float(), dim=-1)


def text_stage(model: CLIPModel, tokenizer, phrases: Phrases, vectors: torch.Tensor, images: tuple, work: Path, steps: int, batch: int) -> None:
    stage = TextStage(model)
    trainer = Trainer(stage, work / "text.pt", steps, 2e-3, 2e-3)
    while trainer.step < steps:
        rng = np.random.default_rng(SEED + trainer.step)
        texts, targets = phrases.batch(batch, rng)
        ids = tokenizer(texts, padding=True, truncation=True, max_length=77, return_tensors="pt").input_ids
        with torch.autocast("cpu", torch.bfloat16):
            embeddings = stage(ids)
        # Right is not enough: what is far from its vector fails as soon as the picture is far too.
        distance = 1 - (embeddings * F.normalize(targets @ vectors, dim=-1)).sum(-1).mean()
        loss = F.cross_entropy(25 * embeddings @ vectors.T, targets) + 3 * distance
        trainer.apply(loss)
        if trainer.step % 250 == 0 or trainer.step == steps:
            kept = trainer.use_average()
            default = text_accuracy(stage, tokenizer, phrases, images, prompts.DEFAULT)
            others = [text_accuracy(stage, tokenizer, phrases, images, t) for t in prompts.VALIDATION]
            trainer.put(kept)
            trainer.save()
            print(f"text {trainer.step}/{steps} loss {loss.item():.3f} distance {distance.item():.3f} default template {default:.3f} others {np.mean(others):.3f} {time.time() - trainer.started:.0f} s", flush=True)
    trainer.put(trainer.average)


@torch.no_grad()
def text_accuracy(stage, tokenizer, phrases, images, template) -> float:
    ids = tokenizer([template.format(n) for n in phrases.names], padding=True, return_tensors="pt").input_ids
    embeddings, targets = images
    return ((embeddings @ stage(ids).T).argmax(1) == targets).float().mean().item()


@torch.no_grad()
def embedded(stage: ImageStage, pictures: Pictures) -> tuple:
    """Embeddings and concepts of all drawings to validate with."""
    batches = [(stage(pixels), targets) for pixels, targets in pictures.batches(pictures.validation + pictures.other_styles)]
    return torch.cat([e for e, _ in batches]), torch.cat([t for _, t in batches])


@torch.no_grad()
def fit_scale(model: CLIPModel, tokenizer, phrases: Phrases, images: torch.Tensor, targets: torch.Tensor) -> float:
    """The logit scale under which the validation drawings are least surprising among twenty labels."""
    ids = tokenizer([prompts.DEFAULT.format(n) for n in phrases.names], padding=True, return_tensors="pt").input_ids
    texts = F.normalize(model.text_projection(model.text_model(ids).pooler_output), dim=-1)
    rng = torch.Generator().manual_seed(SEED)
    others = torch.randint(0, len(phrases.names), (len(targets), 19), generator=rng)
    labels = torch.cat([targets[:, None], others], dim=1)
    cosines = (images[:, None] * texts[labels]).sum(-1).masked_fill(torch.cat([torch.zeros(len(targets), 1, dtype=bool), others == targets[:, None]], 1), -1)
    scales = torch.linspace(5, 60, 111)
    losses = [F.cross_entropy(s * cosines, torch.zeros(len(targets), dtype=torch.long)).item() for s in scales]
    return float(scales[int(np.argmin(losses))])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--teacher-steps", type=int, default=2750)
    parser.add_argument("--image-steps", type=int, default=9000)
    parser.add_argument("--text-steps", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    concepts = json.loads((args.work / "concepts.json").read_text("utf-8"))
    phrases = Phrases(concepts)
    tokenizer = train_tokenizer(phrases, MERGES)
    model = new_model(tokenizer)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(tokenizer)} tokens", flush=True)
    pictures = Pictures(args.work, IMAGE)
    print(f"{len(pictures.training)} drawings to learn from, {len(pictures.validation)} and {len(pictures.other_styles)} to validate with", flush=True)
    teacher = teacher_stage(pictures, args.work, len(concepts), args.teacher_steps, 128)
    stage = image_stage(model, teacher, pictures, args.work, len(concepts), args.image_steps, 128)
    vectors = F.normalize(stage.vectors.detach(), dim=-1)
    images = embedded(stage, pictures)
    text_stage(model, tokenizer, phrases, vectors, images, args.work, args.text_steps, 256)
    model.eval()
    with torch.no_grad():
        scale = fit_scale(model, tokenizer, phrases, *images)
        model.logit_scale.fill_(math.log(scale))
    print(f"logit scale {scale}", flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(args.out)
    tokenizer.save_pretrained(args.out)
    size = {"height": IMAGE, "width": IMAGE}
    CLIPImageProcessor(size={"shortest_edge": IMAGE}, crop_size=size, image_mean=[0.5] * 3, image_std=[0.5] * 3).save_pretrained(args.out)


if __name__ == "__main__":
    main()
