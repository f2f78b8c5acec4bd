# TIPSv2 (Google DeepMind, "TIPSv2: Advancing Vision-Language Pretraining with Enhanced Patch-Text
# Alignment", 2026): models/tipsv2/modeling_tipsv2.py and configuration_tipsv2.py of transformers. A
# DINOv2 with registers for pictures, whose class token is the embedding, and the mean of all tokens for
# texts. The names of the tensors are the published ones, which transformers renames when it loads and
# writes again.

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  vision = "vision_config."
  text = "text_config."
  __torch__.zsic.layers.check_tower(found, m.config, m.names, vision, 768, 12, "gelu")
  __torch__.zsic.layers.check_sizes(found, m.config, m.names, text, 768, 12)
  if __torch__.zsic.layers.text(m.names, text + "hidden_act", "relu") != "relu":
    found.append("text_config.hidden_act is '" + m.names[text + "hidden_act"] + "', and zsic has 'relu'")
  for name in [vision + "image_size", vision + "patch_size", text + "max_position_embeddings"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, name, 1, 1000000)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, text + "vocab_size", 1, 1000000000)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, vision + "num_register_tokens", 0, 1000)
  for name in [vision + "mlp_ratio", "temperature_init_value"]:
    if __torch__.zsic.layers.number(m.config, name, 1.) <= 0. or torch.__contains__(m.names, name):
      found.append(name + " is no positive number")
  if len(found) == 0:
    width = __torch__.zsic.layers.integer(m.config, vision + "hidden_size", 768)
    width0 = __torch__.zsic.layers.integer(m.config, text + "hidden_size", 768)
    if width != width0:
      found.append("text_config.hidden_size is " + str(width0) + ", but vision_config.hidden_size is " + str(width))
    if width < 4:
      found.append("text_config.hidden_size " + str(width) + " is too small for the position embeddings")
    patch = __torch__.zsic.layers.integer(m.config, vision + "patch_size", 14)
    size = __torch__.zsic.layers.check_fixed(found, m.processing)
    if len(found) == 0 and (size[0] < patch or size[1] < patch):
      found.append("the image processor makes pictures smaller than one patch of " + str(patch) + " pixels")
  return None

def gated(m: __torch__.zsic.model.Model) -> bool:
  return __torch__.zsic.layers.number(m.config, "vision_config.use_swiglu_ffn", 0.) != 0.

# The two names under which the layers of a plain MLP are stored: those that transformers writes, and
# DINOv2's own.
def mlp_names(m: __torch__.zsic.model.Model) -> List[str]:
  names = ["mlp.c_fc", "mlp.c_proj"]
  if __torch__.zsic.architecture.gated(m):
    names = ["mlp.w12", "mlp.w3"]
  elif torch.__contains__(m.stored, "vision_encoder.blocks.0.mlp.fc1.weight"):
    names = ["mlp.fc1", "mlp.fc2"]
  return names

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  c = m.config
  width = __torch__.zsic.layers.integer(c, "vision_config.hidden_size", 768)
  text = "text_encoder."
  shapes[text + "token_embedding.weight"] = [__torch__.zsic.layers.integer(c, "text_config.vocab_size", 32000), width]
  inner = __torch__.zsic.layers.integer(c, "text_config.intermediate_size", 3072)
  count = __torch__.zsic.layers.integer(c, "text_config.num_hidden_layers", 12)
  __torch__.zsic.layers.resblocks_shapes(shapes, text + "transformer.resblocks.", count, width, inner)
  __torch__.zsic.layers.norm_shapes(shapes, text + "ln_final", width)
  vision = "vision_encoder."
  patch = __torch__.zsic.layers.integer(c, "vision_config.patch_size", 14)
  grid = __torch__.zsic.layers.integer(c, "vision_config.image_size", 448) // patch
  shapes[vision + "cls_token"] = [1, 1, width]
  shapes[vision + "register_tokens"] = [1, __torch__.zsic.layers.integer(c, "vision_config.num_register_tokens", 1), width]
  shapes[vision + "pos_embed"] = [1, grid * grid + 1, width]
  shapes[vision + "patch_embed.proj.weight"] = [width, 3, patch, patch]
  shapes[vision + "patch_embed.proj.bias"] = [width]
  # An MLP with a gate has two thirds of the width, in multiples of 8, and two functions of it.
  inner = int(float(width) * __torch__.zsic.layers.number(c, "vision_config.mlp_ratio", 4.))
  first = inner
  if __torch__.zsic.architecture.gated(m):
    inner = (int(float(inner * 2) / 3.) + 7) // 8 * 8
    first = 2 * inner
  mlp = __torch__.zsic.architecture.mlp_names(m)
  for i in range(__torch__.zsic.layers.integer(c, "vision_config.num_hidden_layers", 12)):
    block = vision + "blocks." + str(i) + "."
    for norm in ["norm1", "norm2"]:
      __torch__.zsic.layers.norm_shapes(shapes, block + norm, width)
    shapes[block + "attn.qkv.weight"] = [3 * width, width]
    if __torch__.zsic.layers.number(c, "vision_config.qkv_bias", 1.) != 0.:
      shapes[block + "attn.qkv.bias"] = [3 * width]
    __torch__.zsic.layers.linear_shapes(shapes, block + "attn.proj", width, width)
    for scale in ["ls1", "ls2"]:
      shapes[block + scale + ".gamma"] = [width]
    __torch__.zsic.layers.linear_shapes(shapes, block + mlp[0], first, width)
    __torch__.zsic.layers.linear_shapes(shapes, block + mlp[1], width, inner)
  __torch__.zsic.layers.norm_shapes(shapes, vision + "norm", width)
  if torch.__contains__(m.stored, "temperature"):
    shapes["temperature"] = annotate(List[int], [])
  return None

