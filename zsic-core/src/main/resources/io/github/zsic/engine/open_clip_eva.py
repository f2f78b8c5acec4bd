# timm's Eva as OpenCLIP's tower for pictures (timm/models/eva.py): EVA01 and EVA02 (Fang et al., "EVA-02: A Visual
# Representation for Neon Genesis", 2023), and the Perception Encoder (Bolya et al., "Perception Encoder", 2025). Most of
# them turn queries and keys by the position of their patch; EVA02 has a gated feed-forward part with a norm inside.

def is_perception(m: __torch__.zsic.model.Model) -> bool:
  return torch.__contains__(__torch__.zsic.timm.name(m), "_pe_core_")

def eps(m: __torch__.zsic.model.Model) -> float:
  value = 1.0e-06
  if __torch__.zsic.pictures.is_perception(m):
    value = 1.0e-05
  return value

# Whether norms come behind what they else come before.
def norms_behind(m: __torch__.zsic.model.Model) -> bool:
  return torch.__contains__(__torch__.zsic.timm.name(m), "eva02_enormous_")

def rotates(m: __torch__.zsic.model.Model) -> bool:
  called = __torch__.zsic.timm.name(m)
  return __torch__.zsic.pictures.is_perception(m) or torch.__contains__(called, "eva02_base_") or torch.__contains__(called, "eva02_large_")

# Attention pooling has other heads than the layers.
def pooling_heads() -> int:
  return 8

