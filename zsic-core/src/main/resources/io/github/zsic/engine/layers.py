"""Layers and other parts that the architectures share; whole towers are in towers.py.

These files are Python, and TorchScript when zsic packs them (ProgramSource.java): types are declared, a name keeps its
type, and there are no f-strings, constants of a module, exceptions or classes. Of torch there is what the compiler
knows: methods of tensors, functions of torch and F, and torch.ops for the rest. docs/architectures.md tells more.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import checks
from . import plain as kernels
from .model import Model

# ----------------------------------------------------------------------------------- configuration


def check_integer(m: Model, problems: list[str], key: str, low: int, high: int) -> None:
    """Notes a member of config.json that is no whole number in a range. Its default is one."""
    finding = ""
    if key in m.names:
        finding = "the text '" + m.names[key] + "'"
    elif key + ".0" in m.config or key + ".0" in m.names:
        finding = "a list"
    elif key in m.config:
        value = m.config[key]
        whole = value >= low and value <= high and float(int(value)) == value
        if not whole:
            finding = str(value)
    if finding != "":
        problems.append("{} is {} instead of a whole number from {} to {}".format(key, finding, low, high))


def check_tower(m: Model, problems: list[str], tower: str) -> None:
    """The same for the members of one tower."""
    kind = m.names[tower + "hidden_act"]
    if kind not in ["quick_gelu", "gelu", "gelu_pytorch_tanh"]:
        problems.append(
            "{}hidden_act is '{}', and zsic has 'quick_gelu', 'gelu' and 'gelu_pytorch_tanh'".format(tower, kind)
        )
    check_sizes(m, problems, tower)


def check_sizes(m: Model, problems: list[str], tower: str) -> None:
    before = len(problems)
    for name in ["hidden_size", "intermediate_size", "num_attention_heads"]:
        check_integer(m, problems, tower + name, 1, 1000000)
    check_integer(m, problems, tower + "num_hidden_layers", 1, 1000)
    if tower + "layer_norm_eps" in m.names:
        problems.append(
            "{}layer_norm_eps is the text '{}' instead of a number".format(tower, m.names[tower + "layer_norm_eps"])
        )
    if len(problems) == before:
        size = m.integer(tower + "hidden_size")
        heads = m.integer(tower + "num_attention_heads")
        if size % heads != 0:
            problems.append("{}hidden_size {} is no multiple of num_attention_heads {}".format(tower, size, heads))


def check_fixed(m: Model, problems: list[str]) -> list[int]:
    """The height and width in which all pictures come out."""
    for fixed in ["crop_size", "size"]:
        if fixed + ".height" in m.processing:
            return [int(m.processing[fixed + ".height"]), int(m.processing[fixed + ".width"])]
    problems.append("the image processor neither crops pictures nor resizes them to a height and a width")
    return [0, 0]


def check_picture(m: Model, problems: list[str], size: int) -> None:
    """They must come out in the one size that the position embeddings are for."""
    before = len(problems)
    made = check_fixed(m, problems)
    if len(problems) > before:
        problems.append("vision_config.image_size is " + str(size))
    elif made[0] != size or made[1] != size:
        problems.append(
            "the image processor makes pictures of {} x {} pixels, but vision_config.image_size is {}".format(
                made[1], made[0], size
            )
        )


def check_patches(m: Model, problems: list[str]) -> None:
    """Size of pictures and of patches, for towers that take one size of pictures."""
    for name in ["vision_config.image_size", "vision_config.patch_size"]:
        check_integer(m, problems, name, 1, 1000000)
    if len(problems) == 0:
        check_picture(m, problems, m.integer("vision_config.image_size"))


# ----------------------------------------------------------------------------------------- weights


# The state is what the files hold, by name. A loader takes out of it what it fuses or packs; model.py keeps the rest.


def weight(state: dict[str, list[Tensor]], key: str, device: str) -> Tensor:
    """Takes a tensor: in float32 on the device, in memory of its own, so that nothing refers to the file it was mapped
    from. A tensor too large for one mapping comes in parts.
    """
    return read(state, key, device, True)


def borrowed(state: dict[str, list[Tensor]], key: str, device: str) -> Tensor:
    """The same for what is copied anyway, as packing and joining do: it may refer to the file, which is not to be
    changed.
    """
    return read(state, key, device, False)


def read(state: dict[str, list[Tensor]], key: str, device: str, copied: bool) -> Tensor:
    parts = [part.to(device, torch.float32, copy=copied) for part in state.pop(key)]
    return torch.cat(parts, 0) if len(parts) > 1 else parts[0]


def take(m: Model, state: dict[str, list[Tensor]], prefix: str) -> None:
    """Takes all tensors whose names begin so."""
    for name in list(state.keys()):
        if name.startswith(prefix):
            m.weights[name] = weight(state, name, m.device)


def scalar_shape(shapes: dict[str, list[int]], name: str) -> None:
    no_dimensions: list[int] = []
    shapes[name] = no_dimensions


def linear_shapes(shapes: dict[str, list[int]], name: str, out: int, width: int) -> None:
    """Shapes of parts, for checking a checkpoint."""
    shapes[name + ".weight"] = [out, width]
    shapes[name + ".bias"] = [out]


def norm_shapes(shapes: dict[str, list[int]], name: str, width: int) -> None:
    shapes[name + ".weight"] = [width]
    shapes[name + ".bias"] = [width]


def encoder_layers_shapes(shapes: dict[str, list[int]], prefix: str, count: int, width: int, inner: int) -> None:
    """Pre-norm transformer layers as CLIP and SigLIP store them."""
    for i in range(count):
        layer = prefix + str(i) + "."
        for projection in ["q_proj", "k_proj", "v_proj", "out_proj"]:
            linear_shapes(shapes, layer + "self_attn." + projection, width, width)
        for norm in ["layer_norm1", "layer_norm2"]:
            norm_shapes(shapes, layer + norm, width)
        linear_shapes(shapes, layer + "mlp.fc1", inner, width)
        linear_shapes(shapes, layer + "mlp.fc2", width, inner)


def encoder_layer(m: Model, state: dict[str, list[Tensor]], prefix: str, kind: str) -> dict[str, Tensor]:
    """The weights of one such layer, with the three projections of the attention fused into one."""
    device = m.device
    layer: dict[str, Tensor] = {}
    for suffix in ["weight", "bias"]:
        q = borrowed(state, prefix + "self_attn.q_proj." + suffix, device)
        k = borrowed(state, prefix + "self_attn.k_proj." + suffix, device)
        v = borrowed(state, prefix + "self_attn.v_proj." + suffix, device)
        layer["qkv." + suffix] = torch.cat([q, k, v], 0)
        for name in ["layer_norm1.", "layer_norm2."]:
            layer[name + suffix] = weight(state, prefix + name + suffix, device)
    for name in ["mlp.fc1", "mlp.fc2", "out_proj"]:
        key = prefix + name
        if name == "out_proj":
            key = prefix + "self_attn.out_proj"
        layer[name + ".weight"] = borrowed(state, key + ".weight", device)
        layer[name + ".bias"] = weight(state, key + ".bias", device)
    pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", kind)
    pack_layer(m, layer)
    return layer


def encoder_layers(
    m: Model, state: dict[str, list[Tensor]], prefix: str, count: int, kind: str
) -> list[dict[str, Tensor]]:
    """Each is packed before the next is read, so that no more than one is there twice."""
    layers = [encoder_layer(m, state, prefix + str(i) + ".", kind) for i in range(count)]
    return layers


def resblocks_shapes(shapes: dict[str, list[int]], prefix: str, count: int, width: int, inner: int) -> None:
    """Pre-norm transformer layers as OpenAI's own code names them, with fused projections of the attention."""
    for i in range(count):
        block = prefix + str(i) + "."
        for norm in ["ln_1", "ln_2"]:
            norm_shapes(shapes, block + norm, width)
        shapes[block + "attn.in_proj_weight"] = [3 * width, width]
        shapes[block + "attn.in_proj_bias"] = [3 * width]
        linear_shapes(shapes, block + "attn.out_proj", width, width)
        linear_shapes(shapes, block + "mlp.c_fc", inner, width)
        linear_shapes(shapes, block + "mlp.c_proj", width, inner)


