"""timm's plain vision transformer as OpenCLIP's tower for pictures (timm/models/vision_transformer.py,
VisionTransformer): SigLIP's with attention pooling, those with a class token or an average, and MobileCLIP's, which
makes patches in steps.
"""

from torch import Tensor

from . import layers
from . import open_clip_timm as timm
from .model import Model
from .open_clip_timm import default_names, defaults  # noqa: F401


def activation(m: Model) -> str:
    called = timm.name(m)
    kind = "gelu"
    if "_quickgelu_" in called:
        kind = "quick_gelu"
    for tanh in [
        "vit_base_patch32_siglip_",
        "vit_large_patch16_siglip_512",
        "vit_so400m_patch16_siglip_",
        "vit_giantopt_",
    ]:
        if called.startswith(tanh):
            kind = "gelu_pytorch_tanh"
    return kind


def eps(m: Model) -> float:
    return 1e-5 if "_clip_" in timm.name(m) else 1e-6


def count(m: Model) -> int:
    return layers.stored_blocks(m, "visual.trunk.blocks.", ".norm1.weight")


def problems(m: Model, found: list[str]) -> None:
    timm.transformer_problems(m, found)


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    inner = layers.stored_size(m, "visual.trunk.blocks.0.mlp.fc2.weight", 1)
    layers.blocks_shapes(m, shapes, "visual.trunk.blocks.", count(m), timm.width(m), inner)
    timm.transformer_shapes(m, shapes)


def load(m: Model, state: dict[str, list[Tensor]]) -> None:
    kind = activation(m)
    timm.load_transformer(m, state, kind)
    m.layers["vision"] = layers.blocks(m, state, "visual.trunk.blocks.", count(m), kind)


def encode(m: Model, images: list[Tensor]) -> Tensor:
    epsilon = eps(m)
    kind = activation(m)
    heads = timm.heads(m)
    x = timm.embed(m, images, epsilon)
    x = layers.encoder(x, m.layers["vision"], heads, kind, epsilon, False, None, timm.counting(m, x))
    return timm.finish(m, x, heads, kind, epsilon)
