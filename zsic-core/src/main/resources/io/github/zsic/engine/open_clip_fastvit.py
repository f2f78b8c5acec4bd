# timm's FastViT as OpenCLIP's tower for pictures, that of MobileCLIP (timm/models/fastvit.py; Vasu et al., "FastViT", 2023).
# It is stored as it was trained, with several branches where one convolution does the same; they become that one when they
# are loaded. Pictures are [batch, rows, columns, channels], so that what is no depthwise convolution is a product.

def trunk() -> str:
  return "visual.trunk."

def stage(i: int) -> str:
  return "visual.trunk.stages." + str(i) + "."

def block(i: int, j: int) -> str:
  return __torch__.zsic.pictures.stage(i) + "blocks." + str(j) + "."

def stages(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.stored_blocks(m, "visual.trunk.stages.", ".blocks.0.mlp.fc1.weight")

def blocks(m: __torch__.zsic.model.Model, i: int) -> int:
  return __torch__.zsic.layers.stored_blocks(m, __torch__.zsic.pictures.stage(i) + "blocks.", ".mlp.fc1.weight")

def has(m: __torch__.zsic.model.Model, name: str) -> bool:
  return torch.__contains__(m.stored, name)

# Parts of each block, and of what is before and behind them: what there is of it tells how it is made, so that what there
# must be is asked for by name.
def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  before = len(found)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, "model_cfg.vision_cfg.image_size", 1, 1000000)
  needed = ["visual.trunk.final_conv.conv_kxk.0.conv.weight", "visual.trunk.head.fc.weight"]
  for i in range(3):
    needed.append("visual.trunk.stem." + str(i) + ".conv_kxk.0.conv.weight")
  for i in range(__torch__.zsic.pictures.stages(m)):
    if i > 0:
      needed.append(__torch__.zsic.pictures.stage(i) + "downsample.proj.0.large_conv.conv.weight")
      needed.append(__torch__.zsic.pictures.stage(i) + "downsample.proj.1.conv_kxk.0.conv.weight")
    for j in range(__torch__.zsic.pictures.blocks(m, i)):
      block = __torch__.zsic.pictures.block(i, j)
      needed.append(block + "mlp.conv.conv.weight")
      if __torch__.zsic.pictures.has(m, block + "token_mixer.qkv.weight"):
        needed.append(block + "norm.weight")
        needed.append(block + "token_mixer.proj.weight")
      else:
        needed.append(block + "token_mixer.mixer.conv_kxk.0.conv.weight")
        needed.append(block + "token_mixer.norm.identity.weight")
  for name in needed:
    if not __torch__.zsic.pictures.has(m, name):
      found.append("the weights have no '" + name + "'")
  for name in m.stored:
    # The parts of a batch norm go together.
    if torch.startswith(name, "visual.trunk.", 0, -1) and torch.endswith(name, ".running_mean", 0, -1):
      norm = torch.slice(name, 0, len(name) - 13, 1)
      for part in [".weight", ".bias", ".running_var"]:
        if not __torch__.zsic.pictures.has(m, norm + part):
          found.append("the weights have no '" + norm + part + "'")
  if __torch__.zsic.pictures.stages(m) == 0:
    found.append("the weights have no 'visual.trunk.stages.0.blocks.0.mlp.fc1.weight'")
  if len(found) == before:
    __torch__.zsic.layers.check_picture(found, m.processing, __torch__.zsic.timm.image_size(m))
    __torch__.zsic.timm.problems(m, found, __torch__.zsic.layers.stored_size(m, "visual.trunk.head.fc.weight", 1))
  return None

# All of the trunk, in the shapes that it has.
def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  for name in m.stored:
    if torch.startswith(name, "visual.trunk.", 0, -1) and not torch.endswith(name, ".num_batches_tracked", 0, -1):
      shapes[name] = m.stored[name]
  return None

def read(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], name: str) -> Tensor:
  return __torch__.zsic.layers.weight(state, name, m.device)

# By what a batch norm multiplies, and what it adds.
def norm(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], name: str) -> List[Tensor]:
  scale = __torch__.zsic.pictures.read(m, state, name + ".weight")
  shift = __torch__.zsic.pictures.read(m, state, name + ".bias")
  if torch.__contains__(state, name + ".running_var"):
    scale = scale * torch.rsqrt(__torch__.zsic.pictures.read(m, state, name + ".running_var") + 1.0e-05)
    shift = shift - __torch__.zsic.pictures.read(m, state, name + ".running_mean") * scale
  return [scale, shift]

