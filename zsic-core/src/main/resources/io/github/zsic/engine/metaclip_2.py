"""MetaCLIP 2 (Chuang et al., "MetaCLIP 2: A Worldwide Scaling Recipe", 2025), which is CLIP with another vocabulary:
models/metaclip_2/modeling_metaclip_2.py and configuration_metaclip_2.py of transformers.
"""

from torch import Tensor

from . import layers, towers
from .clip import default_names, defaults, encode_images, load_layers, problems, shapes  # noqa: F401
from .model import Model
from .usual import ignored, logit_bias, logit_scale, pads_texts, text_positions  # noqa: F401


def encode_texts(m: Model, ids: Tensor, mask: Tensor) -> Tensor:
    # Its end token is 2, which for CLIP means something else.
    eos = m.integer("text_config.eos_token_id")
    return towers.encode_clip_text(m, ids, layers.first_position(ids, eos))