def resblocks(m: Model, state: dict[str, list[Tensor]], prefix: str, count: int, kind: str) -> list[dict[str, Tensor]]:
    device = m.device
    layers: list[dict[str, Tensor]] = []
    for i in range(count):
        block = prefix + str(i) + "."
        layer: dict[str, Tensor] = {}
        for suffix in ["weight", "bias"]:
            layer["qkv." + suffix] = weight(state, block + "attn.in_proj_" + suffix, device)
            layer["out_proj." + suffix] = weight(state, block + "attn.out_proj." + suffix, device)
            layer["layer_norm1." + suffix] = weight(state, block + "ln_1." + suffix, device)
            layer["layer_norm2." + suffix] = weight(state, block + "ln_2." + suffix, device)
            layer["mlp.fc1." + suffix] = weight(state, block + "mlp.c_fc." + suffix, device)
            layer["mlp.fc2." + suffix] = weight(state, block + "mlp.c_proj." + suffix, device)
        scale_output(state, block + "ls_1.gamma", layer, "out_proj", device)
        scale_output(state, block + "ls_2.gamma", layer, "mlp.fc2", device)
        pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", kind)
        pack_layer(m, layer)
        layers.append(layer)
    return layers


def stored_size(m: Model, name: str, dimension: int) -> int:
    """The size of a stored tensor in a dimension, 0 where there is none."""
    size = 0
    if name in m.stored:
        shape = m.stored[name]
        if dimension < len(shape):
            size = shape[dimension]
    return size


