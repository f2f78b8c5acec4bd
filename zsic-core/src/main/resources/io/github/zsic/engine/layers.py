# Layers and other parts that the architectures share; whole towers are in towers.py. This is TorchScript,
# compiled by libtorch itself: Python's syntax, but types are declared, functions are called by their full
# name, and names are only those that the TorchScript compiler knows. Numbers for dtypes: 0 uint8, 1 int8, 2 int16,
# 3 int32, 4 int64, 5 float16, 6 float32, 15 bfloat16.

# ----------------------------------------------------------------------------------- configuration

def number(config: Dict[str, float], key: str, default: float) -> float:
  value = default
  if torch.__contains__(config, key):
    value = config[key]
  return value

def integer(config: Dict[str, float], key: str, default: int) -> int:
  return int(__torch__.zsic.layers.number(config, key, float(default)))

def text(config: Dict[str, str], key: str, default: str) -> str:
  value = default
  if torch.__contains__(config, key):
    value = config[key]
  return value

# Notes a member of config.json that is there and is no whole number in a range. One that is not there
# has a default.
def check_integer(problems: List[str], config: Dict[str, float], names: Dict[str, str], key: str, low: int, high: int) -> NoneType:
  finding = ""
  if torch.__contains__(names, key):
    finding = "the text '" + names[key] + "'"
  elif torch.__contains__(config, key + ".0") or torch.__contains__(names, key + ".0"):
    finding = "a list"
  elif torch.__contains__(config, key):
    value = config[key]
    whole = False
    if value >= float(low) and value <= float(high):
      whole = float(int(value)) == value
    if not whole:
      finding = str(value)
  if len(finding) > 0:
    problems.append(key + " is " + finding + " instead of a whole number from " + str(low) + " to " + str(high))
  return None

# The same for the members of one tower, with the architecture's defaults.
def check_tower(problems: List[str], config: Dict[str, float], names: Dict[str, str], tower: str, width: int, heads: int, kind: str) -> NoneType:
  act = __torch__.zsic.layers.text(names, tower + "hidden_act", kind)
  if act != "quick_gelu" and act != "gelu" and act != "gelu_pytorch_tanh":
    problems.append(tower + "hidden_act is '" + act + "', and zsic has 'quick_gelu', 'gelu' and 'gelu_pytorch_tanh'")
  __torch__.zsic.layers.check_sizes(problems, config, names, tower, width, heads)
  return None

def check_sizes(problems: List[str], config: Dict[str, float], names: Dict[str, str], tower: str, width: int, heads: int) -> NoneType:
  before = len(problems)
  for name in ["hidden_size", "intermediate_size", "num_attention_heads"]:
    __torch__.zsic.layers.check_integer(problems, config, names, tower + name, 1, 1000000)
  __torch__.zsic.layers.check_integer(problems, config, names, tower + "num_hidden_layers", 1, 1000)
  if torch.__contains__(names, tower + "layer_norm_eps"):
    problems.append(tower + "layer_norm_eps is the text '" + names[tower + "layer_norm_eps"] + "' instead of a number")
  if len(problems) == before:
    size = __torch__.zsic.layers.integer(config, tower + "hidden_size", width)
    count = __torch__.zsic.layers.integer(config, tower + "num_attention_heads", heads)
    if size % count != 0:
      problems.append(tower + "hidden_size " + str(size) + " is no multiple of num_attention_heads " + str(count))
  return None

# The height and width in which all pictures come out.
def check_fixed(problems: List[str], processing: Dict[str, float]) -> List[int]:
  fixed = ""
  size = [0, 0]
  if torch.__contains__(processing, "crop_size.height"):
    fixed = "crop_size"
  elif torch.__contains__(processing, "size.height"):
    fixed = "size"
  if len(fixed) == 0:
    problems.append("the image processor neither crops pictures nor resizes them to a height and a width")
  else:
    size = [int(processing[fixed + ".height"]), int(processing[fixed + ".width"])]
  return size

# They must come out in the one size that the position embeddings are for.
def check_picture(problems: List[str], processing: Dict[str, float], size: int) -> NoneType:
  before = len(problems)
  made = __torch__.zsic.layers.check_fixed(problems, processing)
  if len(problems) > before:
    problems.append("vision_config.image_size is " + str(size))
  elif made[0] != size or made[1] != size:
    problems.append("the image processor makes pictures of " + str(made[1]) + " x " + str(made[0]) + " pixels, but vision_config.image_size is " + str(size))
  return None

# Size of pictures and of patches, for towers that take one size of pictures.
def check_patches(problems: List[str], config: Dict[str, float], names: Dict[str, str], processing: Dict[str, float], size: int) -> NoneType:
  for name in ["vision_config.image_size", "vision_config.patch_size"]:
    __torch__.zsic.layers.check_integer(problems, config, names, name, 1, 1000000)
  if len(problems) == 0:
    __torch__.zsic.layers.check_picture(problems, processing, __torch__.zsic.layers.integer(config, "vision_config.image_size", size))
  return None

# ----------------------------------------------------------------------------------------- weights

# Whether a tensor belongs to a numbered layer, whose weights the architecture fuses itself.
def is_of_layer(name: str) -> bool:
  return torch.__contains__(name, ".layers.") or torch.__contains__(name, ".layer.") or torch.__contains__(name, ".resblocks.") or torch.__contains__(name, "_encoder.blocks.") or torch.__contains__(name, "trunk.blocks.") or torch.__contains__(name, "trunk.stages.")

# The tensor in float32 on the device, in memory of its own, so that nothing refers to the file it
# was mapped from. A tensor too large for one mapping comes in parts.
def weight(state: Dict[str, List[Tensor]], key: str, device: str) -> Tensor:
  return __torch__.zsic.layers.read(state, key, device, True)