def count(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.stored_blocks(m, "visual.trunk.blocks.", ".norm1.weight")

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  before = len(found)
  __torch__.zsic.timm.transformer_problems(m, found)
  if len(found) == before:
    width = __torch__.zsic.timm.width(m)
    if __torch__.zsic.pictures.rotates(m) and width // __torch__.zsic.timm.heads(m) % 4 != 0:
      found.append("heads of " + str(width // __torch__.zsic.timm.heads(m)) + " numbers cannot be turned in two directions")
    if __torch__.zsic.timm.pool(m) == "map" and width % __torch__.zsic.pictures.pooling_heads() != 0:
      found.append("the width of the vision tower is " + str(width) + ", no multiple of 8")
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  width = __torch__.zsic.timm.width(m)
  inner = __torch__.zsic.layers.stored_size(m, "visual.trunk.blocks.0.mlp.fc2.weight", 1)
  for i in range(__torch__.zsic.pictures.count(m)):
    block = "visual.trunk.blocks." + str(i) + "."
    for norm in ["norm1", "norm2"]:
      __torch__.zsic.layers.norm_shapes(shapes, block + norm, width)
    for norm in ["attn.norm", "mlp.norm"]:
      for suffix in [".weight", ".bias"]:
        size = width
        if norm == "mlp.norm":
          size = inner
        __torch__.zsic.layers.optional_shape(m, shapes, block + norm + suffix, [size])
    if torch.__contains__(m.stored, block + "attn.qkv.weight"):
      shapes[block + "attn.qkv.weight"] = [3 * width, width]
    else:
      for name in ["q", "k", "v"]:
        shapes[block + "attn." + name + "_proj.weight"] = [width, width]
    __torch__.zsic.layers.optional_shape(m, shapes, block + "attn.qkv.bias", [3 * width])
    for bias in ["attn.q_bias", "attn.v_bias", "attn.q_proj.bias", "attn.v_proj.bias", "gamma_1", "gamma_2"]:
      __torch__.zsic.layers.optional_shape(m, shapes, block + bias, [width])
    __torch__.zsic.layers.linear_shapes(shapes, block + "attn.proj", width, width)
    if torch.__contains__(m.stored, block + "mlp.fc1_g.weight"):
      for name in ["mlp.fc1_g", "mlp.fc1_x"]:
        __torch__.zsic.layers.linear_shapes(shapes, block + name, inner, width)
    else:
      __torch__.zsic.layers.linear_shapes(shapes, block + "mlp.fc1", inner, width)
    __torch__.zsic.layers.linear_shapes(shapes, block + "mlp.fc2", width, inner)
  __torch__.zsic.timm.transformer_shapes(m, shapes)
  return None

# A tensor, or zeros where the checkpoint does not have it.
def bias(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], names: List[str], size: int) -> Tensor:
  found = torch.zeros([size], dtype=6, device=torch.device(m.device))
  for name in names:
    if torch.__contains__(state, name):
      found = __torch__.zsic.layers.weight(state, name, m.device)
  return found

def layer(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], block: str) -> Dict[str, Tensor]:
  device = m.device
  width = __torch__.zsic.timm.width(m)
  layer = annotate(Dict[str, Tensor], {})
  if torch.__contains__(state, block + "attn.qkv.weight"):
    layer["qkv.weight"] = __torch__.zsic.layers.weight(state, block + "attn.qkv.weight", device)
  else:
    parts = annotate(List[Tensor], [])
    for name in ["q", "k", "v"]:
      parts.append(__torch__.zsic.layers.borrowed(state, block + "attn." + name + "_proj.weight", device))
    layer["qkv.weight"] = torch.cat(parts, 0)
  if torch.__contains__(state, block + "attn.qkv.bias"):
    layer["qkv.bias"] = __torch__.zsic.layers.weight(state, block + "attn.qkv.bias", device)
  else:
    q = __torch__.zsic.pictures.bias(m, state, [block + "attn.q_bias", block + "attn.q_proj.bias"], width)
    v = __torch__.zsic.pictures.bias(m, state, [block + "attn.v_bias", block + "attn.v_proj.bias"], width)
    layer["qkv.bias"] = torch.cat([q, torch.zeros_like(q), v], 0)
  for suffix in [".weight", ".bias"]:
    layer["out_proj" + suffix] = __torch__.zsic.layers.weight(state, block + "attn.proj" + suffix, device)
    layer["mlp.fc2" + suffix] = __torch__.zsic.layers.weight(state, block + "mlp.fc2" + suffix, device)
    for name in ["norm1", "norm2", "attn.norm", "mlp.norm"]:
      if torch.__contains__(state, block + name + suffix):
        layer[name + suffix] = __torch__.zsic.layers.weight(state, block + name + suffix, device)
    if torch.__contains__(state, block + "mlp.fc1_g.weight"):
      gate = __torch__.zsic.layers.borrowed(state, block + "mlp.fc1_g" + suffix, device)
      layer["mlp.gated" + suffix] = torch.cat([gate, __torch__.zsic.layers.borrowed(state, block + "mlp.fc1_x" + suffix, device)], 0)
    else:
      layer["mlp.fc1" + suffix] = __torch__.zsic.layers.weight(state, block + "mlp.fc1" + suffix, device)
  __torch__.zsic.layers.scale_output(state, block + "gamma_1", layer, "out_proj", device)
  __torch__.zsic.layers.scale_output(state, block + "gamma_2", layer, "mlp.fc2", device)
  if torch.__contains__(layer, "mlp.fc1.weight"):
    __torch__.zsic.layers.pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", "gelu")
  __torch__.zsic.layers.pack_layer(m, layer)
  return layer

# Sine and cosine for each token and number of a head, [2, tokens, size]: the first half of a head is turned by the row of
# the patch, the second by its column, in the Perception Encoder the other way round; tokens before the patches are not.
# Distances are those of the pictures that a model was first trained with.
def turns(m: __torch__.zsic.model.Model) -> Tensor:
  size = __torch__.zsic.timm.width(m) // __torch__.zsic.timm.heads(m)
  grid = __torch__.zsic.timm.grid(m)
  steps = torch.to(torch.arange(grid, dtype=4), 6, False, False)
  perception = __torch__.zsic.pictures.is_perception(m)
  if perception and __torch__.zsic.timm.prefix(m) > 0:
    steps = steps + 1.
  if not perception:
    steps = steps / float(grid) * 16.
  exponents = torch.to(torch.arange(size // 4, dtype=4), 6, False, False) / float(size // 4)
  bands = torch.reciprocal(torch.exp(exponents * 9.210340371976184))
  angles = torch.mul(torch.unsqueeze(steps, 1), bands)
  rows = torch.expand(torch.unsqueeze(angles, 1), [grid, grid, size // 4])
  columns = torch.expand(torch.unsqueeze(angles, 0), [grid, grid, size // 4])
  parts = [rows, columns]
  if perception:
    parts = [columns, rows]
  # Each angle is that of two numbers that lie side by side.
  both = torch.reshape(torch.cat(parts, -1), [grid * grid, size // 2, 1])
  both = torch.reshape(torch.expand(both, [grid * grid, size // 2, 2]), [grid * grid, size])
  still = torch.zeros([__torch__.zsic.timm.prefix(m), size], dtype=6)
  both = torch.cat([still, both], 0)
  return torch.to(torch.stack([torch.sin(both), torch.cos(both)], 0), torch.device(m.device), 6, False, False)

# Each two numbers that lie side by side, as the coordinates of a point, turned.
def turn(x: Tensor, turns: Tensor) -> Tensor:
  pairs = torch.unflatten(torch.to(x, 6, False, False), -1, [x.size(3) // 2, 2])
  across = torch.flatten(torch.stack([torch.neg(torch.select(pairs, -1, 1)), torch.select(pairs, -1, 0)], -1), -2, -1)
  return torch.to(x * turns[1] + across * turns[0], x.dtype, False, False)

def load(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  __torch__.zsic.timm.load_transformer(m, "gelu")
  layers = annotate(List[Dict[str, Tensor]], [])
  for i in range(__torch__.zsic.pictures.count(m)):
    layers.append(__torch__.zsic.pictures.layer(m, state, "visual.trunk.blocks." + str(i) + "."))
  m.layers["vision"] = layers
  if __torch__.zsic.pictures.rotates(m):
    m.weights["visual.turns"] = __torch__.zsic.pictures.turns(m)
  return None

# The feed-forward part of x, before its last product.
def gated(x: Tensor, layer: Dict[str, Tensor], eps: float) -> Tensor:
  parts = torch.chunk(torch.to(__torch__.zsic.layers.linear(x, layer, "mlp.gated"), 6, False, False), 2, -1)
  h = torch.silu(parts[0]) * parts[1]
  if torch.__contains__(layer, "mlp.norm.weight"):
    h = __torch__.zsic.layers.layer_norm(h, layer, "mlp.norm", eps)
  return h

def encode(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  w = m.weights
  eps = __torch__.zsic.pictures.eps(m)
  behind = __torch__.zsic.pictures.norms_behind(m)
  x = __torch__.zsic.timm.embed(m, images, eps)
  layers = m.layers["vision"]
  for i in range(len(layers)):
    layer = layers[i]
    h = x
    if not behind:
      h = __torch__.zsic.layers.layer_norm(x, layer, "norm1", eps)
    qkv = __torch__.zsic.layers.queries_keys_values(h, layer, __torch__.zsic.timm.heads(m), False, None)
    q = qkv[0]
    k = qkv[1]
    if torch.__contains__(w, "visual.turns"):
      q = __torch__.zsic.pictures.turn(q, w["visual.turns"])
      k = __torch__.zsic.pictures.turn(k, w["visual.turns"])
    h = __torch__.zsic.layers.join_heads(__torch__.zsic.layers.attention(q, k, qkv[2], None, False))
    if i == len(layers) - 1:
      positions = __torch__.zsic.timm.counting(m, x)
      h = __torch__.zsic.layers.at(h, positions)
      x = __torch__.zsic.layers.at(x, positions)
    if torch.__contains__(layer, "attn.norm.weight"):
      h = __torch__.zsic.layers.layer_norm(torch.to(h, 6, False, False), layer, "attn.norm", eps)
    if behind:
      h = torch.to(__torch__.zsic.layers.linear(h, layer, "out_proj"), 6, False, False)
      x = x + __torch__.zsic.layers.layer_norm(h, layer, "norm1", eps)
      h = __torch__.zsic.layers.feed_forward(x, torch.zeros_like(x), layer, "mlp.fc1", "mlp.fc2", "gelu")
      x = x + __torch__.zsic.layers.layer_norm(h, layer, "norm2", eps)
    else:
      x = __torch__.zsic.layers.linear_add(h, x, layer, "out_proj", False)
      h = __torch__.zsic.layers.layer_norm(x, layer, "norm2", eps)
      if torch.__contains__(layer, "mlp.gated.weight"):
        h = __torch__.zsic.pictures.gated(h, layer, eps)
        x = __torch__.zsic.layers.linear_add(h, x, layer, "mlp.fc2", False)
      else:
        x = __torch__.zsic.layers.feed_forward(h, x, layer, "mlp.fc1", "mlp.fc2", "gelu")
  return __torch__.zsic.timm.finish(m, x, __torch__.zsic.pictures.pooling_heads(), "gelu", eps)