def stored_blocks(m: Model, prefix: str, tensor: str) -> int:
    """How many numbered blocks the checkpoint has, by the name of a tensor of each."""
    count = 0
    while prefix + str(count) + tensor in m.stored:
        count += 1
    return count


def check_stored(m: Model, problems: list[str], name: str, dimensions: int) -> None:
    """Notes a tensor from which a size is to be told and that is not there."""
    if name not in m.stored:
        problems.append("the weights have no '" + name + "', which tells a size that is not in the configuration")
    elif len(m.stored[name]) != dimensions:
        problems.append("'{}' has {} dimensions instead of {}".format(name, len(m.stored[name]), dimensions))


def optional_shape(m: Model, shapes: dict[str, list[int]], name: str, shape: list[int]) -> None:
    """A tensor that the checkpoint may leave out, with the shape that it would have."""
    if name in m.stored:
        shapes[name] = shape


def blocks_shapes(m: Model, shapes: dict[str, list[int]], prefix: str, count: int, width: int, inner: int) -> None:
    """Pre-norm transformer layers as timm names them, with fused projections of the attention. Some have no bias there,
    and some scale what they add.
    """
    for i in range(count):
        block = prefix + str(i) + "."
        for norm in ["norm1", "norm2"]:
            norm_shapes(shapes, block + norm, width)
        shapes[block + "attn.qkv.weight"] = [3 * width, width]
        optional_shape(m, shapes, block + "attn.qkv.bias", [3 * width])
        linear_shapes(shapes, block + "attn.proj", width, width)
        linear_shapes(shapes, block + "mlp.fc1", inner, width)
        linear_shapes(shapes, block + "mlp.fc2", width, inner)
        for scale in ["ls1.gamma", "ls2.gamma"]:
            optional_shape(m, shapes, block + scale, [width])


def blocks(m: Model, state: dict[str, list[Tensor]], prefix: str, count: int, kind: str) -> list[dict[str, Tensor]]:
    device = m.device
    layers: list[dict[str, Tensor]] = []
    for i in range(count):
        block = prefix + str(i) + "."
        layer: dict[str, Tensor] = {}
        layer["qkv.weight"] = weight(state, block + "attn.qkv.weight", device)
        layer["qkv.bias"] = torch.zeros([layer["qkv.weight"].size(0)], dtype=torch.float32, device=device)
        if block + "attn.qkv.bias" in state:
            layer["qkv.bias"] = weight(state, block + "attn.qkv.bias", device)
        for suffix in [".weight", ".bias"]:
            layer["out_proj" + suffix] = weight(state, block + "attn.proj" + suffix, device)
            layer["layer_norm1" + suffix] = weight(state, block + "norm1" + suffix, device)
            layer["layer_norm2" + suffix] = weight(state, block + "norm2" + suffix, device)
            for name in ["mlp.fc1", "mlp.fc2"]:
                layer[name + suffix] = weight(state, block + name + suffix, device)
        scale_output(state, block + "ls1.gamma", layer, "out_proj", device)
        scale_output(state, block + "ls2.gamma", layer, "mlp.fc2", device)
        pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", kind)
        pack_layer(m, layer)
        layers.append(layer)
    return layers


def scale_output(state: dict[str, list[Tensor]], scale: str, layer: dict[str, Tensor], name: str, device: str) -> None:
    """Where what a product gives is scaled, that goes into the product."""
    if scale in state:
        gamma = weight(state, scale, device)
        layer[name + ".weight"].mul_(gamma.unsqueeze(1))
        layer[name + ".bias"].mul_(gamma)


# ---------------------------------------------------------------------------------------- pictures


def resized(height: int, width: int, config: dict[str, float]) -> list[int]:
    """Height and width after the resize, as get_resize_output_image_size of transformers' image_transforms.py: the
    longer side is truncated, not rounded.
    """
    shortest = int(config.get("size.shortest_edge", 0.0))
    if shortest > 0:
        if height <= width:
            size = [shortest, int(shortest * width / height)]
        else:
            size = [int(shortest * height / width), shortest]
    else:
        size = [int(config["size.height"]), int(config["size.width"])]
    return size


def resize(x: Tensor, size: list[int], resample: int) -> Tensor:
    """A picture, uint8 [1, 3, height, width], to another size with one of Pillow's filters but Lanczos, which
    OwnResize.java has, like the sizes with a limit for the longer side. uint8 keeps the intermediate rounding of
    Pillow; libtorch has this kernel for the CPU only.
    """
    if size[0] != x.size(2) or size[1] != x.size(3):
        x = resize_by(x, size, resample, None, None)
    return x


def resize_by(x: Tensor, size: list[int], resample: int, down: float | None, across: float | None) -> Tensor:
    """The same by factors that the sizes, which are whole numbers, do not tell exactly."""
    if resample == 3:
        x = torch.ops.aten._upsample_bicubic2d_aa(x, size, False, down, across)
    elif resample == 2:
        x = torch.ops.aten._upsample_bilinear2d_aa(x, size, False, down, across)
    else:
        x = torch.ops.aten._upsample_nearest_exact2d(x, size, down, across)
    return x