# A kernel [out, in, rows, columns] in the middle of a larger one.
def widen(kernel: Tensor, side: int) -> Tensor:
  gap = (side - kernel.size(2)) // 2
  return torch.constant_pad_nd(kernel, [gap, gap, gap, gap], 0)

# A convolution and the batch norm behind it, as a kernel of a size and a bias.
def branch(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], name: str, side: int) -> List[Tensor]:
  affine = __torch__.zsic.pictures.norm(m, state, name + ".bn")
  kernel = __torch__.zsic.pictures.read(m, state, name + ".conv.weight") * torch.view(affine[0], [-1, 1, 1, 1])
  return [__torch__.zsic.pictures.widen(kernel, side), affine[1]]

# What leaves a picture as it is but for a factor of each channel, as a kernel like another one.
def unity(scale: Tensor, like: Tensor) -> Tensor:
  if like.size(1) == 1:
    kernel = torch.view(scale, [-1, 1, 1, 1])
  else:
    kernel = torch.view(torch.diag(scale), [scale.size(0), scale.size(0), 1, 1])
  return __torch__.zsic.pictures.widen(kernel, like.size(2))

# MobileOneBlock: all branches as one.
def together(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], name: str) -> List[Tensor]:
  side = __torch__.zsic.layers.stored_size(m, name + "conv_kxk.0.conv.weight", 2)
  sum = __torch__.zsic.pictures.branch(m, state, name + "conv_kxk.0", side)
  for i in range(1, __torch__.zsic.layers.stored_blocks(m, name + "conv_kxk.", ".conv.weight")):
    more = __torch__.zsic.pictures.branch(m, state, name + "conv_kxk." + str(i), side)
    sum = [sum[0] + more[0], sum[1] + more[1]]
  if torch.__contains__(state, name + "conv_scale.conv.weight"):
    more = __torch__.zsic.pictures.branch(m, state, name + "conv_scale", side)
    sum = [sum[0] + more[0], sum[1] + more[1]]
  if torch.__contains__(state, name + "identity.weight"):
    affine = __torch__.zsic.pictures.norm(m, state, name + "identity")
    sum = [sum[0] + __torch__.zsic.pictures.unity(affine[0], sum[0]), sum[1] + affine[1]]
  return sum

# Keeps a convolution; one of a single pixel is a product.
def keep(m: __torch__.zsic.model.Model, layer: Dict[str, Tensor], name: str, made: List[Tensor]) -> NoneType:
  layer[name + ".bias"] = made[1]
  if made[0].size(2) == 1:
    layer[name + ".weight"] = torch.flatten(made[0], 1, -1)
    __torch__.zsic.layers.pack(m, layer, name, True)
  else:
    layer[name + ".weight"] = torch.contiguous(made[0])
    if m.checked and made[0].size(1) == 1:
      __torch__.zsic.checks.convolution(m, layer[name + ".weight"], made[0].size(0))
  return None

# What weighs the channels by what they hold, if there is that.
def keep_excitation(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], layer: Dict[str, Tensor], name: str, source: str) -> NoneType:
  if torch.__contains__(state, source + "se.fc1.weight"):
    for part in ["fc1", "fc2"]:
      layer[name + "." + part + ".weight"] = torch.flatten(__torch__.zsic.pictures.read(m, state, source + "se." + part + ".weight"), 1, -1)
      layer[name + "." + part + ".bias"] = __torch__.zsic.pictures.read(m, state, source + "se." + part + ".bias")
  return None

def gamma(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], name: str, size: int) -> Tensor:
  found = torch.ones([size], dtype=6, device=torch.device(m.device))
  if torch.__contains__(state, name + ".gamma"):
    found = torch.flatten(__torch__.zsic.pictures.read(m, state, name + ".gamma"), 0, -1)
  return found

