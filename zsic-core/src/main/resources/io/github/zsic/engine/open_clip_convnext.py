# timm's ConvNeXt as OpenCLIP's tower for pictures (timm/models/convnext.py; Liu et al., "A ConvNet for the 2020s", 2022).
# Pictures are [batch, rows, columns, channels] throughout, so that all but the depthwise convolutions are products.

def stage(i: int) -> str:
  return "visual.trunk.stages." + str(i) + "."

def block(i: int, j: int) -> str:
  return __torch__.zsic.pictures.stage(i) + "blocks." + str(j) + "."

def stages(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.stored_blocks(m, "visual.trunk.stages.", ".blocks.0.norm.weight")

def blocks(m: __torch__.zsic.model.Model, i: int) -> int:
  return __torch__.zsic.layers.stored_blocks(m, __torch__.zsic.pictures.stage(i) + "blocks.", ".norm.weight")

def channels(m: __torch__.zsic.model.Model, i: int) -> int:
  return __torch__.zsic.layers.stored_size(m, __torch__.zsic.pictures.block(i, 0) + "norm.weight", 0)

def eps(m: __torch__.zsic.model.Model) -> float:
  value = 1.0e-06
  if torch.__contains__(__torch__.zsic.timm.name(m), "_xxlarge"):
    value = 1.0e-05
  return value

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  before = len(found)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, "model_cfg.vision_cfg.image_size", 1, 1000000)
  __torch__.zsic.layers.check_stored(m, found, "visual.trunk.stem.0.weight", 4)
  __torch__.zsic.layers.check_stored(m, found, "visual.trunk.stages.0.blocks.0.conv_dw.weight", 4)
  pool = __torch__.zsic.layers.text(m.names, "model_cfg.vision_cfg.timm_pool", "avg")
  if pool != "" and pool != "avg":
    found.append("model_cfg.vision_cfg.timm_pool is '" + pool + "', and zsic has 'avg'")
  if len(found) == before:
    __torch__.zsic.layers.check_picture(found, m.processing, __torch__.zsic.timm.image_size(m))
    __torch__.zsic.timm.problems(m, found, __torch__.zsic.pictures.channels(m, __torch__.zsic.pictures.stages(m) - 1))
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  width = __torch__.zsic.pictures.channels(m, 0)
  patch = __torch__.zsic.layers.stored_size(m, "visual.trunk.stem.0.weight", 2)
  shapes["visual.trunk.stem.0.weight"] = [width, 3, patch, patch]
  shapes["visual.trunk.stem.0.bias"] = [width]
  __torch__.zsic.layers.norm_shapes(shapes, "visual.trunk.stem.1", width)
  for i in range(__torch__.zsic.pictures.stages(m)):
    before = width
    width = __torch__.zsic.pictures.channels(m, i)
    if i > 0:
      down = __torch__.zsic.pictures.stage(i) + "downsample."
      __torch__.zsic.layers.norm_shapes(shapes, down + "0", before)
      shapes[down + "1.weight"] = [width, before, 2, 2]
      shapes[down + "1.bias"] = [width]
    for j in range(__torch__.zsic.pictures.blocks(m, i)):
      block = __torch__.zsic.pictures.block(i, j)
      side = __torch__.zsic.layers.stored_size(m, block + "conv_dw.weight", 2)
      inner = __torch__.zsic.layers.stored_size(m, block + "mlp.fc1.weight", 0)
      shapes[block + "conv_dw.weight"] = [width, 1, side, side]
      shapes[block + "conv_dw.bias"] = [width]
      __torch__.zsic.layers.norm_shapes(shapes, block + "norm", width)
      __torch__.zsic.layers.linear_shapes(shapes, block + "mlp.fc1", inner, width)
      __torch__.zsic.layers.linear_shapes(shapes, block + "mlp.fc2", width, inner)
      __torch__.zsic.layers.optional_shape(m, shapes, block + "gamma", [width])
  __torch__.zsic.layers.norm_shapes(shapes, "visual.trunk.head.norm", width)
  __torch__.zsic.timm.shapes(m, shapes, width)
  return None

