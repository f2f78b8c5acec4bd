"""Exports a checkpoint for the other contenders, beside its own files, unless that is there:

    export.py CHECKPOINT

image-float32.onnx and image-int8.onnx hold the image tower, the latter quantized dynamically; traced.pt holds the whole
model, for DJL.
"""

import sys
import tempfile
from pathlib import Path

import reference
import torch

reference.torchvision()
from transformers import AutoConfig, AutoModel  # noqa: E402


class Image(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        features = self.model.get_image_features(pixel_values=pixel_values)
        return features if isinstance(features, torch.Tensor) else features.pooler_output


class Scores(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, pixel_values):
        output = self.model(input_ids=input_ids, attention_mask=attention_mask, pixel_values=pixel_values)
        return {"logits_per_image": output.logits_per_image}


def export_image(model, side, folder):
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    target = folder / "image-float32.onnx"
    if not target.exists():
        program = torch.onnx.export(
            Image(model).eval(),
            (torch.zeros(2, 3, side, side),),
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            input_names=["pixel_values"],
            output_names=["image_embeds"],
            dynamo=True,
        )
        # Large weights go to a file beside it, whose name it holds.
        with tempfile.TemporaryDirectory(dir=folder) as partial:
            program.save(Path(partial) / target.name, external_data=False)
            onnx.checker.check_model(str(Path(partial) / target.name))
            for file in sorted(Path(partial).iterdir(), reverse=True):
                file.rename(folder / file.name)
    quantized = folder / "image-int8.onnx"
    if not quantized.exists():
        partial = folder / "partial.onnx"
        exported = onnx.load(str(target))
        # The exporter's shapes of intermediate results contradict those that the quantizer infers.
        del exported.graph.value_info[:]
        quantize_dynamic(exported, partial, weight_type=QuantType.QInt8, per_channel=True)
        partial.rename(quantized)


def trace(model, side, folder):
    target = folder / "traced.pt"
    if target.exists():
        return
    ids = torch.tensor([[3012, 5, 6, 7, 3013], [3012, 5, 6, 3013, 3013]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]])
    pixels = torch.zeros(1, 3, side, side)
    with torch.no_grad():
        traced = torch.jit.trace(Scores(model), (ids, mask, pixels), strict=False)
        more = torch.tensor([[3012, 9, 6, 7, 8, 9, 3013]] * 5)
        expected = model(input_ids=more, attention_mask=torch.ones_like(more), pixel_values=pixels).logits_per_image
        found = traced(more, torch.ones_like(more), pixels)["logits_per_image"]
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    traced.save(str(target))


def main(folder):
    config = AutoConfig.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    side = config.vision_config.image_size
    with torch.no_grad():
        export_image(model, side, folder)
    if config.model_type == "clip":
        trace(model, side, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