# The same for what is copied anyway, as packing and joining do: it may refer to the file, which is not to be changed.
def borrowed(state: Dict[str, List[Tensor]], key: str, device: str) -> Tensor:
  return __torch__.zsic.layers.read(state, key, device, False)

def read(state: Dict[str, List[Tensor]], key: str, device: str, copied: bool) -> Tensor:
  parts = annotate(List[Tensor], [])
  for part in state[key]:
    parts.append(torch.to(part, torch.device(device), 6, False, copied))
  whole = parts[0]
  if len(parts) > 1:
    whole = torch.cat(parts, 0)
  return whole

# Shapes of parts, for checking a checkpoint.
def linear_shapes(shapes: Dict[str, List[int]], name: str, out: int, width: int) -> NoneType:
  shapes[name + ".weight"] = [out, width]
  shapes[name + ".bias"] = [out]
  return None

def norm_shapes(shapes: Dict[str, List[int]], name: str, width: int) -> NoneType:
  shapes[name + ".weight"] = [width]
  shapes[name + ".bias"] = [width]
  return None

# Pre-norm transformer layers as CLIP and SigLIP store them.
def encoder_layers_shapes(shapes: Dict[str, List[int]], prefix: str, count: int, width: int, inner: int) -> NoneType:
  for i in range(count):
    layer = prefix + str(i) + "."
    for projection in ["q_proj", "k_proj", "v_proj", "out_proj"]:
      __torch__.zsic.layers.linear_shapes(shapes, layer + "self_attn." + projection, width, width)
    for norm in ["layer_norm1", "layer_norm2"]:
      __torch__.zsic.layers.norm_shapes(shapes, layer + norm, width)
    __torch__.zsic.layers.linear_shapes(shapes, layer + "mlp.fc1", inner, width)
    __torch__.zsic.layers.linear_shapes(shapes, layer + "mlp.fc2", width, inner)
  return None

# The weights of one such layer, with the three projections of the attention fused into one.
def encoder_layer(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], prefix: str, kind: str) -> Dict[str, Tensor]:
  device = m.device
  layer = annotate(Dict[str, Tensor], {})
  for suffix in ["weight", "bias"]:
    q = __torch__.zsic.layers.borrowed(state, prefix + "self_attn.q_proj." + suffix, device)
    k = __torch__.zsic.layers.borrowed(state, prefix + "self_attn.k_proj." + suffix, device)
    v = __torch__.zsic.layers.borrowed(state, prefix + "self_attn.v_proj." + suffix, device)
    layer["qkv." + suffix] = torch.cat([q, k, v], 0)
    for name in ["layer_norm1.", "layer_norm2."]:
      layer[name + suffix] = __torch__.zsic.layers.weight(state, prefix + name + suffix, device)
  for name in ["mlp.fc1", "mlp.fc2", "out_proj"]:
    key = prefix + name
    if name == "out_proj":
      key = prefix + "self_attn.out_proj"
    layer[name + ".weight"] = __torch__.zsic.layers.borrowed(state, key + ".weight", device)
    layer[name + ".bias"] = __torch__.zsic.layers.weight(state, key + ".bias", device)
  __torch__.zsic.layers.pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", kind)
  __torch__.zsic.layers.pack_layer(m, layer)
  return layer

# Each is packed before the next is read, so that no more than one is there twice.
def encoder_layers(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], prefix: str, count: int, kind: str) -> List[Dict[str, Tensor]]:
  layers = annotate(List[Dict[str, Tensor]], [])
  for i in range(count):
    layers.append(__torch__.zsic.layers.encoder_layer(m, state, prefix + str(i) + ".", kind))
  return layers

# Pre-norm transformer layers as OpenAI's own code names them, with fused projections of the attention.
def resblocks_shapes(shapes: Dict[str, List[int]], prefix: str, count: int, width: int, inner: int) -> NoneType:
  for i in range(count):
    block = prefix + str(i) + "."
    for norm in ["ln_1", "ln_2"]:
      __torch__.zsic.layers.norm_shapes(shapes, block + norm, width)
    shapes[block + "attn.in_proj_weight"] = [3 * width, width]
    shapes[block + "attn.in_proj_bias"] = [3 * width]
    __torch__.zsic.layers.linear_shapes(shapes, block + "attn.out_proj", width, width)
    __torch__.zsic.layers.linear_shapes(shapes, block + "mlp.c_fc", inner, width)
    __torch__.zsic.layers.linear_shapes(shapes, block + "mlp.c_proj", width, inner)
  return None

def resblocks(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], prefix: str, count: int, kind: str) -> List[Dict[str, Tensor]]:
  device = m.device
  layers = annotate(List[Dict[str, Tensor]], [])
  for i in range(count):
    block = prefix + str(i) + "."
    layer = annotate(Dict[str, Tensor], {})
    for suffix in ["weight", "bias"]:
      layer["qkv." + suffix] = __torch__.zsic.layers.weight(state, block + "attn.in_proj_" + suffix, device)
      layer["out_proj." + suffix] = __torch__.zsic.layers.weight(state, block + "attn.out_proj." + suffix, device)
      layer["layer_norm1." + suffix] = __torch__.zsic.layers.weight(state, block + "ln_1." + suffix, device)
      layer["layer_norm2." + suffix] = __torch__.zsic.layers.weight(state, block + "ln_2." + suffix, device)
      layer["mlp.fc1." + suffix] = __torch__.zsic.layers.weight(state, block + "mlp.c_fc." + suffix, device)
      layer["mlp.fc2." + suffix] = __torch__.zsic.layers.weight(state, block + "mlp.c_proj." + suffix, device)
    __torch__.zsic.layers.scale_output(state, block + "ls_1.gamma", layer, "out_proj", device)
    __torch__.zsic.layers.scale_output(state, block + "ls_2.gamma", layer, "mlp.fc2", device)
    __torch__.zsic.layers.pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", kind)
    __torch__.zsic.layers.pack_layer(m, layer)
    layers.append(layer)
  return layers

