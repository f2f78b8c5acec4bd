"""Drawings as training pictures: placed, tilted, recoloured, on a background, as bytes would reach the model."""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

SIZE = 96
SILHOUETTES = "fluent-emoji-high-contrast"


class Pictures:
    def __init__(self, work: Path, image: int):
        self.image = image
        drawings = json.loads((work / "training.json").read_text("utf-8"))
        self.data = torch.from_numpy(np.fromfile(work / "training.rgba", np.uint8).reshape(len(drawings), SIZE, SIZE, 4))
        self.concepts = torch.tensor([d["concept"] for d in drawings])
        self.mono = torch.tensor([d["set"] == SILHOUETTES or d.get("mono", False) for d in drawings])
        # One drawing in thirty validates; its variants must not be trained on either. Silhouettes and icons only train, but
        # for some sets of icons that only validate.
        rng = np.random.default_rng(7)
        keys = sorted({(d["set"], d["icon"]) for d in drawings if d["set"] != SILHOUETTES and "icons" not in d})
        chosen = {k for k, u in zip(keys, rng.random(len(keys))) if u < 1 / 30}
        count = torch.bincount(self.concepts)
        self.training, self.validation, self.other_styles, weights = [], [], [], []
        for i, d in enumerate(drawings):
            if "validates" in d:
                self.other_styles.append(i)
            elif (d["set"], d["icon"]) not in chosen:
                self.training.append(i)
                weight = 0.4 if "variant" in d or d["set"] == SILHOUETTES else 0.6 if "icons" in d else 1.0
                weights.append(weight / float(count[d["concept"]]) ** 0.5)
            elif "variant" not in d:
                self.validation.append(i)
        self.training = torch.tensor(self.training)
        self.weights = torch.tensor(weights, dtype=torch.float64)

    def batch(self, n: int, rng: torch.Generator):
        chosen = self.training[torch.multinomial(self.weights, n, replacement=True, generator=rng)]
        return self.augment(self.data[chosen], self.mono[chosen], rng), self.concepts[chosen]

    def batches(self, drawings: list[int], n: int = 256):
        for start in range(0, len(drawings), n):
            chosen = torch.tensor(drawings[start : start + n])
            yield self.plain(self.data[chosen]), self.concepts[chosen]

    def plain(self, rgba: torch.Tensor) -> torch.Tensor:
        """On white, as a viewer shows them, resized as the image processor does."""
        x = rgba.permute(0, 3, 1, 2).float() / 255
        x = x[:, :3] * x[:, 3:] + 1 - x[:, 3:]
        x = (x * 255).round().to(torch.uint8)
        x = F.interpolate(x, size=(self.image, self.image), mode="bicubic", antialias=True)
        return x.float() / 127.5 - 1

    def augment(self, rgba: torch.Tensor, mono: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        n = len(rgba)

        def uniform(low, high, *shape):
            return torch.rand((n, *shape), generator=rng) * (high - low) + low

        def some(p):
            return (torch.rand(n, generator=rng) < p).float()

        x = rgba.permute(0, 3, 1, 2).float() / 255
        x = torch.cat([x[:, :3] * x[:, 3:], x[:, 3:]], 1)

        angle = uniform(-0.35, 0.35) * some(0.7)
        scale_x = torch.exp(uniform(-0.15, 0.35))
        scale_y = scale_x * torch.exp(uniform(-0.15, 0.15))
        flip = 1 - 2 * some(0.4)
        shear = uniform(-0.2, 0.2) * some(0.5)
        cos, sin = torch.cos(angle), torch.sin(angle)
        matrix = torch.stack(
            [
                torch.stack([cos * scale_x * flip, (-sin + shear) * scale_y, uniform(-0.2, 0.2)], 1),
                torch.stack([sin * scale_x * flip, cos * scale_y, uniform(-0.2, 0.2)], 1),
            ],
            1,
        )
        grid = F.affine_grid(matrix, (n, 4, self.image, self.image), align_corners=False)
        x = F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        alpha = x[:, 3:]
        color = x[:, :3] / alpha.clamp(min=1e-3)

        color = self.recolour(color, uniform, some)
        # What has one colour may have any, and is not drawn on the same.
        mono = mono.float()[:, None, None, None]
        any_color = mono * some(0.5)[:, None, None, None]
        color = color * (1 - any_color) + uniform(0, 1, 3, 1, 1) * any_color
        color, alpha = self.ink(color, alpha, uniform, some)
        background = self.background(n, rng, uniform, some)
        brightness = (color * alpha).sum((1, 2, 3), keepdim=True) / (3 * alpha.sum((1, 2, 3), keepdim=True)).clamp(min=1)
        lost = mono * ((background.mean((1, 2, 3), keepdim=True) - brightness).abs() < 0.3).float()
        background = background * (1 - 0.7 * lost) + 0.7 * lost * (brightness < 0.5).float()
        out = color * alpha + background * (1 - alpha)

        # Softer pictures, as from a small or a compressed file.
        small = F.interpolate(out, scale_factor=0.5, mode="bilinear", antialias=True)
        soft = F.interpolate(small, size=(self.image, self.image), mode="bilinear")
        blend = (uniform(0.3, 1) * some(0.25))[:, None, None, None]
        out = out * (1 - blend) + soft * blend
        noise = (uniform(0, 0.08) * some(0.3))[:, None, None, None]
        out = out + noise * torch.randn(out.shape, generator=rng)

        # A hole, so that no single detail decides.
        side, hole = 20, some(0.3)
        for i in torch.nonzero(hole)[:, 0].tolist():
            top, left = (int(v) for v in torch.randint(0, self.image - side, (2,), generator=rng))
            out[i, :, top : top + side, left : left + side] = torch.rand(3, 1, 1, generator=rng)
        return out.clamp(0, 1) * 2 - 1

    @staticmethod
    def ink(color, alpha, uniform, some):
        """Sometimes a dark line around the whole, and dark lines where colours meet, as pens leave them."""
        wide = F.max_pool2d(alpha, 3, 1, 1)
        ring = ((wide - alpha) * some(0.15)[:, None, None, None]).clamp(0, 1)
        grey = color.mean(1, keepdim=True) * alpha
        edges = F.max_pool2d(grey, 3, 1, 1) + F.max_pool2d(-grey, 3, 1, 1)
        strength = (uniform(1, 4) * some(0.15))[:, None, None, None]
        color = color * (1 - (edges * strength).clamp(0, 0.9))
        total = alpha + ring
        color = color * (alpha / total.clamp(min=1e-3))
        return color, total

    @staticmethod
    def recolour(color, uniform, some):
        """Hue (a rotation about the grey axis in YIQ), saturation, contrast, brightness, sometimes grey."""
        n = len(color)
        to_yiq = torch.tensor([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
        strong = some(0.15)
        turn = uniform(-0.25, 0.25) * some(0.6) * (1 - strong) + uniform(-3.14, 3.14) * strong
        saturation = torch.exp(uniform(-0.7, 0.5)) * (1 - some(0.12))
        rotate = torch.zeros(n, 3, 3)
        rotate[:, 0, 0] = 1
        rotate[:, 1, 1] = rotate[:, 2, 2] = torch.cos(turn) * saturation
        rotate[:, 1, 2] = -torch.sin(turn) * saturation
        rotate[:, 2, 1] = torch.sin(turn) * saturation
        matrix = torch.linalg.inv(to_yiq) @ rotate @ to_yiq
        color = (matrix @ color.flatten(2)).view_as(color)
        contrast = torch.exp(uniform(-0.4, 0.3))[:, None, None, None]
        brightness = uniform(-0.15, 0.15)[:, None, None, None]
        return ((color - 0.5) * contrast + 0.5 + brightness).clamp(0, 1)

    def background(self, n, rng, uniform, some):
        """White mostly; black, as transparent pictures come out; one colour; or colours that flow, as out of focus."""
        flat = torch.rand((n, 3, 1, 1), generator=rng)
        cells = torch.rand((n, 3, 4, 4), generator=rng)
        flow = F.interpolate(cells, size=(self.image, self.image), mode="bicubic").clamp(0, 1)
        kind = torch.rand(n, generator=rng)[:, None, None, None]
        plain = (kind < 0.45).float()
        return torch.where(kind < 0.57, plain, torch.where(kind < 0.8, flat, flow))
