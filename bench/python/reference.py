"""What both programs here need before they can import the pipeline's parts."""

import os
import sys

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch

_libraries = []  # one that is collected takes its operators with it


def torchvision():
    """Imports torchvision, whose image processors the pipeline uses by default, also beside another build of torch."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        # Its compiled operators do not load, and the image processors need none of them. Declaring the two that its
        # import looks for is enough.
        for name in [m for m in sys.modules if m.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _libraries.append(library)
        import torchvision  # noqa: F401