# The size of a stored tensor in a dimension, 0 where there is none.
def stored_size(m: __torch__.zsic.model.Model, name: str, dimension: int) -> int:
  size = 0
  if torch.__contains__(m.stored, name):
    shape = m.stored[name]
    if dimension < len(shape):
      size = shape[dimension]
  return size

# How many numbered blocks the checkpoint has, by the name of a tensor of each.
def stored_blocks(m: __torch__.zsic.model.Model, prefix: str, tensor: str) -> int:
  count = 0
  while torch.__contains__(m.stored, prefix + str(count) + tensor):
    count = count + 1
  return count

# Notes a tensor from which a size is to be told and that is not there.
def check_stored(m: __torch__.zsic.model.Model, problems: List[str], name: str, dimensions: int) -> NoneType:
  if not torch.__contains__(m.stored, name):
    problems.append("the weights have no '" + name + "', which tells a size that is not in the configuration")
  elif len(m.stored[name]) != dimensions:
    problems.append("'" + name + "' has " + str(len(m.stored[name])) + " dimensions instead of " + str(dimensions))
  return None

# A tensor that the checkpoint may leave out, with the shape that it would have.
def optional_shape(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]], name: str, shape: List[int]) -> NoneType:
  if torch.__contains__(m.stored, name):
    shapes[name] = shape
  return None

# Pre-norm transformer layers as timm names them, with fused projections of the attention. Some have no bias there, and
# some scale what they add.
def blocks_shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]], prefix: str, count: int, width: int, inner: int) -> NoneType:
  for i in range(count):
    block = prefix + str(i) + "."
    for norm in ["norm1", "norm2"]:
      __torch__.zsic.layers.norm_shapes(shapes, block + norm, width)
    shapes[block + "attn.qkv.weight"] = [3 * width, width]
    __torch__.zsic.layers.optional_shape(m, shapes, block + "attn.qkv.bias", [3 * width])
    __torch__.zsic.layers.linear_shapes(shapes, block + "attn.proj", width, width)
    __torch__.zsic.layers.linear_shapes(shapes, block + "mlp.fc1", inner, width)
    __torch__.zsic.layers.linear_shapes(shapes, block + "mlp.fc2", width, inner)
    for scale in ["ls1.gamma", "ls2.gamma"]:
      __torch__.zsic.layers.optional_shape(m, shapes, block + scale, [width])
  return None

def blocks(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], prefix: str, count: int, kind: str) -> List[Dict[str, Tensor]]:
  device = m.device
  layers = annotate(List[Dict[str, Tensor]], [])
  for i in range(count):
    block = prefix + str(i) + "."
    layer = annotate(Dict[str, Tensor], {})
    layer["qkv.weight"] = __torch__.zsic.layers.weight(state, block + "attn.qkv.weight", device)
    layer["qkv.bias"] = torch.zeros([layer["qkv.weight"].size(0)], dtype=6, device=torch.device(device))
    if torch.__contains__(state, block + "attn.qkv.bias"):
      layer["qkv.bias"] = __torch__.zsic.layers.weight(state, block + "attn.qkv.bias", device)
    for suffix in [".weight", ".bias"]:
      layer["out_proj" + suffix] = __torch__.zsic.layers.weight(state, block + "attn.proj" + suffix, device)
      layer["layer_norm1" + suffix] = __torch__.zsic.layers.weight(state, block + "norm1" + suffix, device)
      layer["layer_norm2" + suffix] = __torch__.zsic.layers.weight(state, block + "norm2" + suffix, device)
      for name in ["mlp.fc1", "mlp.fc2"]:
        layer[name + suffix] = __torch__.zsic.layers.weight(state, block + name + suffix, device)
    __torch__.zsic.layers.scale_output(state, block + "ls1.gamma", layer, "out_proj", device)
    __torch__.zsic.layers.scale_output(state, block + "ls2.gamma", layer, "mlp.fc2", device)
    __torch__.zsic.layers.pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", kind)
    __torch__.zsic.layers.pack_layer(m, layer)
    layers.append(layer)
  return layers

# Where what a product gives is scaled, that goes into the product.
def scale_output(state: Dict[str, List[Tensor]], scale: str, layer: Dict[str, Tensor], name: str, device: str) -> NoneType:
  if torch.__contains__(state, scale):
    gamma = __torch__.zsic.layers.weight(state, scale, device)
    torch.mul_(layer[name + ".weight"], torch.unsqueeze(gamma, 1))
    torch.mul_(layer[name + ".bias"], gamma)
  return None

# ---------------------------------------------------------------------------------------- pictures

# Height and width after the resize, as get_resize_output_image_size of transformers'
# image_transforms.py: the longer side is truncated, not rounded.
def resized(height: int, width: int, config: Dict[str, float]) -> List[int]:
  shortest = __torch__.zsic.layers.integer(config, "size.shortest_edge", 0)
  if shortest > 0:
    if height <= width:
      size = [shortest, int(shortest * width / height)]
    else:
      size = [int(shortest * height / width), shortest]
  else:
    size = [int(config["size.height"]), int(config["size.width"])]
  return size

# A picture, uint8 [1, 3, height, width], to another size with one of Pillow's filters but Lanczos, which
# OwnResize.java has, like the sizes with a limit for the longer side. uint8 keeps the
# intermediate rounding of Pillow; libtorch has this kernel for the CPU only.
def resize(x: Tensor, size: List[int], resample: int) -> Tensor:
  if size[0] != x.size(2) or size[1] != x.size(3):
    x = __torch__.zsic.layers.resize_by(x, size, resample, None, None)
  return x