def load_block(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], block: str, attends: bool) -> Dict[str, Tensor]:
  layer = annotate(Dict[str, Tensor], {})
  for name in ["mlp.fc1", "mlp.fc2"]:
    layer[name + ".weight"] = torch.flatten(__torch__.zsic.pictures.read(m, state, block + name + ".weight"), 1, -1)
    layer[name + ".bias"] = __torch__.zsic.pictures.read(m, state, block + name + ".bias")
  width = layer["mlp.fc2.weight"].size(0)
  last = block + "layer_scale"
  if attends:
    last = block + "layer_scale_2"
    layer["qkv.weight"] = __torch__.zsic.pictures.read(m, state, block + "token_mixer.qkv.weight")
    layer["qkv.bias"] = torch.zeros([3 * width], dtype=6, device=torch.device(m.device))
    affine = __torch__.zsic.pictures.norm(m, state, block + "norm")
    if torch.__contains__(state, block + "norm.running_mean"):
      layer["qkv.bias"] = torch.mv(layer["qkv.weight"], affine[1])
      layer["qkv.weight"] = layer["qkv.weight"] * affine[0]
    else:
      layer["norm.weight"] = affine[0]
      layer["norm.bias"] = affine[1]
    scale = __torch__.zsic.pictures.gamma(m, state, block + "layer_scale_1", width)
    layer["out_proj.weight"] = __torch__.zsic.pictures.read(m, state, block + "token_mixer.proj.weight") * torch.unsqueeze(scale, 1)
    layer["out_proj.bias"] = __torch__.zsic.pictures.read(m, state, block + "token_mixer.proj.bias") * scale
  else:
    scale = __torch__.zsic.pictures.gamma(m, state, block + "token_mixer.layer_scale", width)
    mixer = __torch__.zsic.pictures.together(m, state, block + "token_mixer.mixer.")
    affine = __torch__.zsic.pictures.norm(m, state, block + "token_mixer.norm.identity")
    kernel = (mixer[0] - __torch__.zsic.pictures.unity(affine[0], mixer[0])) * torch.view(scale, [-1, 1, 1, 1])
    kernel = kernel + __torch__.zsic.pictures.unity(torch.ones_like(scale), mixer[0])
    __torch__.zsic.pictures.keep(m, layer, "mixer", [kernel, (mixer[1] - affine[1]) * scale])
  side = __torch__.zsic.layers.stored_size(m, block + "mlp.conv.conv.weight", 2)
  __torch__.zsic.pictures.keep(m, layer, "mlp.conv", __torch__.zsic.pictures.branch(m, state, block + "mlp.conv", side))
  scale = __torch__.zsic.pictures.gamma(m, state, last, width)
  layer["mlp.fc2.weight"] = layer["mlp.fc2.weight"] * torch.unsqueeze(scale, 1)
  layer["mlp.fc2.bias"] = layer["mlp.fc2.bias"] * scale
  __torch__.zsic.layers.pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", "gelu")
  for name in ["mlp.fc1", "mlp.fc2"]:
    __torch__.zsic.layers.pack(m, layer, name, True)
  if attends:
    for name in ["qkv", "out_proj"]:
      __torch__.zsic.layers.pack(m, layer, name, True)
  return layer

