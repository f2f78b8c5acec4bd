# What timm's vision transformers have in common as OpenCLIP's towers for pictures (timm/models/vision_transformer.py and
# eva.py): patches and positions before the layers, norms and pooling behind them. And what OpenCLIP puts behind a tower of
# timm (src/open_clip/timm_model.py): nothing, a projection, or two with an activation between them; or timm's own projection.

def name(m: __torch__.zsic.model.Model) -> str:
  return __torch__.zsic.layers.text(m.names, "model_cfg.vision_cfg.timm_model_name", "")

# Which no tensor tells.
def heads(m: __torch__.zsic.model.Model) -> int:
  called = __torch__.zsic.timm.name(m)
  count = 16
  if torch.__contains__(called, "_base_"):
    count = 12
  elif torch.__contains__(called, "_medium_"):
    count = 8
  elif torch.__contains__(called, "_small_"):
    count = 6
  elif torch.__contains__(called, "_tiny_"):
    count = 3
  return count

# "map", "token" or "avg". Where the configuration leaves it to the model, those without a class token average.
def pool(m: __torch__.zsic.model.Model) -> str:
  kind = __torch__.zsic.layers.text(m.names, "model_cfg.vision_cfg.timm_pool", "avg")
  if kind == "":
    kind = "token"
    if not torch.__contains__(m.stored, "visual.trunk.cls_token"):
      kind = "avg"
    if torch.__contains__(m.stored, "visual.trunk.attn_pool.latent"):
      kind = "map"
  return kind

def image_size(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "model_cfg.vision_cfg.image_size", 224)

# Patches are made in one step, or, in MobileCLIP, in several.
def steps() -> str:
  return "visual.trunk.patch_embed.backbone."

