# OpenAI's ResNet as OpenCLIP's tower for pictures (ModifiedResNet of src/open_clip/modified_resnet.py). What its batch
# norms do goes into the convolutions before them when they are loaded.

def layers(m: __torch__.zsic.model.Model) -> List[int]:
  found = annotate(List[int], [])
  while torch.__contains__(m.config, "model_cfg.vision_cfg.layers." + str(len(found))):
    found.append(int(m.config["model_cfg.vision_cfg.layers." + str(len(found))]))
  return found

def width(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "model_cfg.vision_cfg.width", 64)

def heads(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.pictures.width(m) * 32 // __torch__.zsic.layers.integer(m.config, "model_cfg.vision_cfg.head_width", 64)

def image_size(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "model_cfg.vision_cfg.image_size", 224)

def block(i: int, j: int) -> str:
  return "visual.layer" + str(i + 1) + "." + str(j) + "."

# A first block makes pictures half as large, but for those of the first four.
def stride(i: int, j: int) -> int:
  step = 1
  if i > 0 and j == 0:
    step = 2
  return step

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  vision = "model_cfg.vision_cfg."
  before = len(found)
  for name in ["image_size", "width", "head_width"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, vision + name, 1, 1000000)
  counts = __torch__.zsic.pictures.layers(m)
  if len(counts) != 4:
    found.append(vision + "layers has " + str(len(counts)) + " numbers instead of 4")
  for i in range(len(counts)):
    __torch__.zsic.layers.check_integer(found, m.config, m.names, vision + "layers." + str(i), 1, 1000)
  if len(found) == before:
    heads = __torch__.zsic.pictures.heads(m)
    if heads < 1:
      found.append(vision + "head_width is larger than the pooled width")
    elif __torch__.zsic.pictures.width(m) * 32 % heads != 0:
      found.append(vision + "width " + str(__torch__.zsic.pictures.width(m)) + " does not divide into heads")
    __torch__.zsic.layers.check_picture(found, m.processing, __torch__.zsic.pictures.image_size(m))
  return None

# A convolution without a bias, and the batch norm behind it.
def convolution_shapes(shapes: Dict[str, List[int]], name: str, norm: str, out: int, width: int, side: int) -> NoneType:
  shapes[name + ".weight"] = [out, width, side, side]
  for part in ["weight", "bias", "running_mean", "running_var"]:
    shapes[norm + "." + part] = [out]
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  width = __torch__.zsic.pictures.width(m)
  __torch__.zsic.pictures.convolution_shapes(shapes, "visual.conv1", "visual.bn1", width // 2, 3, 3)
  __torch__.zsic.pictures.convolution_shapes(shapes, "visual.conv2", "visual.bn2", width // 2, width // 2, 3)
  __torch__.zsic.pictures.convolution_shapes(shapes, "visual.conv3", "visual.bn3", width, width // 2, 3)
  size = width
  counts = __torch__.zsic.pictures.layers(m)
  for i in range(4):
    planes = width
    for k in range(i):
      planes = planes * 2
    for j in range(counts[i]):
      block = __torch__.zsic.pictures.block(i, j)
      __torch__.zsic.pictures.convolution_shapes(shapes, block + "conv1", block + "bn1", planes, size, 1)
      __torch__.zsic.pictures.convolution_shapes(shapes, block + "conv2", block + "bn2", planes, planes, 3)
      __torch__.zsic.pictures.convolution_shapes(shapes, block + "conv3", block + "bn3", 4 * planes, planes, 1)
      if j == 0:
        __torch__.zsic.pictures.convolution_shapes(shapes, block + "downsample.0", block + "downsample.1", 4 * planes, size, 1)
      size = 4 * planes
  grid = __torch__.zsic.pictures.image_size(m) // 32
  shapes["visual.attnpool.positional_embedding"] = [grid * grid + 1, size]
  for name in ["q_proj", "k_proj", "v_proj"]:
    __torch__.zsic.layers.linear_shapes(shapes, "visual.attnpool." + name, size, size)
  __torch__.zsic.layers.linear_shapes(shapes, "visual.attnpool.c_proj", __torch__.zsic.architecture.dimension(m), size)
  return None

def fold(m: __torch__.zsic.model.Model, name: str, norm: str) -> NoneType:
  w = m.weights
  scale = torch.pop(w, norm + ".weight") * torch.rsqrt(torch.pop(w, norm + ".running_var") + 1.0e-05)
  w[name + ".weight"] = w[name + ".weight"] * torch.view(scale, [-1, 1, 1, 1])
  w[name + ".bias"] = torch.pop(w, norm + ".bias") - torch.pop(w, norm + ".running_mean") * scale
  if m.checked:
    __torch__.zsic.checks.convolution(m, w[name + ".weight"], 1)
  return None

def load(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  w = m.weights
  for number in ["1", "2", "3"]:
    __torch__.zsic.pictures.fold(m, "visual.conv" + number, "visual.bn" + number)
  counts = __torch__.zsic.pictures.layers(m)
  for i in range(4):
    for j in range(counts[i]):
      block = __torch__.zsic.pictures.block(i, j)
      for number in ["1", "2", "3"]:
        __torch__.zsic.pictures.fold(m, block + "conv" + number, block + "bn" + number)
      if j == 0:
        __torch__.zsic.pictures.fold(m, block + "downsample.0", block + "downsample.1")
  pool = "visual.attnpool."
  for suffix in [".weight", ".bias"]:
    w[pool + "kv" + suffix] = torch.cat([torch.pop(w, pool + "k_proj" + suffix), torch.pop(w, pool + "v_proj" + suffix)], 0)
  __torch__.zsic.layers.pack(m, w, pool + "kv", True)
  __torch__.zsic.layers.pack(m, w, pool + "q_proj", True)
  return None

def convolve(x: Tensor, m: __torch__.zsic.model.Model, name: str, stride: int) -> Tensor:
  weight = m.weights[name + ".weight"]
  return __torch__.zsic.layers.convolve(x, weight, m.weights[name + ".bias"], stride, weight.size(2) // 2, 1)

def halve(x: Tensor) -> Tensor:
  return torch.avg_pool2d(x, [2, 2], [2, 2], [0, 0], False, True, None)

# The attention of the average of all places, which is a place itself, to all of them.
def attention_pooling(x: Tensor, m: __torch__.zsic.model.Model) -> Tensor:
  w = m.weights
  pool = "visual.attnpool."
  x = torch.permute(torch.flatten(x, 2, -1), [0, 2, 1])
  x = torch.cat([torch.mean(x, [1], True), x], 1) + w[pool + "positional_embedding"]
  heads = __torch__.zsic.pictures.heads(m)
  size = x.size(2) // heads
  q = torch.to(__torch__.zsic.layers.linear(torch.select(x, 1, 0), w, pool + "q_proj"), 6, False, False)
  kv = torch.to(__torch__.zsic.layers.linear(x, w, pool + "kv"), 6, False, False)
  parts = torch.unbind(torch.permute(torch.view(kv, [x.size(0), x.size(1), 2, heads, size]), [2, 0, 3, 1, 4]), 0)
  h = torch.scaled_dot_product_attention(torch.view(q, [x.size(0), heads, 1, size]), parts[0], parts[1], None, 0., False)
  return torch.reshape(h, [x.size(0), heads * size])

def encode_together(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  x = __torch__.zsic.layers.pixel_values(images, m.processing, m.device)
  x = torch.relu_(__torch__.zsic.pictures.convolve(x, m, "visual.conv1", 2))
  x = torch.relu_(__torch__.zsic.pictures.convolve(x, m, "visual.conv2", 1))
  x = torch.relu_(__torch__.zsic.pictures.convolve(x, m, "visual.conv3", 1))
  x = __torch__.zsic.pictures.halve(x)
  counts = __torch__.zsic.pictures.layers(m)
  for i in range(4):
    for j in range(counts[i]):
      block = __torch__.zsic.pictures.block(i, j)
      h = torch.relu_(__torch__.zsic.pictures.convolve(x, m, block + "conv1", 1))
      h = torch.relu_(__torch__.zsic.pictures.convolve(h, m, block + "conv2", 1))
      if __torch__.zsic.pictures.stride(i, j) == 2:
        h = __torch__.zsic.pictures.halve(h)
        x = __torch__.zsic.pictures.halve(x)
      h = __torch__.zsic.pictures.convolve(h, m, block + "conv3", 1)
      if j == 0:
        x = __torch__.zsic.pictures.convolve(x, m, block + "downsample.0", 1)
      x = torch.relu_(h + x)
  return __torch__.zsic.pictures.attention_pooling(x, m)

# On the CPU each by itself: the convolutions depend in their last bits on how many pictures they see.
def encode(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  if torch.startswith(m.device, "cuda", 0, -1):
    x = __torch__.zsic.pictures.encode_together(m, images)
  else:
    results = annotate(List[Tensor], [])
    for image in images:
      results.append(__torch__.zsic.pictures.encode_together(m, [image]))
    x = torch.cat(results, 0)
  pool = "visual.attnpool.c_proj"
  return __torch__.zsic.layers.project(x, m.weights[pool + ".weight"]) + m.weights[pool + ".bias"]