# The same by factors that the sizes, which are whole numbers, do not tell exactly.
def resize_by(x: Tensor, size: List[int], resample: int, down: Optional[float], across: Optional[float]) -> Tensor:
  if resample == 3:
    x = torch._upsample_bicubic2d_aa(x, size, False, down, across)
  elif resample == 2:
    x = torch._upsample_bilinear2d_aa(x, size, False, down, across)
  else:
    x = torch._upsample_nearest_exact2d(x, size, down, across)
  return x

# Only the resize of what follows, uint8 [height, width, 3] to the same. Done once more it changes nothing. A picture
# that was made smaller, to so many eighths, when it was decoded, gets the size that it would have got from its own
# height and width.
def resize_ahead(image: Tensor, height: int, width: int, config: Dict[str, float]) -> Tensor:
  sized = torch.__contains__(config, "size.shortest_edge") or torch.__contains__(config, "size.height")
  if sized and config["do_resize"] != 0.:
    size = __torch__.zsic.layers.resized(height, width, config)
    x = torch.unsqueeze(torch.permute(image, [2, 0, 1]), 0)
    if image.size(0) == height and image.size(1) == width:
      x = __torch__.zsic.layers.resize(x, size, int(config["resample"]))
    else:
      # The last row and column may stand for less than a whole one.
      factor = 8. / float(int(8. * image.size(0) / height + 0.5))
      x = __torch__.zsic.layers.resize_by(x, size, int(config["resample"]), float(size[0]) * factor / float(height), float(size[1]) * factor / float(width))
    image = torch.contiguous(torch.permute(torch.squeeze(x, 0), [1, 2, 0]))
  return image

