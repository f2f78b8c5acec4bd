"""A contender in Python: reads turns as lines of JSON, answers each with the times of its calls, ends with its input.

    contenders.py FOLDER transformers CHECKPOINT PRECISION IMAGE_SIZE
    contenders.py FOLDER open_clip    CHECKPOINT float32   IMAGE_SIZE
    contenders.py FOLDER matrices     ANY        KIND      0

io.github.zsic.bench.Turn tells what the lines hold.
"""

import json
import os
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

START = time.perf_counter()
# Whatever a library prints goes to standard error.
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def answer(**fields):
    ANSWERS.write("@bench " + json.dumps(fields) + "\n")
    ANSWERS.flush()


def first_line(ex):
    return f"{type(ex).__name__}: {ex}".split("\n")[0][:200]


class Transformers:
    """The pipeline with its defaults, and its model's bare image forward."""

    def __init__(self, folder, checkpoint, precision, image_size):
        import reference
        import torch

        reference.torchvision()
        from transformers import pipeline

        self.torch, self.folder, self.image_size = torch, Path(folder), image_size
        self.dtype = getattr(torch, precision)
        self.pipeline = pipeline("zero-shot-image-classification", model=checkpoint, dtype=self.dtype)
        self.fresh = count()

    def prepare(self, work):
        if work["operation"] == "IMAGE":
            generator = self.torch.Generator().manual_seed(7)
            side = self.image_size
            pixels = self.torch.rand(work["batch"], 3, side, side, generator=generator).mul(2).sub(1).to(self.dtype)

            def forward():
                with self.torch.inference_mode():
                    return self.pipeline.model.get_image_features(pixel_values=pixels)

            return forward
        picture = str(self.folder / work["picture"])
        labels = (self.folder / "labels.txt").read_text().split("\n")[: work["labels"]]
        if work["fresh"]:

            def classify_fresh():
                turn = next(self.fresh)
                return self.pipeline(picture, candidate_labels=[f"{label} {turn}" for label in labels])

            return classify_fresh
        return lambda: self.pipeline(picture, candidate_labels=labels)


class OpenClip:
    """OpenCLIP as its README tells to use it, with the embeddings of the labels kept, and its model's bare image forward."""

    def __init__(self, folder, checkpoint, image_size):
        import reference
        import torch

        reference.torchvision()
        import open_clip.hf_model
        import transformers

        # It is in another repository, and that of the base size is the default.
        open_clip.hf_model.AutoConfig.from_pretrained = lambda name, **more: transformers.BertConfig()
        self.torch, self.folder, self.image_size = torch, Path(folder), image_size
        self.model, self.preprocess = open_clip.create_model_from_pretrained(f"local-dir:{checkpoint}")
        self.model.eval()
        self.tokenizer = open_clip.get_tokenizer(f"local-dir:{checkpoint}")

    def prepare(self, work):
        from PIL import Image

        if work["operation"] == "IMAGE":
            generator = self.torch.Generator().manual_seed(7)
            pixels = self.torch.rand(work["batch"], 3, self.image_size, self.image_size, generator=generator).mul(2).sub(1)

            def forward():
                with self.torch.inference_mode():
                    return self.model.encode_image(pixels)

            return forward
        labels = (self.folder / "labels.txt").read_text().split("\n")[: work["labels"]]
        with self.torch.inference_mode():
            texts = self.model.encode_text(self.tokenizer([f"This is a photo of {label}." for label in labels]), normalize=True)

        def classify():
            with self.torch.inference_mode():
                picture = self.preprocess(Image.open(self.folder / work["picture"]))[None]
                logits = self.model.logit_scale.exp() * self.model.encode_image(picture, normalize=True) @ texts.T
                if self.model.logit_bias is not None:
                    return (logits + self.model.logit_bias).sigmoid().tolist()
                return logits.softmax(dim=-1).tolist()

        return classify


class Matrices:
    """Products of square matrices, by the libraries that the engine calls, with one operand packed where it can be."""

    def __init__(self, kind):
        import torch

        self.torch, self.kind = torch, kind

    def prepare(self, work):
        torch, n = self.torch, work["batch"]
        torch.manual_seed(7)
        a, b = torch.randn(n, n), torch.randn(n, n)
        if self.kind == "mkl-float32":
            return lambda: torch.mm(a, b)
        if self.kind in ("onednn-float32", "onednn-bfloat16"):
            dtype = torch.float32 if self.kind.endswith("float32") else torch.bfloat16
            x = a.to(dtype)
            packed = torch.ops.mkldnn._reorder_linear_weight(b.to(dtype), n)
            return lambda: torch.ops.mkldnn._linear_pointwise(x, packed, None, "none", [], "")
        if self.kind == "onednn-int8":
            x, y = (t.mul(40).clamp(-127, 127).to(torch.int8) for t in (a, b))
            return lambda: torch._int_mm(x, y)
        raise ValueError(self.kind)


def load(folder, kind, checkpoint, precision, image_size):
    if kind == "transformers":
        return Transformers(folder, checkpoint, precision, int(image_size))
    if kind == "open_clip":
        return OpenClip(folder, checkpoint, int(image_size))
    return Matrices(precision)


class Caller:
    """Runs calls in the number of threads that the work asks for; these threads last, as those of a server do."""

    def __init__(self):
        self.pool = ThreadPoolExecutor(64)

    def run(self, call, callers, seconds):
        if callers == 1:
            return self.loop(call, time.perf_counter() + seconds)
        barrier = threading.Barrier(callers)

        def task():
            barrier.wait()
            return self.loop(call, time.perf_counter() + seconds)

        tasks = [self.pool.submit(task) for _ in range(callers)]
        return [sample for task in tasks for sample in task.result()]

    @staticmethod
    def loop(call, end):
        samples = []
        while True:
            start = time.perf_counter_ns()
            call()
            samples.append(time.perf_counter_ns() - start)
            if time.perf_counter() >= end:
                return samples


def main(arguments):
    try:
        contender = load(*arguments)
    except Exception as ex:
        answer(error=first_line(ex))
        raise
    answer(ready=1000 * (time.perf_counter() - START))
    calls, caller = {}, Caller()
    for line in sys.stdin:
        try:
            turn = json.loads(line)
            key = json.dumps(turn["work"], sort_keys=True)
            if key not in calls:
                calls[key] = contender.prepare(turn["work"])
            if turn["warmup"] > 0:
                caller.run(calls[key], turn["work"]["callers"], turn["warmup"])
            answer(nanos=caller.run(calls[key], turn["work"]["callers"], turn["seconds"]))
        except Exception as ex:
            traceback.print_exc()
            answer(error=first_line(ex))


if __name__ == "__main__":
    main(sys.argv[1:])
