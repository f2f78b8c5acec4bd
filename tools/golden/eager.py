"""Runs zsic's programs in Python, the very files that zsic-core packs, and compares them with the reference.

    python tools/golden/eager.py                    # every program with the known answers of known_answers.py
    python tools/golden/eager.py clip open_clip     # those whose names begin so
    python tools/golden/eager.py --layers zsic-core/src/test/resources/parity/checkpoints/siglip

The first two fail where an embedding in float32 is further than 1e-5 from what Transformers, or OpenCLIP, computed in
double. The last one is for finding out where a program goes wrong: it runs a checkpoint in Transformers, and its
program, on a picture and a text, and prints what the functions of the program return, in the order of their calls, each
beside the module of Transformers that gives what is nearest. Where the differences begin, look. A breakpoint() in a
program stops there.

README.md beside this file says in which environment.
"""

import argparse
import functools
import inspect
import sys
from pathlib import Path

import tiny_clip as tiny  # noqa: F401  first: it prepares torchvision
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools/gpu")]
import check  # noqa: E402
import programs  # noqa: E402

BOUND = 1e-5


def eager(architecture):
    return programs.module(architecture).Model()


# ------------------------------------------------------------------------------------------- known answers


def compare(architecture, answer):
    """The largest difference of an element of an embedding."""
    config = answer["config"]
    open_clip = architecture.startswith("open_clip/")
    processor = check.open_clip_processor(config) if open_clip else answer["processor"]
    weights = check.MadeWeights(check.known_weight, answer.get("stored"))
    encoder = check.Encoder(check.Checkpoint(architecture, config, processor, weights), "cpu", "float32", eager)
    actual = [
        encoder.images([check.known_picture(*answer["picture"])]),
        encoder.texts(answer["ids"], answer["mask"]),
    ]
    expected = [torch.tensor(answer[name], dtype=torch.float64) for name in ("image", "texts")]
    return max(float((a - e.reshape(a.shape)).abs().max()) for a, e in zip(actual, expected, strict=True))


def compare_all(beginnings):
    answers = check.read_json(programs.PROGRAMS.parent / "checkpoint/known-answers.json")
    # Beside the programs there is what a resize makes.
    known = {name: answer for name, answer in answers.items() if "config" in answer}
    chosen = {name: answer for name, answer in known.items() if name.startswith(tuple(beginnings) or "")}
    if not chosen:
        sys.exit(f"There is no program for {beginnings}, but for {', '.join(known)}.")
    worst = 0.0
    for name, answer in chosen.items():
        difference = compare(name, answer)
        worst = max(worst, difference)
        print(f"{name:<40} {difference:.1e} {'ok' if difference <= BOUND else 'WRONG'}", flush=True)
    print(f"{len(chosen)} programs, the largest difference {worst:.1e}")
    return int(not worst <= BOUND)


# ---------------------------------------------------------------------------------------- layer by layer


def reference(folder, picture, text):
    """What every module of Transformers' model gives, by its name, and the token ids that the model got."""
    from transformers import pipeline

    pipe = pipeline("zero-shot-image-classification", model=str(folder), dtype=torch.float32, device="cpu")
    given, outputs = {}, {}

    def note(name, module, arguments, keywords, output):
        found = output if isinstance(output, torch.Tensor) else None
        if found is None and isinstance(output, (tuple, list)) and output and isinstance(output[0], torch.Tensor):
            found = output[0]
        if found is not None:
            outputs.setdefault(name, []).append(found.clone())

    for name, module in pipe.model.named_modules():
        module.register_forward_hook(functools.partial(note, name), with_kwargs=True)
    pipe.model.register_forward_pre_hook(lambda module, _, keywords: given.update(keywords), with_kwargs=True)
    pipe(Image.open(picture), candidate_labels=[text], hypothesis_template="{}")
    ids = given["input_ids"]
    return outputs, ids, given.get("attention_mask", torch.ones_like(ids))


class Recorder:
    """Prints what the functions of a program return, beside the reference's output that is nearest to it."""

    def __init__(self, outputs):
        self.outputs = outputs
        self.depth = 0

    def watch(self, package):
        for name, module in list(sys.modules.items()):
            if name.startswith(package + "."):
                for function_name, function in list(vars(module).items()):
                    if inspect.isfunction(function) and function.__module__.startswith(package + "."):
                        setattr(module, function_name, self.wrap(function))

    def wrap(self, function):
        @functools.wraps(function)
        def call(*arguments, **keywords):
            self.depth += 1
            try:
                result = function(*arguments, **keywords)
            finally:
                self.depth -= 1
            if isinstance(result, torch.Tensor) and result.is_floating_point() and result.dim() > 1:
                self.note(function, sys._getframe(1), result)
            return result

        return call

    def nearest(self, x):
        """The difference and the name of the nearest output of the same shape, or of one of its tokens."""
        found = float("inf"), ""
        for name, outputs in self.outputs.items():
            for output in outputs:
                if output.shape == x.shape:
                    difference = (output - x).abs().max()
                elif output.dim() == 3 and x.dim() == 2 and output.shape[::2] == x.shape:
                    difference = (output - x.unsqueeze(1)).abs().amax((0, 2)).min()
                else:
                    continue
                found = min(found, (float(difference), name))
        return found

    def note(self, function, caller, x):
        difference, name = self.nearest(x)
        where = f"{Path(caller.f_code.co_filename).name}:{caller.f_lineno}"
        called = "  " * self.depth + f"{function.__module__.rsplit('.', 1)[1]}.{function.__name__}"
        beside = f"{difference:.1e} {name}" if name else "-"
        print(f"{where:<24} {called:<48} {str(list(x.shape)):<20} {beside}")


def compare_layers(folder, picture, text):
    outputs, ids, mask = reference(folder, picture, text)
    checkpoint = check.read_checkpoint(folder)
    module = programs.module(checkpoint.architecture)
    encoder = check.Encoder(checkpoint, "cpu", "float32", lambda _: module.Model(), False)
    Recorder(outputs).watch(module.__package__)
    pixels = torch.tensor(list(Image.open(picture).convert("RGB").tobytes()), dtype=torch.uint8)
    width, height = Image.open(picture).size
    print("picture")
    encoder.images([pixels.reshape(height, width, 3)])
    print("text")
    encoder.texts(ids.tolist(), mask.tolist())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("programs", nargs="*", help="beginnings of names; default: all")
    parser.add_argument("--layers", type=Path, metavar="FOLDER", help="a checkpoint to go through layer by layer")
    parser.add_argument("--picture", type=Path, default=check.PARITY / "pictures/landscape.png")
    parser.add_argument("--text", default="a photo of an owl")
    options = parser.parse_args()
    with torch.no_grad():
        if options.layers:
            return compare_layers(options.layers, options.picture, options.text)
        return compare_all(options.programs)


if __name__ == "__main__":
    sys.exit(main())