def resize_ahead(image: Tensor, height: int, width: int, config: dict[str, float]) -> Tensor:
    """Only the resize of what follows, uint8 [height, width, 3] to the same. Done once more it changes nothing. A
    picture that was made smaller, to so many eighths, when it was decoded, gets the size that it would have got from
    its own height and width.
    """
    sized = "size.shortest_edge" in config or "size.height" in config
    if sized and config["do_resize"] != 0.0:
        size = resized(height, width, config)
        x = image.permute([2, 0, 1]).unsqueeze(0)
        if image.size(0) == height and image.size(1) == width:
            x = resize(x, size, int(config["resample"]))
        else:
            # The last row and column may stand for less than a whole one.
            factor = 8.0 / float(int(8.0 * image.size(0) / height + 0.5))
            x = resize_by(
                x,
                size,
                int(config["resample"]),
                float(size[0]) * factor / float(height),
                float(size[1]) * factor / float(width),
            )
        image = x.squeeze(0).permute([1, 2, 0]).contiguous()
    return image


def resize_and_crop(image: Tensor, config: dict[str, float]) -> Tensor:
    """One picture, uint8 [height, width, 3], to uint8 [1, 3, crop height, crop width]: what transformers' torchvision
    backend does (image_processing_backends.py).
    """
    x = image.permute([2, 0, 1]).unsqueeze(0)
    if config["do_resize"] != 0.0:
        x = resize(x, resized(image.size(0), image.size(1), config), int(config["resample"]))
    if config["do_center_crop"] != 0.0:
        height = int(config["crop_size.height"])
        width = int(config["crop_size.width"])
        missing_h = max(height - x.size(2), 0)
        missing_w = max(width - x.size(3), 0)
        if missing_h > 0 or missing_w > 0:
            x = F.pad(x, [missing_w // 2, (missing_w + 1) // 2, missing_h // 2, (missing_h + 1) // 2])
        x = x.narrow(2, crop_offset(x.size(2) - height, config), height)
        x = x.narrow(3, crop_offset(x.size(3) - width, config), width)
    return x


def crop_offset(gap: int, config: dict[str, float]) -> int:
    """Half of the gap, rounded to the even one where the settings say so, as Python's round()."""
    offset = gap // 2
    if config.get("rounds", 0.0) != 0.0 and gap % 4 == 3:
        offset += 1
    return offset


def channel_values(config: dict[str, float], name: str, device: str) -> Tensor:
    return torch.tensor(
        [config[name + ".0"], config[name + ".1"], config[name + ".2"]], dtype=torch.float32, device=device
    )


def rescale_and_normalize(pixels: Tensor, config: dict[str, float], device: str) -> Tensor:
    """uint8 [batch, 3, height, width] to float32 on the device, rescaled and normalised. Mean and deviation are brought
    to the range of the pixels, as the torchvision backend does, but for EfficientNet's processor where it takes 1 from
    the rescaled values.
    """
    # As bytes to the device, which are a fourth of the numbers.
    x = pixels.to(device, torch.uint8).to(torch.float32)
    factor = 1.0
    if config["do_rescale"] != 0.0:
        factor = config["rescale_factor"]
        if config.get("rescale_offset", 0.0) != 0.0:
            x = x * factor - 1.0
            factor = 1.0
    if config["do_normalize"] != 0.0:
        mean = channel_values(config, "image_mean", device)
        std = channel_values(config, "image_std", device)
        x = (x - (mean * (1.0 / factor)).view([1, 3, 1, 1])) / (std * (1.0 / factor)).view([1, 3, 1, 1])
    else:
        x = x * factor
    if config.get("include_top", 0.0) != 0.0:
        x = x / channel_values(config, "image_std", device).view([1, 3, 1, 1])
    return x


def pixel_values(images: list[Tensor], config: dict[str, float], device: str) -> Tensor:
    """Pictures that come out in one size to float32 [batch, 3, height, width] on the device."""
    batch = [resize_and_crop(image, config) for image in images]
    return rescale_and_normalize(torch.cat(batch, 0), config, device)


def patches(pixels: Tensor, weights: dict[str, Tensor], name: str, patch: int) -> Tensor:
    """Pixels to patches, [batch, patches, width], row by row: the convolution of the reference as a product. What does
    not fill a patch at the right and at the bottom is left out.
    """
    rows = pixels.size(2) // patch
    columns = pixels.size(3) // patch
    x = pixels.narrow(2, 0, rows * patch).narrow(3, 0, columns * patch)
    x = x.reshape([x.size(0), 3, rows, patch, columns, patch])
    x = x.permute([0, 2, 4, 1, 3, 5]).reshape([x.size(0), rows * columns, 3 * patch * patch])
    return linear(x, weights, name).to(torch.float32)


def squares(x: Tensor, side: int) -> Tensor:
    """Each square of so many pixels of x [batch, rows, columns, channels] to one, in which they lie behind each other.
    What does not fill one at the right and at the bottom is left out.
    """
    rows = x.size(1) // side
    columns = x.size(2) // side
    x = x.narrow(1, 0, rows * side).narrow(2, 0, columns * side)
    x = x.reshape([x.size(0), rows, side, columns, side, x.size(3)])
    return x.permute([0, 1, 3, 2, 4, 5]).flatten(3)


def square_kernel(kernel: Tensor) -> Tensor:
    """A kernel [out, in, side, side] as a product of such squares."""
    return kernel.permute([0, 2, 3, 1]).flatten(1)


def with_class_token(x: Tensor, token: Tensor) -> Tensor:
    return torch.cat([token.view([1, 1, -1]).expand([x.size(0), 1, -1]), x], 1)


# ---------------------------------------------------------------------------------------- products


# What of this the model computes in is decided once, when the weights are packed: linear() and linear_add()
# look at what pack() has left. It is one of
#   float32 or half precision as it is: on a GPU, where there is no oneDNN, and where its product came out wrong,
#   float32 or bfloat16 in the layout of oneDNN,
#   int8 in the layout of oneDNN, with a scale for each output beside it.
# Of those in the layout of oneDNN, ".outputs" tells how many there are; they are filled up to whole blocks.


def float_type(precision: str) -> torch.dtype:
    """The dtype of products that are not of 8-bit numbers."""
    if precision == "bfloat16":
        return torch.bfloat16
    if precision == "float16":
        return torch.float16
    return torch.float32


def pack(m: Model, weights: dict[str, Tensor], name: str, quantized: bool) -> None:
    """Makes of a weight, float32 [out, in], and its bias, if it has one, what linear() takes. Some are too sensitive,
    or too small, to be worth quantizing. A packed product that comes out wrong is not used.
    """
    if m.device == "cpu" and kernels.packs():
        form = packed(m.precision, weights, name, quantized)
        if not m.checked or checks.product(m, form, weights, name):
            for key in form:
                weights[key] = form[key]
        else:
            weights[name + ".weight"] = weights[name + ".weight"].clone()
    else:
        dtype = float_type(m.precision)
        # On the CPU a copy, as packing makes one: the weight may refer to a file.
        weights[name + ".weight"] = weights[name + ".weight"].to(dtype, copy=m.device == "cpu")
        if name + ".bias" in weights:
            weights[name + ".bias"] = weights[name + ".bias"].to(dtype)


def packed(precision: str, weights: dict[str, Tensor], name: str, quantized: bool) -> dict[str, Tensor]:
    """The packed form of a product, beside which the bias of int8 stays as it is."""
    weight = weights[name + ".weight"]
    found: dict[str, Tensor] = {}
    found[name + ".outputs"] = torch.tensor(weight.size(0), dtype=torch.int64)
    if precision == "int8" and quantized:
        scale = (weight.abs().amax([1]) / 127.0).clamp_min(1e-30)
        levels = (weight / scale.unsqueeze(1)).round_()
        levels = fill_up(levels.to(torch.int8))
        found[name + ".weight"] = kernels.pack_int8(levels)
        found[name + ".scale"] = fill_up(scale)
        found[name + ".zero"] = torch.zeros([levels.size(0)], dtype=torch.int64)
    else:
        dtype = float_type(precision)
        weight = fill_up(weight.to(dtype))
        found[name + ".weight"] = kernels.pack(weight)
        if name + ".bias" in weights:
            found[name + ".bias"] = fill_up(weights[name + ".bias"].to(dtype))
    return found


def fill_up(x: Tensor) -> Tensor:
    """The outputs of a weight, of its bias or scale, filled up with zeros to a whole number of blocks. oneDNN 3.7 packs
    what is left of a block wrong on AMD's processors with AVX-512 in virtual machines that hide the sizes of the
    caches.
    """
    missing = -x.size(0) % 64
    if missing == 0:
        return x
    return torch.cat([x, torch.zeros([missing] + list(x.size()[1:]), dtype=x.dtype)], 0)


def pack_layer(m: Model, layer: dict[str, Tensor]) -> None:
    """All products of a layer, whose weights are those of two dimensions."""
    names: list[str] = []
    for name in layer:
        if name.endswith(".weight") and layer[name].dim() == 2:
            names.append(name[:-7])
    for name in names:
        pack(m, layer, name, True)


def pack_patches(m: Model, state: dict[str, list[Tensor]], name: str) -> None:
    """Takes the kernel of patches, [width, 3, patch, patch], as a product. It is not quantized: it is a fiftieth of a
    model or less, and whatever comes later sees its errors.
    """
    take(m, state, name + ".")
    m.weights[name + ".weight"] = m.weights[name + ".weight"].flatten(1)
    pack(m, m.weights, name, False)


def pack_words(m: Model, state: dict[str, list[Tensor]], name: str) -> None:
    """Takes a table of embeddings of words. One of many words is most of a small model."""
    table = weight(state, name, m.device)
    m.weights[name] = table if m.precision == "float32" else table.to(torch.float16)


def words(weights: dict[str, Tensor], name: str, ids: Tensor) -> Tensor:
    return torch.embedding(weights[name], ids).to(torch.float32)


def quantize(x: Tensor, activated: bool) -> tuple[Tensor, Tensor, int]:
    """float32 x to uint8, its zero point, and a scale [..., 1] for each token, so that what becomes of one does not
    depend on which others are there. What an activation gives is hardly below 0, so little is kept for that, and it is
    not needed any more and becomes the levels. By way of int16, because straight to uint8 is a slow loop of libtorch;
    adding a half makes the cut rounding.
    """
    zero = 128
    if activated:
        zero = 32
    high = x.amax([-1], keepdim=True).div_(float(255 - zero))
    low = x.amin([-1], keepdim=True).div_(float(-zero))
    scale = torch.maximum(high, low).clamp_min_(1e-30)
    if activated:
        levels = x.mul_(scale.reciprocal())
    else:
        levels = x * scale.reciprocal()
    levels = levels.add_(float(zero) + 0.5)
    return levels.to(torch.int16).to(torch.uint8), scale, zero


def optional(weights: dict[str, Tensor], name: str) -> Tensor | None:
    found: Tensor | None = None
    if name in weights:
        found = weights[name]
    return found


def linear_int8(x: Tensor, weights: dict[str, Tensor], name: str, activated: bool) -> tuple[Tensor, Tensor]:
    """x [..., in] to float32 [..., out], without the bias and before the scale [..., 1]."""
    levels, scale, zero = quantize(x, activated)
    weight = weights[name + ".weight"]
    y = kernels.linear_int8(levels, zero, weight, weights[name + ".scale"], weights[name + ".zero"])
    return without_filling(y, weights, name), scale


def without_filling(y: Tensor, weights: dict[str, Tensor], name: str) -> Tensor:
    outputs = int(weights[name + ".outputs"])
    if y.size(-1) != outputs:
        y = y.narrow(-1, 0, outputs)
    return y


def activated_linear(x: Tensor, weights: dict[str, Tensor], name: str, kind: str) -> Tensor:
    """The activation of a product of x, in the weight's type, or in float32 where that is int8."""
    weight = weights[name + ".weight"]
    bias = optional(weights, name + ".bias")
    if name + ".scale" in weights:
        y, scale = linear_int8(x.to(torch.float32), weights, name, False)
        if bias is None:
            y = y.mul_(scale)
        else:
            y = torch.addcmul(bias, y, scale, value=1, out=y)
        return activation(y, kind)
    if name + ".outputs" in weights:
        return without_filling(kernels.linear(x.to(weight.dtype), weight, bias, kind), weights, name)
    return activation(F.linear(x.to(weight.dtype), weight, bias), kind)


def linear(x: Tensor, weights: dict[str, Tensor], name: str) -> Tensor:
    return activated_linear(x, weights, name, "none")


def linear_add(x: Tensor, other: Tensor, weights: dict[str, Tensor], name: str, activated: bool) -> Tensor:
    """A product added to float32 of its shape. Whether x comes from an activation matters to int8, which then
    overwrites it.
    """
    weight = weights[name + ".weight"]
    bias = optional(weights, name + ".bias")
    if name + ".scale" in weights:
        y, scale = linear_int8(x.to(torch.float32), weights, name, activated)
        y = torch.addcmul(other, y, scale, value=1, out=y)
        return y if bias is None else y.add_(bias)
    if name + ".outputs" in weights and weight.dtype == torch.float32 and weight.size(0) == other.size(-1):
        return kernels.linear_add(x, other, weight, bias)
    return other + linear(x, weights, name)


def pack_feed_forward(m: Model, weights: dict[str, Tensor], first: str, second: str, kind: str) -> None:
    """quick_gelu(x) = silu(1.702 x) / 1.702: its factors go into the weights before and behind it, because there are
    fused kernels for silu. Where weights are packed, the width in between is filled up here, so that what the first
    product gives need not be cut for the second: every activation makes 0 of 0.
    """
    if kind == "quick_gelu":
        weights[first + ".weight"] = weights[first + ".weight"] * 1.702
        weights[first + ".bias"] = weights[first + ".bias"] * 1.702
        weights[second + ".weight"] = weights[second + ".weight"] / 1.702
        kind = "silu"
    m.fused[first] = kind
    if m.device == "cpu" and kernels.packs():
        for key in [first + ".weight", first + ".bias"]:
            weights[key] = fill_up(weights[key])
        inner = weights[second + ".weight"].size(1)
        if weights[first + ".weight"].size(0) != inner:
            weights[second + ".weight"] = F.pad(
                weights[second + ".weight"], [0, weights[first + ".weight"].size(0) - inner]
            )


def feed_forward(x: Tensor, other: Tensor, weights: dict[str, Tensor], first: str, second: str, kind: str) -> Tensor:
    """Two products with an activation in between, added to float32. pack_feed_forward() belongs to it. With int8, whose
    steps between the products each have a result of their own in float32, so many rows go through both at once that
    these stay in the caches and are no memory that is got from the system and given back in every layer.
    """
    if kind == "quick_gelu":
        kind = "silu"
    if first + ".scale" in weights:
        flat = x.flatten(0, -2)
        sums = other.flatten(0, -2)
        parts: list[Tensor] = []
        begin = 0
        while begin < flat.size(0):
            count = flat.size(0) - begin
            if count >= 384:
                count = 256
            h = activated_linear(flat.narrow(0, begin, count), weights, first, kind)
            parts.append(linear_add(h, sums.narrow(0, begin, count), weights, second, True))
            begin = begin + count
        y = torch.cat(parts, 0) if len(parts) > 1 else parts[0]
        return y.view_as(other)
    h = activated_linear(x, weights, first, kind)
    return linear_add(h, other, weights, second, True)


# ------------------------------------------------------------------------------------- transformer


def activation(x: Tensor, kind: str) -> Tensor:
    """Of a product, which it replaces."""
    if kind == "silu":
        return torch.ops.aten.silu_(x)
    if kind == "gelu":
        return torch.ops.aten.gelu_(x, approximate="none")
    if kind == "gelu_pytorch_tanh":
        return torch.ops.aten.gelu_(x, approximate="tanh")
    if kind == "relu":
        return x.relu_()
    assert kind == "none", "zsic does not know hidden_act '" + kind + "'"
    return x


def layer_norm(x: Tensor, weights: dict[str, Tensor], name: str, eps: float) -> Tensor:
    weight = weights[name + ".weight"]
    return torch.layer_norm(x, [weight.size(0)], weight, weights[name + ".bias"], eps)


def key_mask(mask: Tensor) -> Tensor:
    """A mask [batch, tokens] of what there is to read, 1 or 0, as attention takes it."""
    return (mask != 0).unsqueeze(1).unsqueeze(1)


def first_position(ids: Tensor, wanted: int) -> Tensor:
    """Where an id stands first in each row, 0 where it does not."""
    return (ids == wanted).to(torch.int32).argmax(-1)


def suits_bfloat16(x: Tensor, tokens: int, mask: Tensor | None, causal: bool) -> bool:
    """Whether attention is faster as products of whole matrices in bfloat16, through oneDNN, than in libtorch's fused
    kernel, which hardly gains from that type: measured from 50 to 729 tokens. The scores are then rounded to it, as
    where the reference computes eagerly.
    """
    return not x.is_cuda and mask is None and not causal and tokens >= 128


def attention_bfloat16(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention [batch, heads, tokens, size] of bfloat16 by such products. Of many tokens, so many heads at once that
    their scores stay in the caches.
    """
    heads = q.size(1)
    tokens = q.size(2)
    q = q * float(q.size(3)) ** (-0.5)
    k = k.transpose(-2, -1)
    if tokens <= 400:
        h = torch.softmax(q @ k, -1) @ v
    else:
        group = max(2200000 // (tokens * tokens), 1)
        parts: list[Tensor] = []
        for i in range(q.size(0)):
            begin = 0
            while begin < heads:
                count = group
                if begin + count > heads:
                    count = heads - begin
                scores = q[i].narrow(0, begin, count) @ k[i].narrow(0, begin, count)
                parts.append(torch.softmax(scores, -1) @ v[i].narrow(0, begin, count))
                begin = begin + count
        h = torch.cat(parts, 0).view([q.size(0), heads, tokens, q.size(3)])
    return h


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
    """Attention, [batch, heads, tokens, size]. The mask of keys is [batch, 1, 1, tokens]."""
    if q.dtype == torch.bfloat16 and suits_bfloat16(q, q.size(2), mask, causal):
        return attention_bfloat16(q, k, v)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)


def self_attention(x: Tensor, layer: dict[str, Tensor], heads: int, causal: bool, mask: Tensor | None) -> Tensor:
    """Attention of x [batch, tokens, width] to itself, before the last projection."""
    qkv = queries_keys_values(x, layer, heads, causal, mask)
    return join_heads(attention(qkv[0], qkv[1], qkv[2], mask, causal))


def join_heads(h: Tensor) -> Tensor:
    return h.permute([0, 2, 1, 3]).reshape([h.size(0), h.size(2), h.size(1) * h.size(3)])


def queries_keys_values(
    x: Tensor, layer: dict[str, Tensor], heads: int, causal: bool, mask: Tensor | None
) -> list[Tensor]:
    """Each [batch, heads, tokens, size], in the type in which attention is computed."""
    batch = x.size(0)
    tokens = x.size(1)
    width = x.size(2)
    h = linear(x, layer, "qkv")
    if "qkv.scale" in layer and suits_bfloat16(x, tokens, mask, causal):
        h = h.to(torch.bfloat16)
    if "unchecked" in layer:
        layer.pop("unchecked")
        layer["difference"] = checks.attention(width // heads, tokens, causal, mask is not None, h)
    return h.view([batch, tokens, 3, heads, width // heads]).permute([2, 0, 3, 1, 4]).unbind()


def at(x: Tensor, positions: Tensor | None) -> Tensor:
    """One token of each, [batch, width], of x [batch, tokens, width], or all where no positions are given."""
    if positions is not None:
        rows = torch.arange(x.size(0), dtype=torch.int64, device=x.device)
        x = x[rows, positions]
    return x


def first(x: Tensor) -> Tensor:
    """Positions [batch] of the class token."""
    return torch.zeros([x.size(0)], dtype=torch.int64, device=x.device)


def encoder(
    x: Tensor,
    layers: list[dict[str, Tensor]],
    heads: int,
    kind: str,
    eps: float,
    causal: bool,
    mask: Tensor | None,
    positions: Tensor | None,
) -> Tensor:
    """Pre-norm transformer, x [batch, tokens, width]. The sum that goes from layer to layer, and the norms, are float32
    in every precision. Where one position of each is all that counts in the end, behind the last attention only that
    goes on: [batch, width].
    """
    for i in range(len(layers)):
        layer = layers[i]
        h = layer_norm(x, layer, "layer_norm1", eps)
        h = self_attention(h, layer, heads, causal, mask)
        if i == len(layers) - 1:
            h = at(h, positions)
            x = at(x, positions)
        x = linear_add(h, x, layer, "out_proj", False)
        h = layer_norm(x, layer, "layer_norm2", eps)
        x = feed_forward(h, x, layer, "mlp.fc1", "mlp.fc2", kind)
    return x


def pack_attention_pooling(m: Model, state: dict[str, list[Tensor]], prefix: str) -> None:
    """Takes the attention of one learned query to x [batch, tokens, width], [batch, width], whose weights
    torch.nn.MultiheadAttention stores. The query is the same for all pictures, so it is projected once.
    """
    take(m, state, prefix)
    w = m.weights
    weight = w.pop(prefix + "attention.in_proj_weight")
    bias = w.pop(prefix + "attention.in_proj_bias")
    width = weight.size(1)
    w[prefix + "query"] = F.linear(w.pop(prefix + "probe"), weight.narrow(0, 0, width), bias.narrow(0, 0, width))
    w[prefix + "kv.weight"] = weight.narrow(0, width, 2 * width).clone()
    w[prefix + "kv.bias"] = bias.narrow(0, width, 2 * width).clone()
    pack(m, w, prefix + "kv", True)
    pack(m, w, prefix + "attention.out_proj", True)


def pack_latent(m: Model, state: dict[str, list[Tensor]], prefix: str) -> None:
    """The same as timm stores it (AttentionPoolLatent of timm/layers/attention_pool.py)."""
    take(m, state, prefix)
    w = m.weights
    w[prefix + "query"] = F.linear(w.pop(prefix + "latent"), w.pop(prefix + "q.weight"), w.pop(prefix + "q.bias"))
    for suffix in [".weight", ".bias"]:
        w[prefix + "attention.out_proj" + suffix] = w.pop(prefix + "proj" + suffix)
    pack(m, w, prefix + "kv", True)
    pack(m, w, prefix + "attention.out_proj", True)


def attention_pooling(x: Tensor, weights: dict[str, Tensor], prefix: str, heads: int, mask: Tensor | None) -> Tensor:
    batch = x.size(0)
    tokens = x.size(1)
    width = weights[prefix + "query"].size(-1)
    h = linear(x, weights, prefix + "kv")
    q = weights[prefix + "query"].to(h.dtype)
    # With memory of its own for each picture, because not every kernel for GPUs takes less.
    q = q.view([1, heads, 1, width // heads]).expand([batch, -1, -1, -1]).contiguous()
    kv = h.view([batch, tokens, 2, heads, width // heads]).permute([2, 0, 3, 1, 4]).unbind()
    h = F.scaled_dot_product_attention(q, kv[0], kv[1], attn_mask=mask)
    h = linear(h.reshape([batch, width]), weights, prefix + "attention.out_proj")
    return h.to(torch.float32)


def project(x: Tensor, weight: Tensor) -> Tensor:
    """The last product of an image tower, x [batch, in]. libtorch's own product of a few rows depends in its last bits
    on how many they are, and what becomes of a picture must not depend on the others in its batch.
    """
    if x.is_cuda:
        y = F.linear(x, weight)
    else:
        rows = [F.linear(x.narrow(0, i, 1), weight) for i in range(x.size(0))]
        y = torch.cat(rows, 0)
    return y


def normalize(x: Tensor) -> Tensor:
    return x / torch.norm(x, 2, [-1], True)