def load(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  w = annotate(Dict[str, Tensor], {})
  for i in range(3):
    name = "stem." + str(i)
    __torch__.zsic.pictures.keep(m, w, name, __torch__.zsic.pictures.together(m, state, "visual.trunk." + name + "."))
  mixing = annotate(List[Dict[str, Tensor]], [])
  attending = annotate(List[Dict[str, Tensor]], [])
  for i in range(__torch__.zsic.pictures.stages(m)):
    source = __torch__.zsic.pictures.stage(i)
    down = "down." + str(i)
    if i > 0:
      large = source + "downsample.proj.0.large_conv"
      side = __torch__.zsic.layers.stored_size(m, large + ".conv.weight", 2)
      made = __torch__.zsic.pictures.branch(m, state, large, side)
      small = source + "downsample.proj.0.small_conv"
      if torch.__contains__(state, small + ".conv.weight"):
        more = __torch__.zsic.pictures.branch(m, state, small, side)
        made = [made[0] + more[0], made[1] + more[1]]
      __torch__.zsic.pictures.keep(m, w, down + ".0", made)
      __torch__.zsic.pictures.keep_excitation(m, state, w, down + ".se", source + "downsample.proj.0.")
      __torch__.zsic.pictures.keep(m, w, down + ".1", __torch__.zsic.pictures.together(m, state, source + "downsample.proj.1."))
    if torch.__contains__(state, source + "pos_emb.pos_enc.weight"):
      kernel = __torch__.zsic.pictures.read(m, state, source + "pos_emb.pos_enc.weight")
      bias = __torch__.zsic.pictures.read(m, state, source + "pos_emb.pos_enc.bias")
      __torch__.zsic.pictures.keep(m, w, "positions." + str(i), [kernel + __torch__.zsic.pictures.unity(torch.ones_like(bias), kernel), bias])
    for j in range(__torch__.zsic.pictures.blocks(m, i)):
      block = __torch__.zsic.pictures.block(i, j)
      attends = torch.__contains__(state, block + "token_mixer.qkv.weight")
      layer = __torch__.zsic.pictures.load_block(m, state, block, attends)
      if attends:
        attending.append(layer)
      else:
        mixing.append(layer)
  last = "visual.trunk.final_conv."
  __torch__.zsic.pictures.keep(m, w, "final", __torch__.zsic.pictures.together(m, state, last))
  __torch__.zsic.pictures.keep_excitation(m, state, w, "final.se", last)
  if len(mixing) > 0:
    m.layers["mixing"] = mixing
  if len(attending) > 0:
    m.layers["attending"] = attending
  # What the branches were.
  names = annotate(List[str], [])
  for name in m.weights:
    if torch.startswith(name, "visual.trunk.", 0, -1) and not torch.startswith(name, "visual.trunk.head.", 0, -1):
      names.append(name)
  for name in names:
    torch.pop(m.weights, name)
  for name in w:
    m.weights["visual." + name] = w[name]
  return None

# A convolution of x [batch, rows, columns, channels].
def convolve(x: Tensor, weights: Dict[str, Tensor], name: str, stride: int) -> Tensor:
  weight = weights[name + ".weight"]
  if torch.__contains__(weights, name + ".outputs") or torch.dim(weight) == 2:
    y = torch.to(__torch__.zsic.layers.linear(x, weights, name), 6, False, False)
  else:
    groups = x.size(3) // weight.size(1)
    y = __torch__.zsic.layers.convolve(torch.permute(x, [0, 3, 1, 2]), weight, weights[name + ".bias"], stride, weight.size(2) // 2, groups)
    y = torch.contiguous(torch.permute(y, [0, 2, 3, 1]))
  return y

def excite(x: Tensor, w: Dict[str, Tensor], name: str) -> Tensor:
  if torch.__contains__(w, name + ".fc1.weight"):
    s = torch.mean(x, [1, 2], False)
    s = torch.relu_(torch.linear(s, w[name + ".fc1.weight"], w[name + ".fc1.bias"]))
    s = torch.sigmoid(torch.linear(s, w[name + ".fc2.weight"], w[name + ".fc2.bias"]))
    x = x * torch.view(s, [x.size(0), 1, 1, x.size(3)])
  return x

def gelu(x: Tensor) -> Tensor:
  return torch.gelu_(x, approximate="none")

def attend(x: Tensor, layer: Dict[str, Tensor]) -> Tensor:
  tokens = torch.flatten(x, 1, 2)
  h = tokens
  if torch.__contains__(layer, "norm.weight"):
    h = __torch__.zsic.layers.layer_norm(h, layer, "norm", 1.0e-05)
  h = __torch__.zsic.layers.self_attention(h, layer, x.size(3) // 32, False, None)
  return torch.view_as(__torch__.zsic.layers.linear_add(h, tokens, layer, "out_proj", False), x)

def encode_together(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  w = m.weights
  x = torch.permute(__torch__.zsic.layers.pixel_values(images, m.processing, m.device), [0, 2, 3, 1])
  for i in range(3):
    stride = 2
    if i == 2:
      stride = 1
    x = __torch__.zsic.pictures.gelu(__torch__.zsic.pictures.convolve(x, w, "visual.stem." + str(i), stride))
  mixed = 0
  attended = 0
  for i in range(__torch__.zsic.pictures.stages(m)):
    down = "visual.down." + str(i)
    if i > 0:
      x = __torch__.zsic.pictures.excite(__torch__.zsic.pictures.convolve(x, w, down + ".0", 2), w, down + ".se")
      x = __torch__.zsic.pictures.convolve(__torch__.zsic.pictures.gelu(x), w, down + ".1", 1)
      x = __torch__.zsic.pictures.gelu(x)
    if torch.__contains__(w, "visual.positions." + str(i) + ".weight"):
      x = __torch__.zsic.pictures.convolve(x, w, "visual.positions." + str(i), 1)
    for j in range(__torch__.zsic.pictures.blocks(m, i)):
      if __torch__.zsic.pictures.has(m, __torch__.zsic.pictures.block(i, j) + "token_mixer.qkv.weight"):
        layer = m.layers["attending"][attended]
        attended = attended + 1
        x = __torch__.zsic.pictures.attend(x, layer)
      else:
        layer = m.layers["mixing"][mixed]
        mixed = mixed + 1
        x = __torch__.zsic.pictures.convolve(x, layer, "mixer", 1)
      h = __torch__.zsic.pictures.convolve(x, layer, "mlp.conv", 1)
      x = __torch__.zsic.layers.feed_forward(h, x, layer, "mlp.fc1", "mlp.fc2", "gelu")
  x = __torch__.zsic.pictures.excite(__torch__.zsic.pictures.convolve(x, w, "visual.final", 1), w, "visual.final.se")
  return torch.mean(__torch__.zsic.pictures.gelu(x), [1, 2], False)

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
