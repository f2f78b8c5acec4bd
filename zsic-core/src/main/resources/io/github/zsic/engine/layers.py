# Layers and other parts that the architectures share; whole towers are in towers.py. This is TorchScript,
# compiled by libtorch itself: Python's syntax, but types are declared, functions are called by their full
# name, and names are only those that the TorchScript compiler knows. Numbers for dtypes: 3 int32, 4 int64,
# 6 float32.

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
  return torch.__contains__(name, ".layers.") or torch.__contains__(name, ".layer.") or torch.__contains__(name, ".resblocks.") or torch.__contains__(name, "_encoder.blocks.")

# The tensor in float32 on the device, in memory of its own, so that nothing refers to the file it
# was mapped from. A tensor too large for one mapping comes in parts.
def weight(state: Dict[str, List[Tensor]], key: str, device: str) -> Tensor:
  parts = annotate(List[Tensor], [])
  for part in state[key]:
    parts.append(torch.to(part, torch.device(device), 6, False, True))
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
def encoder_layer(state: Dict[str, List[Tensor]], prefix: str, device: str) -> Dict[str, Tensor]:
  layer = annotate(Dict[str, Tensor], {})
  for suffix in ["weight", "bias"]:
    q = __torch__.zsic.layers.weight(state, prefix + "self_attn.q_proj." + suffix, device)
    k = __torch__.zsic.layers.weight(state, prefix + "self_attn.k_proj." + suffix, device)
    v = __torch__.zsic.layers.weight(state, prefix + "self_attn.v_proj." + suffix, device)
    layer["qkv." + suffix] = torch.cat([q, k, v], 0)
    for name in ["layer_norm1.", "layer_norm2.", "mlp.fc1.", "mlp.fc2."]:
      layer[name + suffix] = __torch__.zsic.layers.weight(state, prefix + name + suffix, device)
    layer["out_proj." + suffix] = __torch__.zsic.layers.weight(state, prefix + "self_attn.out_proj." + suffix, device)
  return layer

def encoder_layers(state: Dict[str, List[Tensor]], prefix: str, count: int, device: str) -> List[Dict[str, Tensor]]:
  layers = annotate(List[Dict[str, Tensor]], [])
  for i in range(count):
    layers.append(__torch__.zsic.layers.encoder_layer(state, prefix + str(i) + ".", device))
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

def resblocks(state: Dict[str, List[Tensor]], prefix: str, count: int, device: str) -> List[Dict[str, Tensor]]:
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
    layers.append(layer)
  return layers

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

# A picture, uint8 [1, 3, height, width], to another size with one of Pillow's filters. uint8 keeps the
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
    x = torch.upsample_nearest2d(x, size, down, across)
  return x