def load(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  w = m.weights
  __torch__.zsic.layers.pack_patches(m, w, "visual.trunk.stem.0")
  layers = annotate(List[Dict[str, Tensor]], [])
  for i in range(__torch__.zsic.pictures.stages(m)):
    if i > 0:
      down = __torch__.zsic.pictures.stage(i) + "downsample."
      for name in ["0.weight", "0.bias", "1.bias"]:
        w[down + name] = __torch__.zsic.layers.weight(state, down + name, m.device)
      kernel = __torch__.zsic.layers.weight(state, down + "1.weight", m.device)
      w[down + "1.weight"] = __torch__.zsic.layers.square_kernel(kernel)
      __torch__.zsic.layers.pack(m, w, down + "1", True)
    for j in range(__torch__.zsic.pictures.blocks(m, i)):
      block = __torch__.zsic.pictures.block(i, j)
      layer = annotate(Dict[str, Tensor], {})
      for suffix in [".weight", ".bias"]:
        for name in ["conv_dw", "norm", "mlp.fc1", "mlp.fc2"]:
          layer[name + suffix] = __torch__.zsic.layers.weight(state, block + name + suffix, m.device)
      if m.checked:
        __torch__.zsic.checks.convolution(m, layer["conv_dw.weight"], layer["conv_dw.weight"].size(0))
      __torch__.zsic.layers.scale_output(state, block + "gamma", layer, "mlp.fc2", m.device)
      __torch__.zsic.layers.pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", "gelu")
      __torch__.zsic.layers.pack_layer(m, layer)
      layers.append(layer)
  m.layers["vision"] = layers
  return None

# Each four neighbours become one.
def downsample(m: __torch__.zsic.model.Model, x: Tensor, i: int, eps: float) -> Tensor:
  down = __torch__.zsic.pictures.stage(i) + "downsample."
  x = __torch__.zsic.layers.layer_norm(x, m.weights, down + "0", eps)
  x = __torch__.zsic.layers.squares(x, 2)
  return torch.to(__torch__.zsic.layers.linear(x, m.weights, down + "1"), 6, False, False)

def encode_together(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  w = m.weights
  eps = __torch__.zsic.pictures.eps(m)
  pixels = __torch__.zsic.layers.pixel_values(images, m.processing, m.device)
  patch = __torch__.zsic.layers.stored_size(m, "visual.trunk.stem.0.weight", 2)
  x = __torch__.zsic.layers.patches(pixels, w, "visual.trunk.stem.0", patch)
  x = torch.reshape(x, [x.size(0), pixels.size(2) // patch, pixels.size(3) // patch, x.size(2)])
  x = __torch__.zsic.layers.layer_norm(x, w, "visual.trunk.stem.1", eps)
  layers = m.layers["vision"]
  number = 0
  for i in range(__torch__.zsic.pictures.stages(m)):
    if i > 0:
      x = __torch__.zsic.pictures.downsample(m, x, i, eps)
    for j in range(__torch__.zsic.pictures.blocks(m, i)):
      layer = layers[number]
      number = number + 1
      weight = layer["conv_dw.weight"]
      h = torch.permute(x, [0, 3, 1, 2])
      h = __torch__.zsic.layers.convolve(h, weight, layer["conv_dw.bias"], 1, weight.size(2) // 2, weight.size(0))
      h = __torch__.zsic.layers.layer_norm(torch.contiguous(torch.permute(h, [0, 2, 3, 1])), layer, "norm", eps)
      x = __torch__.zsic.layers.feed_forward(h, x, layer, "mlp.fc1", "mlp.fc2", "gelu")
  x = torch.mean(x, [1, 2], False)
  return __torch__.zsic.layers.layer_norm(x, w, "visual.trunk.head.norm", eps)

# On the CPU each by itself: the convolutions depend in their last bits on how many pictures they see.
def encode(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  if torch.startswith(m.device, "cuda", 0, -1):
    x = __torch__.zsic.pictures.encode_together(m, images)
  else:
    results = annotate(List[Tensor], [])
    for image in images:
      results.append(__torch__.zsic.pictures.encode_together(m, [image]))
    x = torch.cat(results, 0)
  return __torch__.zsic.timm.project(m, x)
