"""The object that the Java side calls: the state of a loaded model, and the methods that every architecture has. What
they do stands in the architecture's own file: docs/architectures.md tells what each function there is for. Python has
the plain kernels and CLIP under these names; zsic packs those that a checkpoint and a machine need.
"""

import torch
from torch import Tensor
from torch.nn import Module


class Model(Module):
    __parameters__ = []
    __buffers__ = []
    training: bool
    checked: bool
    config: dict[str, float]
    names: dict[str, str]
    processing: dict[str, float]
    stored: dict[str, list[int]]
    device: str
    precision: str
    weights: dict[str, Tensor]
    layers: dict[str, list[dict[str, Tensor]]]
    fused: dict[str, str]
    looked_at: dict[str, float]
    differences: dict[str, float]
    wrong: dict[str, float]

    def configure(
        self,
        config: dict[str, float],
        names: dict[str, str],
        processing: dict[str, float],
        stored: dict[str, list[int]],
        device: str,
        precision: str,
    ) -> None:
        """Begins anew. The numbers and strings of config.json ("text_config.hidden_size"), which the architecture's
        defaults complete, the numbers of the image processor's settings, names and shapes of the tensors in the
        checkpoint, where to run and what to compute in.
        """
        self.config = architecture.defaults()
        self.config.update(config)
        self.names = architecture.default_names()
        self.names.update(names)
        self.processing = processing
        self.stored = stored
        self.device = device
        self.precision = precision
        self.weights: dict[str, Tensor] = {}
        self.layers: dict[str, list[dict[str, Tensor]]] = {}
        self.fused: dict[str, str] = {}
        self.looked_at: dict[str, float] = {}
        self.differences: dict[str, float] = {}
        self.wrong: dict[str, float] = {}

    def integer(self, key: str) -> int:
        """A number of the configuration that is a whole one."""
        return int(self.config[key])

    def supports(self, precision: str) -> bool:
        """Whether the CPU can compute in a precision."""
        return kernels.supports(precision)

    def problems(self) -> list[str]:
        """What in the configuration cannot be run, for people to read. Called before anything else."""
        found: list[str] = []
        architecture.problems(self, found)
        return found

    def shapes(self) -> dict[str, list[int]]:
        """Name and shape of every tensor that load() reads."""
        shapes: dict[str, list[int]] = {}
        architecture.shapes(self, shapes)
        return shapes

    def ignored(self) -> list[str]:
        """Parts of the names of tensors that a checkpoint may hold beside those and that no score needs."""
        return architecture.ignored()

    def load(self, state: dict[str, list[Tensor]], checked: bool) -> None:
        """Takes the whole state dict once, which is empty then, and keeps what it makes of it. What fast kernels
        compute is compared with plain operators on the way, unless the results are known anyway.
        """
        self.checked = checked
        architecture.load_layers(self, state)
        layers.take(self, state, "")
        if checked:
            for tower in self.layers:
                self.layers[tower][0]["unchecked"] = torch.zeros([0], dtype=torch.float32)

    def wrong_products(self) -> dict[str, float]:
        """The shapes of packed products that came out wrong, and by which share of the largest number. Plain operators
        compute them instead.
        """
        return self.wrong

    def largest_difference(self) -> float:
        """How far what nothing could replace was from plain operators, as a multiple of what is allowed: attention and
        norms, when each tower first ran, and convolutions.
        """
        worst = 0.0
        for kind in self.differences:
            worst = checks.worse(worst, self.differences[kind])
        for tower in self.layers:
            layer = self.layers[tower][0]
            if "difference" in layer:
                worst = checks.worse(worst, float(layer["difference"]))
        return worst

    def text_positions(self) -> int:
        """How many tokens the text tower reads at most."""
        return architecture.text_positions(self)

    def pads_texts(self) -> bool:
        """Whether every text is cut or padded to exactly so many."""
        return architecture.pads_texts(self)

    def logit_scale(self) -> float:
        """logit = scale * cosine + bias"""
        return architecture.logit_scale(self)

    def logit_bias(self) -> float:
        return architecture.logit_bias(self)

    def resize(self, image: Tensor, height: int, width: int) -> Tensor:
        """A picture, uint8 [height, width, 3], whose height and width may have been larger, in the size in which
        encode_images() resizes it, so that it finds nothing left to do; the same picture where there is no such size.
        """
        return layers.resize_ahead(image, height, width, self.processing)

    def encode_images(self, images: list[Tensor]) -> Tensor:
        """uint8 pictures [height, width, 3] of any size to unit vectors, float32 [batch, dimension] on the CPU. Where a
        picture has several, [batch, vectors, dimension], the nearest to a text decides.
        """
        x = architecture.encode_images(self, images)
        return layers.normalize(x).to("cpu", torch.float32)

    def encode_texts(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Token ids int64 [batch, tokens], padded on the right, and a mask of the same shape, 1 where there is
        something to read and 0 for padding, to unit vectors, float32 [batch, dimension] on the CPU.
        """
        ids = ids.to(self.device, torch.int64)
        mask = mask.to(self.device, torch.int64)
        x = architecture.encode_texts(self, ids, mask)
        return layers.normalize(x).to("cpu", torch.float32)


# These need the class.
from . import checks, layers
from . import clip as architecture
from . import plain as kernels