def count_steps(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.stored_blocks(m, __torch__.zsic.timm.steps(), ".conv.weight")

# The last step.
def patches_name(m: __torch__.zsic.model.Model) -> str:
  found = "visual.trunk.patch_embed.proj"
  count = __torch__.zsic.timm.count_steps(m)
  if count > 0:
    found = __torch__.zsic.timm.steps() + str(count - 1) + ".conv"
  return found

def width(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.stored_size(m, __torch__.zsic.timm.patches_name(m) + ".weight", 0)

def patch(m: __torch__.zsic.model.Model) -> int:
  side = 1
  count = __torch__.zsic.timm.count_steps(m)
  for i in range(count):
    side = side * __torch__.zsic.layers.stored_size(m, __torch__.zsic.timm.steps() + str(i) + ".conv.weight", 2)
  if count == 0:
    side = __torch__.zsic.layers.stored_size(m, "visual.trunk.patch_embed.proj.weight", 2)
  return side

def grid(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.timm.image_size(m) // __torch__.zsic.timm.patch(m)

# How many tokens are before those of the patches.
def prefix(m: __torch__.zsic.model.Model) -> int:
  count = 0
  if torch.__contains__(m.stored, "visual.trunk.cls_token"):
    count = 1
  return count

# What is wrong with a vision transformer of timm.
def transformer_problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  before = len(found)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, "model_cfg.vision_cfg.image_size", 1, 1000000)
  __torch__.zsic.layers.check_stored(m, found, __torch__.zsic.timm.patches_name(m) + ".weight", 4)
  __torch__.zsic.layers.check_stored(m, found, "visual.trunk.blocks.0.mlp.fc2.weight", 2)
  kind = __torch__.zsic.timm.pool(m)
  if kind != "map" and kind != "token" and kind != "avg":
    found.append("model_cfg.vision_cfg.timm_pool is '" + kind + "', and zsic has 'map', 'token' and 'avg'")
  if len(found) == before:
    heads = __torch__.zsic.timm.heads(m)
    if __torch__.zsic.timm.width(m) % heads != 0:
      found.append("the width of the vision tower is " + str(__torch__.zsic.timm.width(m)) + ", no multiple of the " + str(heads) + " heads of " + __torch__.zsic.timm.name(m))
    __torch__.zsic.layers.check_picture(found, m.processing, __torch__.zsic.timm.image_size(m))
    __torch__.zsic.timm.problems(m, found, __torch__.zsic.timm.width(m))
  return None

# All but the layers.
def transformer_shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  width = __torch__.zsic.timm.width(m)
  patch = __torch__.zsic.timm.patch(m)
  grid = __torch__.zsic.timm.grid(m)
  last = __torch__.zsic.timm.patches_name(m)
  tokens = grid * grid + __torch__.zsic.timm.prefix(m)
  if __torch__.zsic.timm.count_steps(m) == 0:
    shapes[last + ".weight"] = [width, 3, patch, patch]
  else:
    __torch__.zsic.timm.steps_shapes(m, shapes)
    tokens = grid * grid
  __torch__.zsic.layers.optional_shape(m, shapes, last + ".bias", [width])
  __torch__.zsic.layers.optional_shape(m, shapes, "visual.trunk.cls_token", [1, 1, width])
  shapes["visual.trunk.pos_embed"] = [1, tokens, width]
  for norm in ["norm_pre", "norm", "fc_norm"]:
    if torch.__contains__(m.stored, "visual.trunk." + norm + ".weight"):
      __torch__.zsic.layers.norm_shapes(shapes, "visual.trunk." + norm, width)
  if __torch__.zsic.timm.pool(m) == "map":
    head = "visual.trunk.attn_pool."
    inner = __torch__.zsic.layers.stored_size(m, head + "mlp.fc1.weight", 0)
    shapes[head + "latent"] = [1, 1, width]
    __torch__.zsic.layers.linear_shapes(shapes, head + "q", width, width)
    __torch__.zsic.layers.linear_shapes(shapes, head + "kv", 2 * width, width)
    __torch__.zsic.layers.linear_shapes(shapes, head + "proj", width, width)
    __torch__.zsic.layers.norm_shapes(shapes, head + "norm", width)
    __torch__.zsic.layers.linear_shapes(shapes, head + "mlp.fc1", inner, width)
    __torch__.zsic.layers.linear_shapes(shapes, head + "mlp.fc2", width, inner)
  __torch__.zsic.timm.shapes(m, shapes, width)
  return None

# Each step but the last has a batch norm behind it.
def steps_shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  count = __torch__.zsic.timm.count_steps(m)
  channels = 3
  for i in range(count):
    step = __torch__.zsic.timm.steps() + str(i)
    width = __torch__.zsic.layers.stored_size(m, step + ".conv.weight", 0)
    side = __torch__.zsic.layers.stored_size(m, step + ".conv.weight", 2)
    shapes[step + ".conv.weight"] = [width, channels, side, side]
    if i < count - 1:
      for part in ["weight", "bias", "running_mean", "running_var"]:
        shapes[step + ".bn." + part] = [width]
    channels = width
  return None

def load_steps(m: __torch__.zsic.model.Model) -> NoneType:
  w = m.weights
  for i in range(__torch__.zsic.timm.count_steps(m)):
    step = __torch__.zsic.timm.steps() + str(i)
    if torch.__contains__(w, step + ".bn.weight"):
      scale = torch.pop(w, step + ".bn.weight") * torch.rsqrt(torch.pop(w, step + ".bn.running_var") + 1.0e-05)
      w[step + ".conv.weight"] = w[step + ".conv.weight"] * torch.view(scale, [-1, 1, 1, 1])
      w[step + ".conv.bias"] = torch.pop(w, step + ".bn.bias") - torch.pop(w, step + ".bn.running_mean") * scale
    w[step + ".conv.weight"] = __torch__.zsic.layers.square_kernel(w[step + ".conv.weight"])
    __torch__.zsic.layers.pack(m, w, step + ".conv", False)
  return None

def make_patches(m: __torch__.zsic.model.Model, pixels: Tensor) -> Tensor:
  count = __torch__.zsic.timm.count_steps(m)
  x = torch.permute(pixels, [0, 2, 3, 1])
  for i in range(count):
    step = __torch__.zsic.timm.steps() + str(i) + ".conv"
    x = __torch__.zsic.layers.squares(x, __torch__.zsic.layers.stored_size(m, step + ".weight", 2))
    x = torch.to(__torch__.zsic.layers.linear(x, m.weights, step), 6, False, False)
    if i < count - 1:
      x = torch.gelu_(x, approximate="none")
  return torch.flatten(x, 1, 2)

def load_transformer(m: __torch__.zsic.model.Model, kind: str) -> NoneType:
  w = m.weights
  if __torch__.zsic.timm.count_steps(m) > 0:
    __torch__.zsic.timm.load_steps(m)
  else:
    __torch__.zsic.layers.pack_patches(m, w, "visual.trunk.patch_embed.proj")
  head = "visual.trunk.attn_pool."
  if torch.__contains__(w, head + "latent"):
    __torch__.zsic.layers.pack_latent(m, head)
    __torch__.zsic.layers.pack_feed_forward(m, w, head + "mlp.fc1", head + "mlp.fc2", kind)
    for name in ["mlp.fc1", "mlp.fc2"]:
      __torch__.zsic.layers.pack(m, w, head + name, True)
  return None

# Patches with their positions, as the first layer gets them.
def embed(m: __torch__.zsic.model.Model, images: List[Tensor], eps: float) -> Tensor:
  w = m.weights
  x = __torch__.zsic.layers.pixel_values(images, m.processing, m.device)
  if __torch__.zsic.timm.count_steps(m) > 0:
    x = __torch__.zsic.timm.make_patches(m, x)
  else:
    x = __torch__.zsic.layers.patches(x, w, "visual.trunk.patch_embed.proj", __torch__.zsic.timm.patch(m))
  # Where there are positions for patches alone, the class token has none.
  positions = w["visual.trunk.pos_embed"]
  if positions.size(1) == x.size(1):
    x = x + positions
  if torch.__contains__(w, "visual.trunk.cls_token"):
    x = __torch__.zsic.layers.with_class_token(x, w["visual.trunk.cls_token"])
  if positions.size(1) != x.size(1) - __torch__.zsic.timm.prefix(m):
    x = x + positions
  if torch.__contains__(w, "visual.trunk.norm_pre.weight"):
    x = __torch__.zsic.layers.layer_norm(x, w, "visual.trunk.norm_pre", eps)
  return x

# Which token of each is all that counts behind the last layer, if one is.
def counting(m: __torch__.zsic.model.Model, x: Tensor) -> Optional[Tensor]:
  positions = annotate(Optional[Tensor], None)
  if __torch__.zsic.timm.pool(m) == "token":
    positions = __torch__.zsic.layers.first(x)
  return positions

# What the layers give in the shared space: [batch, width] of the token that counts, or all tokens.
def finish(m: __torch__.zsic.model.Model, x: Tensor, heads: int, kind: str, eps: float) -> Tensor:
  w = m.weights
  pool = __torch__.zsic.timm.pool(m)
  if torch.__contains__(w, "visual.trunk.norm.weight"):
    x = __torch__.zsic.layers.layer_norm(x, w, "visual.trunk.norm", eps)
  if pool == "map":
    head = "visual.trunk.attn_pool."
    x = __torch__.zsic.layers.attention_pooling(x, w, head, heads, None)
    h = __torch__.zsic.layers.layer_norm(x, w, head + "norm", eps)
    x = __torch__.zsic.layers.feed_forward(h, x, w, head + "mlp.fc1", head + "mlp.fc2", kind)
  elif pool == "avg":
    prefix = __torch__.zsic.timm.prefix(m)
    x = torch.mean(torch.narrow(x, 1, prefix, x.size(1) - prefix), [1], False)
  if torch.__contains__(w, "visual.trunk.fc_norm.weight"):
    x = __torch__.zsic.layers.layer_norm(x, w, "visual.trunk.fc_norm", eps)
  return __torch__.zsic.timm.project(m, x)

# The projection that the checkpoint has, "" if none.
def projection(m: __torch__.zsic.model.Model) -> str:
  found = ""
  for name in ["visual.head.proj", "visual.trunk.head", "visual.trunk.head.fc"]:
    if torch.__contains__(m.stored, name + ".weight"):
      found = name
  return found

def problems(m: __torch__.zsic.model.Model, found: List[str], width: int) -> NoneType:
  made = width
  mlp = __torch__.zsic.layers.stored_size(m, "visual.head.mlp.fc2.weight", 0)
  name = __torch__.zsic.timm.projection(m)
  if mlp > 0:
    made = mlp
  elif name != "":
    made = __torch__.zsic.layers.stored_size(m, name + ".weight", 0)
  dimension = __torch__.zsic.architecture.dimension(m)
  if made != dimension:
    found.append("the vision tower makes embeddings of " + str(made) + " numbers, but model_cfg.embed_dim is " + str(dimension))
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]], width: int) -> NoneType:
  dimension = __torch__.zsic.architecture.dimension(m)
  inner = __torch__.zsic.layers.stored_size(m, "visual.head.mlp.fc1.weight", 0)
  name = __torch__.zsic.timm.projection(m)
  if inner > 0:
    __torch__.zsic.layers.linear_shapes(shapes, "visual.head.mlp.fc1", inner, width)
    shapes["visual.head.mlp.fc2.weight"] = [dimension, inner]
    __torch__.zsic.layers.optional_shape(m, shapes, "visual.head.mlp.fc2.bias", [dimension])
  elif name != "":
    shapes[name + ".weight"] = [dimension, width]
    __torch__.zsic.layers.optional_shape(m, shapes, name + ".bias", [dimension])
  return None

# What the tower has found, [batch, width], in the shared space.
def project(m: __torch__.zsic.model.Model, x: Tensor) -> Tensor:
  w = m.weights
  name = __torch__.zsic.timm.projection(m)
  if torch.__contains__(w, "visual.head.mlp.fc1.weight"):
    x = __torch__.zsic.layers.project(x, w["visual.head.mlp.fc1.weight"]) + w["visual.head.mlp.fc1.bias"]
    x = torch.gelu_(x, approximate="none")
    name = "visual.head.mlp.fc2"
  if name != "":
    x = __torch__.zsic.layers.project(x, w[name + ".weight"])
    if torch.__contains__(w, name + ".bias"):
      x = x + w[name + ".bias"]
  return x