# What stands for hidden patches in the training.
def ignored() -> List[str]:
  return ["mask_token"]

def load_layers(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  count = __torch__.zsic.layers.integer(m.config, "text_config.num_hidden_layers", 12)
  m.layers["text"] = __torch__.zsic.layers.resblocks(m, state, "text_encoder.transformer.resblocks.", count, "relu")
  __torch__.zsic.layers.pack_patches(m, m.weights, "vision_encoder.patch_embed.proj")
  kind = __torch__.zsic.layers.text(m.names, "vision_config.hidden_act", "gelu")
  mlp = __torch__.zsic.architecture.mlp_names(m)
  layers = annotate(List[Dict[str, Tensor]], [])
  for i in range(__torch__.zsic.layers.integer(m.config, "vision_config.num_hidden_layers", 12)):
    block = "vision_encoder.blocks." + str(i) + "."
    layer = annotate(Dict[str, Tensor], {})
    layer["qkv.weight"] = __torch__.zsic.layers.weight(state, block + "attn.qkv.weight", m.device)
    if torch.__contains__(state, block + "attn.qkv.bias"):
      layer["qkv.bias"] = __torch__.zsic.layers.weight(state, block + "attn.qkv.bias", m.device)
    else:
      layer["qkv.bias"] = torch.zeros([layer["qkv.weight"].size(0)], dtype=6, device=torch.device(m.device))
    for suffix in [".weight", ".bias"]:
      for name in ["norm1", "norm2", "attn.proj"]:
        layer[name + suffix] = __torch__.zsic.layers.weight(state, block + name + suffix, m.device)
      layer["mlp.in" + suffix] = __torch__.zsic.layers.weight(state, block + mlp[0] + suffix, m.device)
      layer["mlp.out" + suffix] = __torch__.zsic.layers.weight(state, block + mlp[1] + suffix, m.device)
    # The scale of each residual goes into the product before it.
    for scale, name in [("ls1", "attn.proj"), ("ls2", "mlp.out")]:
      gamma = __torch__.zsic.layers.weight(state, block + scale + ".gamma", m.device)
      torch.mul_(layer[name + ".weight"], torch.unsqueeze(gamma, 1))
      torch.mul_(layer[name + ".bias"], gamma)
    if not __torch__.zsic.architecture.gated(m):
      __torch__.zsic.layers.pack_feed_forward(m, layer, "mlp.in", "mlp.out", kind)
    __torch__.zsic.layers.pack_layer(m, layer)
    layers.append(layer)
  m.layers["vision"] = layers
  return None

def text_positions(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "text_config.max_position_embeddings", 64)

def pads_texts(m: __torch__.zsic.model.Model) -> bool:
  return False

# Where the files hold no temperature, as the published ones, the configuration has it.
def logit_scale(m: __torch__.zsic.model.Model) -> float:
  temperature = __torch__.zsic.layers.number(m.config, "temperature_init_value", 0.005065968260169029)
  if torch.__contains__(m.weights, "temperature"):
    temperature = float(m.weights["temperature"])
  return 1. / temperature

def logit_bias(m: __torch__.zsic.model.Model) -> float:
  return 0.

# The position embeddings of the class token and of so many rows and columns of patches.
def positions(m: __torch__.zsic.model.Model, rows: int, columns: int) -> Tensor:
  table = m.weights["vision_encoder.pos_embed"]
  side = __torch__.zsic.layers.integer(m.config, "vision_config.image_size", 448) // __torch__.zsic.layers.integer(m.config, "vision_config.patch_size", 14)
  if rows != side or columns != side:
    width = table.size(2)
    grid = torch.permute(torch.view(torch.narrow(table, 1, 1, side * side), [1, side, side, width]), [0, 3, 1, 2])
    grid = torch._upsample_bilinear2d_aa(grid, [rows, columns], False, None, None)
    grid = torch.reshape(torch.permute(grid, [0, 2, 3, 1]), [1, rows * columns, width])
    table = torch.cat([torch.narrow(table, 1, 0, 1), grid], 1)
  return table

def encode_images(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  w = m.weights
  pixels = __torch__.zsic.layers.pixel_values(images, m.processing, m.device)
  patch = __torch__.zsic.layers.integer(m.config, "vision_config.patch_size", 14)
  x = __torch__.zsic.layers.patches(pixels, w, "vision_encoder.patch_embed.proj", patch)
  x = __torch__.zsic.layers.with_class_token(x, w["vision_encoder.cls_token"])
  x = x + __torch__.zsic.architecture.positions(m, pixels.size(2) // patch, pixels.size(3) // patch)
  registers = torch.expand(w["vision_encoder.register_tokens"], [x.size(0), -1, -1])
  x = torch.cat([torch.narrow(x, 1, 0, 1), registers, torch.narrow(x, 1, 1, x.size(1) - 1)], 1)
  eps = __torch__.zsic.layers.number(m.config, "vision_config.layer_norm_eps", 1.0e-06)
  heads = __torch__.zsic.layers.integer(m.config, "vision_config.num_attention_heads", 12)
  kind = __torch__.zsic.layers.text(m.names, "vision_config.hidden_act", "gelu")
  gated = __torch__.zsic.architecture.gated(m)
  layers = m.layers["vision"]
  for i in range(len(layers)):
    layer = layers[i]
    h = __torch__.zsic.layers.layer_norm(x, layer, "norm1", eps)
    h = __torch__.zsic.layers.self_attention(h, layer, heads, False, None)
    if i == len(layers) - 1:
      start = __torch__.zsic.layers.first(x)
      h = __torch__.zsic.layers.at(h, start)
      x = __torch__.zsic.layers.at(x, start)
    x = __torch__.zsic.layers.linear_add(h, x, layer, "attn.proj", False)
    h = __torch__.zsic.layers.layer_norm(x, layer, "norm2", eps)
    if gated:
      h = __torch__.zsic.layers.linear(h, layer, "mlp.in")
      halves = torch.chunk(h, 2, -1)
      x = __torch__.zsic.layers.linear_add(torch.silu(halves[0]) * halves[1], x, layer, "mlp.out", False)
    else:
      x = __torch__.zsic.layers.feed_forward(h, x, layer, "mlp.in", "mlp.out", kind)
  return __torch__.zsic.layers.layer_norm(x, w, "vision_encoder.norm", eps)

# Sines in the first half, cosines in the second.
def waves(count: int, width: int, device: str) -> Tensor:
  half = width // 2
  steps = torch.to(torch.arange(half, dtype=4, device=torch.device(device)), 6, False, False)
  steps = torch.exp(steps * (-9.210340371976184 / float(half - 1)))
  times = torch.to(torch.arange(count, dtype=4, device=torch.device(device)), 6, False, False)
  angles = torch.unsqueeze(times, 1) * torch.unsqueeze(steps, 0)
  x = torch.cat([torch.sin(angles), torch.cos(angles)], 1)
  return torch.constant_pad_nd(x, [0, width - 2 * half], 0)

# The mean of what is not padding.
def encode_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  w = m.weights
  x = __torch__.zsic.layers.words(w, "text_encoder.token_embedding.weight", ids)
  width = x.size(2)
  if __torch__.zsic.layers.number(m.config, "text_config.scale_sqrt_depth", 1.) != 0.:
    x = x * torch.sqrt(float(width))
  x = x + __torch__.zsic.architecture.waves(ids.size(1), width, m.device)
  eps = __torch__.zsic.layers.number(m.config, "text_config.layer_norm_eps", 1.0e-05)
  heads = __torch__.zsic.layers.integer(m.config, "text_config.num_attention_heads", 12)
  x = __torch__.zsic.layers.encoder(x, m.layers["text"], heads, "relu", eps, False, __torch__.zsic.layers.key_mask(mask), None)
  x = __torch__.zsic.layers.layer_norm(x, w, "text_encoder.ln_final", eps)
  read = torch.to(mask, 6, False, False)
  epsilon = __torch__.zsic.layers.number(m.config, "text_config.pooling_epsilon", 1.0e-08)
  return torch.sum(x * torch.unsqueeze(read, 2), [1], False) / (torch.sum(read, [1], True) + epsilon)