# One picture, uint8 [height, width, 3], to uint8 [1, 3, crop height, crop width]: what transformers'
# torchvision backend does (image_processing_backends.py).
def resize_and_crop(image: Tensor, config: Dict[str, float]) -> Tensor:
  x = torch.unsqueeze(torch.permute(image, [2, 0, 1]), 0)
  if config["do_resize"] != 0.:
    x = __torch__.zsic.layers.resize(x, __torch__.zsic.layers.resized(image.size(0), image.size(1), config), int(config["resample"]))
  if config["do_center_crop"] != 0.:
    height = int(config["crop_size.height"])
    width = int(config["crop_size.width"])
    missing_h = height - x.size(2)
    if missing_h < 0:
      missing_h = 0
    missing_w = width - x.size(3)
    if missing_w < 0:
      missing_w = 0
    if missing_h > 0 or missing_w > 0:
      x = torch.constant_pad_nd(x, [missing_w // 2, (missing_w + 1) // 2, missing_h // 2, (missing_h + 1) // 2], 0)
    x = torch.narrow(x, 2, __torch__.zsic.layers.crop_offset(x.size(2) - height, config), height)
    x = torch.narrow(x, 3, __torch__.zsic.layers.crop_offset(x.size(3) - width, config), width)
  return x

# Half of the gap, rounded to the even one where the settings say so, as Python's round().
def crop_offset(gap: int, config: Dict[str, float]) -> int:
  offset = gap // 2
  if __torch__.zsic.layers.number(config, "rounds", 0.) != 0. and gap % 4 == 3:
    offset = offset + 1
  return offset

def channel_values(config: Dict[str, float], name: str, device: str) -> Tensor:
  return torch.tensor([config[name + ".0"], config[name + ".1"], config[name + ".2"]], dtype=6, device=torch.device(device))

# uint8 [batch, 3, height, width] to float32 on the device, rescaled and normalised. Mean and deviation
# are brought to the range of the pixels, as the torchvision backend does, but for EfficientNet's
# processor where it takes 1 from the rescaled values.
def rescale_and_normalize(pixels: Tensor, config: Dict[str, float], device: str) -> Tensor:
  # As bytes to the device, which are a fourth of the numbers.
  x = torch.to(torch.to(pixels, torch.device(device), 0, False, False), 6, False, False)
  factor = 1.
  if config["do_rescale"] != 0.:
    factor = config["rescale_factor"]
    if __torch__.zsic.layers.number(config, "rescale_offset", 0.) != 0.:
      x = x * factor - 1.
      factor = 1.
  if config["do_normalize"] != 0.:
    mean = __torch__.zsic.layers.channel_values(config, "image_mean", device)
    std = __torch__.zsic.layers.channel_values(config, "image_std", device)
    x = (x - torch.view(mean * (1. / factor), [1, 3, 1, 1])) / torch.view(std * (1. / factor), [1, 3, 1, 1])
  else:
    x = x * factor
  if __torch__.zsic.layers.number(config, "include_top", 0.) != 0.:
    x = x / torch.view(__torch__.zsic.layers.channel_values(config, "image_std", device), [1, 3, 1, 1])
  return x

# Pictures that come out in one size to float32 [batch, 3, height, width] on the device.
def pixel_values(images: List[Tensor], config: Dict[str, float], device: str) -> Tensor:
  batch = annotate(List[Tensor], [])
  for image in images:
    batch.append(__torch__.zsic.layers.resize_and_crop(image, config))
  return __torch__.zsic.layers.rescale_and_normalize(torch.cat(batch, 0), config, device)

# Pixels to patches, [batch, patches, width], row by row: the convolution of the reference as a product.
# What does not fill a patch at the right and at the bottom is left out.
def patches(pixels: Tensor, weights: Dict[str, Tensor], name: str, patch: int) -> Tensor:
  rows = pixels.size(2) // patch
  columns = pixels.size(3) // patch
  x = torch.narrow(torch.narrow(pixels, 2, 0, rows * patch), 3, 0, columns * patch)
  x = torch.reshape(x, [x.size(0), 3, rows, patch, columns, patch])
  x = torch.reshape(torch.permute(x, [0, 2, 4, 1, 3, 5]), [x.size(0), rows * columns, 3 * patch * patch])
  return torch.to(__torch__.zsic.layers.linear(x, weights, name), 6, False, False)

# Each square of so many pixels of x [batch, rows, columns, channels] to one, in which they lie behind each other. What does
# not fill one at the right and at the bottom is left out.
def squares(x: Tensor, side: int) -> Tensor:
  rows = x.size(1) // side
  columns = x.size(2) // side
  x = torch.narrow(torch.narrow(x, 1, 0, rows * side), 2, 0, columns * side)
  x = torch.reshape(x, [x.size(0), rows, side, columns, side, x.size(3)])
  return torch.flatten(torch.permute(x, [0, 1, 3, 2, 4, 5]), 3, -1)

# A kernel [out, in, side, side] as a product of such squares.
def square_kernel(kernel: Tensor) -> Tensor:
  return torch.flatten(torch.permute(kernel, [0, 2, 3, 1]), 1, -1)

# As torch.conv2d, but a GPU is not allowed to multiply with fewer bits (TF32), the last argument.
def convolve(x: Tensor, weight: Tensor, bias: Optional[Tensor], stride: int, padding: int, groups: int) -> Tensor:
  return torch._convolution(x, weight, bias, [stride, stride], [padding, padding], [1, 1], False, [0, 0], groups, False, False, True, False)

def with_class_token(x: Tensor, token: Tensor) -> Tensor:
  return torch.cat([torch.expand(torch.view(token, [1, 1, -1]), [x.size(0), 1, -1]), x], 1)

# ---------------------------------------------------------------------------------------- products

# What of this the model computes in is decided once, when the weights are packed: linear() and linear_add()
# look at what pack() has left. It is one of
#   float32 or half precision as it is: on a GPU, where there is no oneDNN, and where its product came out wrong,
#   float32 or bfloat16 in the layout of oneDNN,
#   int8 in the layout of oneDNN, with a scale for each output beside it.
# Of those in the layout of oneDNN, ".outputs" tells how many there are; they are filled up to whole blocks.

# The dtype of products that are not of 8-bit numbers.
def float_type(precision: str) -> int:
  dtype = 6
  if precision == "bfloat16":
    dtype = 15
  elif precision == "float16":
    dtype = 5
  return dtype

# Makes of a weight, float32 [out, in], and its bias, if it has one, what linear() takes. Some are too
# sensitive, or too small, to be worth quantizing. A packed product that comes out wrong is not used.
def pack(m: __torch__.zsic.model.Model, weights: Dict[str, Tensor], name: str, quantized: bool) -> NoneType:
  if m.device == "cpu" and __torch__.zsic.kernels.packs():
    packed = __torch__.zsic.layers.packed(m.precision, weights, name, quantized)
    if not m.checked or __torch__.zsic.checks.product(m, packed, weights, name):
      for key in packed:
        weights[key] = packed[key]
    else:
      weights[name + ".weight"] = torch.clone(weights[name + ".weight"])
  else:
    dtype = __torch__.zsic.layers.float_type(m.precision)
    # On the CPU a copy, as packing makes one: the weight may refer to a file.
    weights[name + ".weight"] = torch.to(weights[name + ".weight"], dtype, False, m.device == "cpu")
    if torch.__contains__(weights, name + ".bias"):
      weights[name + ".bias"] = torch.to(weights[name + ".bias"], dtype, False, False)
  return None

# The packed form of a product, beside which the bias of int8 stays as it is.
def packed(precision: str, weights: Dict[str, Tensor], name: str, quantized: bool) -> Dict[str, Tensor]:
  weight = weights[name + ".weight"]
  found = annotate(Dict[str, Tensor], {})
  found[name + ".outputs"] = torch.tensor(weight.size(0), dtype=4)
  if precision == "int8" and quantized:
    scale = torch.clamp_min(torch.amax(torch.abs(weight), [1], False) / 127., 1.0e-30)
    levels = torch.round_(torch.div(weight, torch.unsqueeze(scale, 1)))
    levels = __torch__.zsic.layers.fill_up(torch.to(levels, 1, False, False))
    found[name + ".weight"] = __torch__.zsic.kernels.pack_int8(levels)
    found[name + ".scale"] = __torch__.zsic.layers.fill_up(scale)
    found[name + ".zero"] = torch.zeros([levels.size(0)], dtype=4)
  else:
    dtype = __torch__.zsic.layers.float_type(precision)
    weight = __torch__.zsic.layers.fill_up(torch.to(weight, dtype, False, False))
    found[name + ".weight"] = __torch__.zsic.kernels.pack(weight)
    if torch.__contains__(weights, name + ".bias"):
      found[name + ".bias"] = __torch__.zsic.layers.fill_up(torch.to(weights[name + ".bias"], dtype, False, False))
  return found

# The outputs of a weight, of its bias or scale, filled up with zeros to a whole number of blocks. oneDNN 3.7 packs what
# is left of a block wrong on AMD's processors with AVX-512 in virtual machines that hide the sizes of the caches.
def fill_up(x: Tensor) -> Tensor:
  missing = -x.size(0) % 64
  if missing > 0:
    x = torch.cat([x, torch.zeros([missing] + torch.slice(x.size(), 1, 9223372036854775807, 1), dtype=x.dtype)], 0)
  return x

# All products of a layer, whose weights are those of two dimensions.
def pack_layer(m: __torch__.zsic.model.Model, layer: Dict[str, Tensor]) -> NoneType:
  names = annotate(List[str], [])
  for name in layer:
    if torch.endswith(name, ".weight", 0, -1) and torch.dim(layer[name]) == 2:
      names.append(torch.slice(name, 0, len(name) - 7, 1))
  for name in names:
    __torch__.zsic.layers.pack(m, layer, name, True)
  return None

# The kernel of patches, [width, 3, patch, patch], as a product. It is not quantized: it is a fiftieth of
# a model or less, and whatever comes later sees its errors.
def pack_patches(m: __torch__.zsic.model.Model, weights: Dict[str, Tensor], name: str) -> NoneType:
  weights[name + ".weight"] = torch.flatten(weights[name + ".weight"], 1, -1)
  __torch__.zsic.layers.pack(m, weights, name, False)
  return None

# A table of embeddings of words. One of many words is most of a small model.
def pack_words(m: __torch__.zsic.model.Model, table: Tensor) -> Tensor:
  if m.precision != "float32":
    table = torch.to(table, 5, False, False)
  return table

def words(weights: Dict[str, Tensor], name: str, ids: Tensor) -> Tensor:
  return torch.to(torch.embedding(weights[name], ids), 6, False, False)

# float32 x to uint8, its zero point, and a scale [..., 1] for each token, so that what becomes of one does not
# depend on which others are there. What an activation gives is hardly below 0, so little is kept for that, and it is
# not needed any more and becomes the levels. By way of int16, because straight to uint8 is a slow loop of libtorch;
# adding a half makes the cut rounding.
def quantize(x: Tensor, activated: bool) -> Tuple[Tensor, Tensor, int]:
  zero = 128
  if activated:
    zero = 32
  high = torch.div_(torch.amax(x, [-1], True), float(255 - zero))
  low = torch.div_(torch.amin(x, [-1], True), float(-zero))
  scale = torch.clamp_min_(torch.maximum(high, low), 1.0e-30)
  if activated:
    levels = torch.mul_(x, torch.reciprocal(scale))
  else:
    levels = torch.mul(x, torch.reciprocal(scale))
  levels = torch.add_(levels, float(zero) + 0.5)
  return (torch.to(torch.to(levels, 2, False, False), 0, False, False), scale, zero)

def optional(weights: Dict[str, Tensor], name: str) -> Optional[Tensor]:
  found = annotate(Optional[Tensor], None)
  if torch.__contains__(weights, name):
    found = weights[name]
  return found

# x [..., in] to float32 [..., out], without the bias and before the scale [..., 1].
def linear_int8(x: Tensor, weights: Dict[str, Tensor], name: str, activated: bool) -> Tuple[Tensor, Tensor]:
  quantized = __torch__.zsic.layers.quantize(x, activated)
  y = __torch__.zsic.kernels.linear_int8(quantized[0], quantized[2], weights[name + ".weight"], weights[name + ".scale"], weights[name + ".zero"])
  return (__torch__.zsic.layers.without_filling(y, weights, name), quantized[1])

def without_filling(y: Tensor, weights: Dict[str, Tensor], name: str) -> Tensor:
  outputs = int(weights[name + ".outputs"])
  if y.size(-1) != outputs:
    y = torch.narrow(y, -1, 0, outputs)
  return y

# The activation of a product of x, in the weight's type, or in float32 where that is int8.
def activated_linear(x: Tensor, weights: Dict[str, Tensor], name: str, kind: str) -> Tensor:
  weight = weights[name + ".weight"]
  bias = __torch__.zsic.layers.optional(weights, name + ".bias")
  if torch.__contains__(weights, name + ".scale"):
    scaled = __torch__.zsic.layers.linear_int8(torch.to(x, 6, False, False), weights, name, False)
    if bias is None:
      y = torch.mul_(scaled[0], scaled[1])
    else:
      y = torch.addcmul(bias, scaled[0], scaled[1], value=1, out=scaled[0])
    y = __torch__.zsic.layers.activation(y, kind)
  elif torch.__contains__(weights, name + ".outputs"):
    y = __torch__.zsic.kernels.linear(torch.to(x, weight.dtype, False, False), weight, bias, kind)
    y = __torch__.zsic.layers.without_filling(y, weights, name)
  else:
    y = torch.linear(torch.to(x, weight.dtype, False, False), weight, bias)
    y = __torch__.zsic.layers.activation(y, kind)
  return y

def linear(x: Tensor, weights: Dict[str, Tensor], name: str) -> Tensor:
  return __torch__.zsic.layers.activated_linear(x, weights, name, "none")

# A product added to float32 of its shape. Whether x comes from an activation matters to int8, which then overwrites it.
def linear_add(x: Tensor, other: Tensor, weights: Dict[str, Tensor], name: str, activated: bool) -> Tensor:
  weight = weights[name + ".weight"]
  bias = __torch__.zsic.layers.optional(weights, name + ".bias")
  if torch.__contains__(weights, name + ".scale"):
    scaled = __torch__.zsic.layers.linear_int8(torch.to(x, 6, False, False), weights, name, activated)
    y = torch.addcmul(other, scaled[0], scaled[1], value=1, out=scaled[0])
    if bias is not None:
      y = torch.add_(y, bias)
  elif torch.__contains__(weights, name + ".outputs") and weight.dtype == 6 and weight.size(0) == other.size(-1):
    y = __torch__.zsic.kernels.linear_add(x, other, weight, bias)
  else:
    y = torch.add(other, __torch__.zsic.layers.linear(x, weights, name))
  return y

# quick_gelu(x) = silu(1.702 x) / 1.702: its factors go into the weights before and behind it, because
# there are fused kernels for silu. Where weights are packed, the width in between is filled up here, so that what the first
# product gives need not be cut for the second: every activation makes 0 of 0.
def pack_feed_forward(m: __torch__.zsic.model.Model, weights: Dict[str, Tensor], first: str, second: str, kind: str) -> NoneType:
  if kind == "quick_gelu":
    weights[first + ".weight"] = torch.mul(weights[first + ".weight"], 1.702)
    weights[first + ".bias"] = torch.mul(weights[first + ".bias"], 1.702)
    weights[second + ".weight"] = torch.div(weights[second + ".weight"], 1.702)
    kind = "silu"
  m.fused[first] = kind
  if m.device == "cpu" and __torch__.zsic.kernels.packs():
    for key in [first + ".weight", first + ".bias"]:
      weights[key] = __torch__.zsic.layers.fill_up(weights[key])
    inner = weights[second + ".weight"].size(1)
    if weights[first + ".weight"].size(0) != inner:
      weights[second + ".weight"] = torch.constant_pad_nd(weights[second + ".weight"], [0, weights[first + ".weight"].size(0) - inner], 0)
  return None

# Two products with an activation in between, added to float32. pack_feed_forward() belongs to it. With int8, whose
# steps between the products each have a result of their own in float32, so many rows go through both at once that
# these stay in the caches and are no memory that is got from the system and given back in every layer.
def feed_forward(x: Tensor, other: Tensor, weights: Dict[str, Tensor], first: str, second: str, kind: str) -> Tensor:
  if kind == "quick_gelu":
    kind = "silu"
  if torch.__contains__(weights, first + ".scale"):
    flat = torch.flatten(x, 0, -2)
    sums = torch.flatten(other, 0, -2)
    parts = annotate(List[Tensor], [])
    begin = 0
    while begin < flat.size(0):
      count = flat.size(0) - begin
      if count >= 384:
        count = 256
      h = __torch__.zsic.layers.activated_linear(torch.narrow(flat, 0, begin, count), weights, first, kind)
      parts.append(__torch__.zsic.layers.linear_add(h, torch.narrow(sums, 0, begin, count), weights, second, True))
      begin = begin + count
    y = parts[0]
    if len(parts) > 1:
      y = torch.cat(parts, 0)
    y = torch.view_as(y, other)
  else:
    h = __torch__.zsic.layers.activated_linear(x, weights, first, kind)
    y = __torch__.zsic.layers.linear_add(h, other, weights, second, True)
  return y

# ------------------------------------------------------------------------------------- transformer

# Of a product, which it replaces.
def activation(x: Tensor, kind: str) -> Tensor:
  if kind == "none":
    y = x
  elif kind == "silu":
    y = torch.silu_(x)
  elif kind == "gelu":
    y = torch.gelu_(x, approximate="none")
  elif kind == "gelu_pytorch_tanh":
    y = torch.gelu_(x, approximate="tanh")
  elif kind == "relu":
    y = torch.relu_(x)
  else:
    ops.prim.RaiseException("zsic does not know hidden_act '" + kind + "'")
    y = x
  return y

def layer_norm(x: Tensor, weights: Dict[str, Tensor], name: str, eps: float) -> Tensor:
  weight = weights[name + ".weight"]
  return torch.layer_norm(x, [weight.size(0)], weight, weights[name + ".bias"], eps)

# A mask [batch, tokens] of what there is to read, 1 or 0, as attention takes it.
def key_mask(mask: Tensor) -> Tensor:
  return torch.unsqueeze(torch.unsqueeze(torch.ne(mask, 0), 1), 1)

# Where an id stands first in each row, 0 where it does not.
def first_position(ids: Tensor, wanted: int) -> Tensor:
  return torch.argmax(torch.to(torch.eq(ids, wanted), 3, False, False), -1, False)

# Whether attention is faster as products of whole matrices in bfloat16, through oneDNN, than in libtorch's fused kernel,
# which hardly gains from that type: measured from 50 to 729 tokens. The scores are then rounded to it, as where the
# reference computes eagerly.
def suits_bfloat16(x: Tensor, tokens: int, mask: Optional[Tensor], causal: bool) -> bool:
  return not x.is_cuda and mask is None and not causal and tokens >= 128

# Attention [batch, heads, tokens, size] of bfloat16 by such products. Of many tokens, so many heads at once that their scores
# stay in the caches.
def attention_bfloat16(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
  heads = q.size(1)
  tokens = q.size(2)
  q = q * (float(q.size(3)) ** -0.5)
  k = torch.transpose(k, -2, -1)
  if tokens <= 400:
    h = torch.matmul(torch.softmax(torch.matmul(q, k), -1), v)
  else:
    group = 2200000 // (tokens * tokens)
    if group < 1:
      group = 1
    parts = annotate(List[Tensor], [])
    for i in range(q.size(0)):
      begin = 0
      while begin < heads:
        count = group
        if begin + count > heads:
          count = heads - begin
        scores = torch.matmul(torch.narrow(q[i], 0, begin, count), torch.narrow(k[i], 0, begin, count))
        parts.append(torch.matmul(torch.softmax(scores, -1), torch.narrow(v[i], 0, begin, count)))
        begin = begin + count
    h = torch.view(torch.cat(parts, 0), [q.size(0), heads, tokens, q.size(3)])
  return h

# Attention, [batch, heads, tokens, size]. The mask of keys is [batch, 1, 1, tokens].
def attention(q: Tensor, k: Tensor, v: Tensor, mask: Optional[Tensor], causal: bool) -> Tensor:
  if q.dtype == 15 and __torch__.zsic.layers.suits_bfloat16(q, q.size(2), mask, causal):
    h = __torch__.zsic.layers.attention_bfloat16(q, k, v)
  else:
    h = torch.scaled_dot_product_attention(q, k, v, mask, 0., causal)
  return h

# Attention of x [batch, tokens, width] to itself, before the last projection.
def self_attention(x: Tensor, layer: Dict[str, Tensor], heads: int, causal: bool, mask: Optional[Tensor]) -> Tensor:
  qkv = __torch__.zsic.layers.queries_keys_values(x, layer, heads, causal, mask)
  return __torch__.zsic.layers.join_heads(__torch__.zsic.layers.attention(qkv[0], qkv[1], qkv[2], mask, causal))

def join_heads(h: Tensor) -> Tensor:
  return torch.reshape(torch.permute(h, [0, 2, 1, 3]), [h.size(0), h.size(2), h.size(1) * h.size(3)])

# Each [batch, heads, tokens, size], in the type in which attention is computed.
def queries_keys_values(x: Tensor, layer: Dict[str, Tensor], heads: int, causal: bool, mask: Optional[Tensor]) -> List[Tensor]:
  batch = x.size(0)
  tokens = x.size(1)
  width = x.size(2)
  h = __torch__.zsic.layers.linear(x, layer, "qkv")
  if torch.__contains__(layer, "qkv.scale") and __torch__.zsic.layers.suits_bfloat16(x, tokens, mask, causal):
    h = torch.to(h, 15, False, False)
  if torch.__contains__(layer, "unchecked"):
    torch.pop(layer, "unchecked")
    layer["difference"] = __torch__.zsic.checks.attention(width // heads, tokens, causal, mask is not None, h)
  return torch.unbind(torch.permute(torch.view(h, [batch, tokens, 3, heads, width // heads]), [2, 0, 3, 1, 4]), 0)

# One token of each, [batch, width], of x [batch, tokens, width], or all where no positions are given.
def at(x: Tensor, positions: Optional[Tensor]) -> Tensor:
  if positions is not None:
    rows = torch.arange(x.size(0), dtype=4, device=x.device)
    x = torch.index(x, annotate(List[Optional[Tensor]], [rows, positions]))
  return x

# Positions [batch] of the class token.
def first(x: Tensor) -> Tensor:
  return torch.zeros([x.size(0)], dtype=4, device=x.device)

# Pre-norm transformer, x [batch, tokens, width]. The sum that goes from layer to layer, and the norms, are
# float32 in every precision. Where one position of each is all that counts in the end, behind the last
# attention only that goes on: [batch, width].
def encoder(x: Tensor, layers: List[Dict[str, Tensor]], heads: int, kind: str, eps: float, causal: bool, mask: Optional[Tensor], positions: Optional[Tensor]) -> Tensor:
  for i in range(len(layers)):
    layer = layers[i]
    h = __torch__.zsic.layers.layer_norm(x, layer, "layer_norm1", eps)
    h = __torch__.zsic.layers.self_attention(h, layer, heads, causal, mask)
    if i == len(layers) - 1:
      h = __torch__.zsic.layers.at(h, positions)
      x = __torch__.zsic.layers.at(x, positions)
    x = __torch__.zsic.layers.linear_add(h, x, layer, "out_proj", False)
    h = __torch__.zsic.layers.layer_norm(x, layer, "layer_norm2", eps)
    x = __torch__.zsic.layers.feed_forward(h, x, layer, "mlp.fc1", "mlp.fc2", kind)
  return x

# The attention of one learned query to x [batch, tokens, width], [batch, width], whose weights
# torch.nn.MultiheadAttention stores. The query is the same for all pictures, so it is projected once.
def pack_attention_pooling(m: __torch__.zsic.model.Model, prefix: str) -> NoneType:
  w = m.weights
  weight = torch.pop(w, prefix + "attention.in_proj_weight")
  bias = torch.pop(w, prefix + "attention.in_proj_bias")
  width = weight.size(1)
  w[prefix + "query"] = torch.linear(torch.pop(w, prefix + "probe"), torch.narrow(weight, 0, 0, width), torch.narrow(bias, 0, 0, width))
  w[prefix + "kv.weight"] = torch.clone(torch.narrow(weight, 0, width, 2 * width))
  w[prefix + "kv.bias"] = torch.clone(torch.narrow(bias, 0, width, 2 * width))
  __torch__.zsic.layers.pack(m, w, prefix + "kv", True)
  __torch__.zsic.layers.pack(m, w, prefix + "attention.out_proj", True)
  return None

# The same as timm stores it (AttentionPoolLatent of timm/layers/attention_pool.py).
def pack_latent(m: __torch__.zsic.model.Model, prefix: str) -> NoneType:
  w = m.weights
  w[prefix + "query"] = torch.linear(torch.pop(w, prefix + "latent"), torch.pop(w, prefix + "q.weight"), torch.pop(w, prefix + "q.bias"))
  for suffix in [".weight", ".bias"]:
    w[prefix + "attention.out_proj" + suffix] = torch.pop(w, prefix + "proj" + suffix)
  __torch__.zsic.layers.pack(m, w, prefix + "kv", True)
  __torch__.zsic.layers.pack(m, w, prefix + "attention.out_proj", True)
  return None

def attention_pooling(x: Tensor, weights: Dict[str, Tensor], prefix: str, heads: int, mask: Optional[Tensor]) -> Tensor:
  batch = x.size(0)
  tokens = x.size(1)
  width = weights[prefix + "query"].size(-1)
  h = __torch__.zsic.layers.linear(x, weights, prefix + "kv")
  q = torch.to(weights[prefix + "query"], h.dtype, False, False)
  # With memory of its own for each picture, because not every kernel for GPUs takes less.
  q = torch.contiguous(torch.expand(torch.view(q, [1, heads, 1, width // heads]), [batch, -1, -1, -1]))
  kv = torch.unbind(torch.permute(torch.view(h, [batch, tokens, 2, heads, width // heads]), [2, 0, 3, 1, 4]), 0)
  h = torch.scaled_dot_product_attention(q, kv[0], kv[1], mask, 0., False)
  h = __torch__.zsic.layers.linear(torch.reshape(h, [batch, width]), weights, prefix + "attention.out_proj")
  return torch.to(h, 6, False, False)

# The last product of an image tower, x [batch, in]. libtorch's own product of a few rows depends in its last bits
# on how many they are, and what becomes of a picture must not depend on the others in its batch.
def project(x: Tensor, weight: Tensor) -> Tensor:
  if x.is_cuda:
    y = torch.linear(x, weight, None)
  else:
    rows = annotate(List[Tensor], [])
    for i in range(x.size(0)):
      rows.append(torch.linear(torch.narrow(x, 0, i, 1), weight, None))
    y = torch.cat(rows, 0)
  return y

def normalize(x: Tensor) -> Tensor:
  return x / torch.norm(x, 2, [-1], True)
