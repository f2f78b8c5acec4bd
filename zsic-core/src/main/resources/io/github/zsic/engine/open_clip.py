"""Models in the layout of OpenCLIP (open_clip_config.json, src/open_clip/model.py of mlfoundations/open_clip, classes
CLIP and CustomTextCLIP; coca_model.py, CoCa, without its captions): a tower for pictures and one for texts, of whatever
kinds. Their sources are packed beside this one under the names "pictures" and "texts": open_clip_text.py is the
shortest that shows what they have.
"""

from torch import Tensor

from . import layers
from . import open_clip_text as texts
from . import open_clip_vit as pictures
from .model import Model
from .usual import logit_bias, logit_scale  # noqa: F401


def defaults() -> dict[str, float]:
    found = {"model_cfg.embed_dim": 512.0, "model_cfg.quick_gelu": 0.0}
    found.update(pictures.defaults())
    found.update(texts.defaults())
    return found


def default_names() -> dict[str, str]:
    found = pictures.default_names()
    found.update(texts.default_names())
    return found


def unsupported(m: Model, found: list[str], prefix: str, names: list[str]) -> None:
    """Members of the configuration that are on and that no tower here has."""
    for name in names:
        key = prefix + name
        if key in m.names:
            found.append("{} is '{}', which zsic does not have".format(key, m.names[key]))
        elif m.config.get(key, 0.0) != 0.0:
            found.append(key + " is on, which zsic does not have")


def problems(m: Model, found: list[str]) -> None:
    layers.check_integer(m, found, "model_cfg.embed_dim", 1, 1000000)
    pictures.problems(m, found)
    texts.problems(m, found)


def dimension(m: Model) -> int:
    return m.integer("model_cfg.embed_dim")


def shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    pictures.shapes(m, shapes)
    texts.shapes(m, shapes)
    layers.scalar_shape(shapes, "logit_scale")
    if "model_cfg.init_logit_bias" in m.config and "logit_bias" in m.stored:
        layers.scalar_shape(shapes, "logit_bias")


def ignored() -> list[str]:
    """Buffers of older releases, counters of the training, and what writes captions."""
    return ["attn_mask", "num_batches_tracked", "rope.freqs", "transformer.pooler.", "text_decoder."]


def load_layers(m: Model, state: dict[str, list[Tensor]]) -> None:
    pictures.load(m, state)
    texts.load(m, state)


def text_positions(m: Model) -> int:
    return m.integer("model_cfg.text_cfg.context_length")


def pads_texts(m: Model) -> bool:
    return texts.pads(m)


def activation(m: Model, tower: str) -> str:
    """The activation of OpenCLIP's own towers."""
    if m.config["model_cfg.quick_gelu"] != 0.0:
        return "quick_gelu"
    if m.names[tower + "act_kwargs.approximate"] == "tanh":
        return "gelu_pytorch_tanh"
    return "gelu"


def check_transformer(m: Model, found: list[str], tower: str) -> None:
    """What is wrong with the transformer of one of OpenCLIP's own towers."""
    for name in ["width", "layers"]:
        layers.check_integer(m, found, tower + name, 1, 1000000)
    unsupported(
        m, found, tower, ["qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn", "scale_fc"]
    )
    if m.names[tower + "block_type"] != "default":
        found.append("{}block_type is '{}', and zsic has 'default'".format(tower, m.names[tower + "block_type"]))
    approximate = m.names[tower + "act_kwargs.approximate"]
    if approximate not in ["none", "tanh"]:
        found.append("{}act_kwargs.approximate is '{}', and zsic has 'none' and 'tanh'".format(tower, approximate))


def transformer_shapes(m: Model, shapes: dict[str, list[int]], tower: str, prefix: str, width: int) -> None:
    inner = int(float(width) * m.config[tower + "mlp_ratio"])
    count = m.integer(tower + "layers")
    layers.resblocks_shapes(shapes, prefix, count, width, inner)
    if tower + "ls_init_value" in m.config:
        for i in range(count):
            for scale in ["ls_1.gamma", "ls_2.gamma"]:
                shapes[prefix + str(i) + "." + scale] = [width]


def transformer(m: Model, state: dict[str, list[Tensor]], tower: str, prefix: str) -> list[dict[str, Tensor]]:
    count = m.integer(tower + "layers")
    return layers.resblocks(m, state, prefix, count, activation(m, tower))


def norm_eps(m: Model, tower: str) -> float:
    return m.config[tower + "norm_kwargs.eps"]


def encode_images(m: Model, images: list[Tensor]) -> Tensor:
    return pictures.encode(m, images)


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    return texts.encode(m, ids, mask)