# Pictures, uint8 [height, width, 3], of which some were made smaller, to so many eighths, when they were
# decoded: those get the size that they would have got from their own size.
def resize_smaller(images: List[Tensor], sizes: List[int], config: Dict[str, float]) -> List[Tensor]:
  result = annotate(List[Tensor], [])
  for i in range(len(images)):
    x = images[i]
    height = sizes[2 * i]
    width = sizes[2 * i + 1]
    if x.size(0) != height or x.size(1) != width:
      size = __torch__.zsic.layers.resized(height, width, config)
      # The last row and column may stand for less than a whole one.
      factor = 8. / float(int(8. * x.size(0) / height + 0.5))
      x = torch.unsqueeze(torch.permute(x, [2, 0, 1]), 0)
      x = __torch__.zsic.layers.resize_by(x, size, int(config["resample"]), float(size[0]) * factor / float(height), float(size[1]) * factor / float(width))
      x = torch.permute(torch.squeeze(x, 0), [1, 2, 0])
    result.append(x)
  return result

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
    x = torch.narrow(x, 2, (x.size(2) - height) // 2, height)
    x = torch.narrow(x, 3, (x.size(3) - width) // 2, width)
  return x

def channel_values(config: Dict[str, float], name: str, device: str) -> Tensor:
  return torch.tensor([config[name + ".0"], config[name + ".1"], config[name + ".2"]], dtype=6, device=torch.device(device))

# uint8 [batch, 3, height, width] to float32 on the device, rescaled and normalised. Mean and deviation
# are brought to the range of the pixels, as the torchvision backend does, but for EfficientNet's
# processor where it takes 1 from the rescaled values.
def rescale_and_normalize(pixels: Tensor, config: Dict[str, float], device: str) -> Tensor:
  x = torch.to(pixels, torch.device(device), 6, False, False)
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

# Pixels to patches, [batch, patches, width], row by row. What does not fill a patch at the right and
# at the bottom is left out.
def patches(pixels: Tensor, kernel: Tensor, bias: Optional[Tensor]) -> Tensor:
  x = torch.conv2d(pixels, kernel, bias, [kernel.size(2), kernel.size(3)], [0, 0], [1, 1], 1)
  return torch.transpose(torch.flatten(x, 2, -1), 1, 2)

def with_class_token(x: Tensor, token: Tensor) -> Tensor:
  return torch.cat([torch.expand(torch.view(token, [1, 1, -1]), [x.size(0), 1, -1]), x], 1)

# ------------------------------------------------------------------------------------- transformer

def activation(x: Tensor, kind: str) -> Tensor:
  if kind == "quick_gelu":
    y = x * torch.sigmoid(x * 1.702)
  elif kind == "gelu":
    y = torch.gelu(x, approximate="none")
  elif kind == "gelu_pytorch_tanh":
    y = torch.gelu(x, approximate="tanh")
  elif kind == "relu":
    y = torch.relu(x)
  else:
    ops.prim.RaiseException("zsic does not know hidden_act '" + kind + "'")
    y = x
  return y

def layer_norm(x: Tensor, weights: Dict[str, Tensor], name: str, eps: float) -> Tensor:
  weight = weights[name + ".weight"]
  return torch.layer_norm(x, [weight.size(0)], weight, weights[name + ".bias"], eps)

def linear(x: Tensor, weights: Dict[str, Tensor], name: str) -> Tensor:
  return torch.linear(x, weights[name + ".weight"], weights[name + ".bias"])

# A mask [batch, tokens] of what there is to read, 1 or 0, as attention takes it.
def key_mask(mask: Tensor) -> Tensor:
  return torch.unsqueeze(torch.unsqueeze(torch.ne(mask, 0), 1), 1)

# Where an id stands first in each row, 0 where it does not.
def first_position(ids: Tensor, wanted: int) -> Tensor:
  return torch.argmax(torch.to(torch.eq(ids, wanted), 3, False, False), -1, False)

# Attention of x [batch, tokens, width] to itself, before the last projection. The mask of keys is
# [batch, 1, 1, tokens].
def self_attention(x: Tensor, layer: Dict[str, Tensor], heads: int, causal: bool, mask: Optional[Tensor]) -> Tensor:
  batch = x.size(0)
  tokens = x.size(1)
  width = x.size(2)
  h = torch.linear(x, layer["qkv.weight"], layer["qkv.bias"])
  qkv = torch.unbind(torch.permute(torch.view(h, [batch, tokens, 3, heads, width // heads]), [2, 0, 3, 1, 4]), 0)
  h = torch.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], mask, 0., causal)
  return torch.reshape(torch.permute(h, [0, 2, 1, 3]), [batch, tokens, width])

# Pre-norm transformer, x [batch, tokens, width].
def encoder(x: Tensor, layers: List[Dict[str, Tensor]], heads: int, kind: str, eps: float, causal: bool, mask: Optional[Tensor]) -> Tensor:
  for layer in layers:
    h = __torch__.zsic.layers.layer_norm(x, layer, "layer_norm1", eps)
    h = __torch__.zsic.layers.self_attention(h, layer, heads, causal, mask)
    x = x + torch.linear(h, layer["out_proj.weight"], layer["out_proj.bias"])
    h = __torch__.zsic.layers.layer_norm(x, layer, "layer_norm2", eps)
    h = torch.linear(h, layer["mlp.fc1.weight"], layer["mlp.fc1.bias"])
    h = __torch__.zsic.layers.activation(h, kind)
    x = x + torch.linear(h, layer["mlp.fc2.weight"], layer["mlp.fc2.bias"])
  return x

# The attention of one learned query to x [batch, tokens, width], as torch.nn.MultiheadAttention stores
# it: [batch, width].
def attention_pooling(x: Tensor, weights: Dict[str, Tensor], prefix: str, heads: int, mask: Optional[Tensor]) -> Tensor:
  batch = x.size(0)
  tokens = x.size(1)
  width = x.size(2)
  weight = weights[prefix + "attention.in_proj_weight"]
  bias = weights[prefix + "attention.in_proj_bias"]
  q = torch.linear(weights[prefix + "probe"], torch.narrow(weight, 0, 0, width), torch.narrow(bias, 0, 0, width))
  q = torch.expand(torch.view(q, [1, heads, 1, width // heads]), [batch, -1, -1, -1])
  h = torch.linear(x, torch.narrow(weight, 0, width, 2 * width), torch.narrow(bias, 0, width, 2 * width))
  kv = torch.unbind(torch.permute(torch.view(h, [batch, tokens, 2, heads, width // heads]), [2, 0, 3, 1, 4]), 0)
  h = torch.scaled_dot_product_attention(q, kv[0], kv[1], mask, 0., False)
  return __torch__.zsic.layers.linear(torch.reshape(h, [batch, width]), weights, prefix + "attention.out_proj")

def normalize(x: Tensor) -> Tensor:
  return x / torch.norm(x, 2, [-1], True)
