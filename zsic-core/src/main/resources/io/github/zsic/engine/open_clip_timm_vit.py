# timm's plain vision transformer as OpenCLIP's tower for pictures (timm/models/vision_transformer.py, VisionTransformer;
# src/open_clip/timm_model.py): SigLIP's with attention pooling, and those with a class token or an average. Their sizes
# are those of the tensors; how many heads there are, and which activation, the name tells.

def trunk() -> str:
  return "visual.trunk."

def name(m: __torch__.zsic.model.Model) -> str:
  return __torch__.zsic.layers.text(m.names, "model_cfg.vision_cfg.timm_model_name", "")

def heads(m: __torch__.zsic.model.Model) -> int:
  called = __torch__.zsic.pictures.name(m)
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

def activation(m: __torch__.zsic.model.Model) -> str:
  called = __torch__.zsic.pictures.name(m)
  kind = "gelu"
  if torch.__contains__(called, "_quickgelu_"):
    kind = "quick_gelu"
  for tanh in ["vit_base_patch32_siglip_", "vit_large_patch16_siglip_512", "vit_so400m_patch16_siglip_", "vit_giantopt_"]:
    if torch.startswith(called, tanh, 0, -1):
      kind = "gelu_pytorch_tanh"
  return kind

def eps(m: __torch__.zsic.model.Model) -> float:
  value = 1.0e-06
  if torch.__contains__(__torch__.zsic.pictures.name(m), "_clip_"):
    value = 1.0e-05
  return value

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

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  before = len(found)
  image = "model_cfg.vision_cfg.image_size"
  __torch__.zsic.layers.check_integer(found, m.config, m.names, image, 1, 1000000)
  __torch__.zsic.layers.check_stored(m, found, "visual.trunk.patch_embed.proj.weight", 4)
  __torch__.zsic.layers.check_stored(m, found, "visual.trunk.blocks.0.mlp.fc1.weight", 2)
  kind = __torch__.zsic.pictures.pool(m)
  if kind != "map" and kind != "token" and kind != "avg":
    found.append("model_cfg.vision_cfg.timm_pool is '" + kind + "', and zsic has 'map', 'token' and 'avg'")
  if len(found) == before:
    width = __torch__.zsic.layers.stored_size(m, "visual.trunk.patch_embed.proj.weight", 0)
    if width % __torch__.zsic.pictures.heads(m) != 0:
      found.append("the width of the vision tower is " + str(width) + ", no multiple of the " + str(__torch__.zsic.pictures.heads(m)) + " heads of " + __torch__.zsic.pictures.name(m))
    __torch__.zsic.layers.check_picture(found, m.processing, __torch__.zsic.layers.integer(m.config, image, 224))
    __torch__.zsic.heads.problems(m, found, width)
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  width = __torch__.zsic.layers.stored_size(m, "visual.trunk.patch_embed.proj.weight", 0)
  patch = __torch__.zsic.layers.stored_size(m, "visual.trunk.patch_embed.proj.weight", 2)
  inner = __torch__.zsic.layers.stored_size(m, "visual.trunk.blocks.0.mlp.fc1.weight", 0)
  grid = __torch__.zsic.layers.integer(m.config, "model_cfg.vision_cfg.image_size", 224) // patch
  tokens = grid * grid
  shapes["visual.trunk.patch_embed.proj.weight"] = [width, 3, patch, patch]
  __torch__.zsic.layers.optional_shape(m, shapes, "visual.trunk.patch_embed.proj.bias", [width])
  if torch.__contains__(m.stored, "visual.trunk.cls_token"):
    shapes["visual.trunk.cls_token"] = [1, 1, width]
    tokens = tokens + 1
  shapes["visual.trunk.pos_embed"] = [1, tokens, width]
  count = __torch__.zsic.layers.stored_blocks(m, "visual.trunk.blocks.", ".norm1.weight")
  __torch__.zsic.layers.blocks_shapes(m, shapes, "visual.trunk.blocks.", count, width, inner)
  for norm in ["norm_pre", "norm", "fc_norm"]:
    if torch.__contains__(m.stored, "visual.trunk." + norm + ".weight"):
      __torch__.zsic.layers.norm_shapes(shapes, "visual.trunk." + norm, width)
  if __torch__.zsic.pictures.pool(m) == "map":
    head = "visual.trunk.attn_pool."
    shapes[head + "latent"] = [1, 1, width]
    __torch__.zsic.layers.linear_shapes(shapes, head + "q", width, width)
    __torch__.zsic.layers.linear_shapes(shapes, head + "kv", 2 * width, width)
    __torch__.zsic.layers.linear_shapes(shapes, head + "proj", width, width)
    __torch__.zsic.layers.norm_shapes(shapes, head + "norm", width)
    __torch__.zsic.layers.linear_shapes(shapes, head + "mlp.fc1", inner, width)
    __torch__.zsic.layers.linear_shapes(shapes, head + "mlp.fc2", width, inner)
  __torch__.zsic.heads.shapes(m, shapes, width)
  return None

def load(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  w = m.weights
  kind = __torch__.zsic.pictures.activation(m)
  __torch__.zsic.layers.pack_patches(m, w, "visual.trunk.patch_embed.proj")
  count = __torch__.zsic.layers.stored_blocks(m, "visual.trunk.blocks.", ".norm1.weight")
  m.layers["vision"] = __torch__.zsic.layers.blocks(m, state, "visual.trunk.blocks.", count, kind)
  head = "visual.trunk.attn_pool."
  if torch.__contains__(w, head + "latent"):
    __torch__.zsic.layers.pack_latent(m, head)
    __torch__.zsic.layers.pack_feed_forward(m, w, head + "mlp.fc1", head + "mlp.fc2", kind)
    for name in ["mlp.fc1", "mlp.fc2"]:
      __torch__.zsic.layers.pack(m, w, head + name, True)
  return None

def encode(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  w = m.weights
  eps = __torch__.zsic.pictures.eps(m)
  kind = __torch__.zsic.pictures.activation(m)
  heads = __torch__.zsic.pictures.heads(m)
  pool = __torch__.zsic.pictures.pool(m)
  x = __torch__.zsic.layers.pixel_values(images, m.processing, m.device)
  x = __torch__.zsic.layers.patches(x, w, "visual.trunk.patch_embed.proj", m.stored["visual.trunk.patch_embed.proj.weight"][2])
  prefix = 0
  if torch.__contains__(w, "visual.trunk.cls_token"):
    x = __torch__.zsic.layers.with_class_token(x, w["visual.trunk.cls_token"])
    prefix = 1
  x = x + w["visual.trunk.pos_embed"]
  if torch.__contains__(w, "visual.trunk.norm_pre.weight"):
    x = __torch__.zsic.layers.layer_norm(x, w, "visual.trunk.norm_pre", eps)
  counts = annotate(Optional[Tensor], None)
  if pool == "token":
    counts = __torch__.zsic.layers.first(x)
  x = __torch__.zsic.layers.encoder(x, m.layers["vision"], heads, kind, eps, False, None, counts)
  if torch.__contains__(w, "visual.trunk.norm.weight"):
    x = __torch__.zsic.layers.layer_norm(x, w, "visual.trunk.norm", eps)
  if pool == "map":
    head = "visual.trunk.attn_pool."
    x = __torch__.zsic.layers.attention_pooling(x, w, head, heads, None)
    h = __torch__.zsic.layers.layer_norm(x, w, head + "norm", eps)
    x = __torch__.zsic.layers.feed_forward(h, x, w, head + "mlp.fc1", head + "mlp.fc2", kind)
  elif pool == "avg":
    x = torch.mean(torch.narrow(x, 1, prefix, x.size(1) - prefix), [1], False)
  if torch.__contains__(w, "visual.trunk.fc_norm.weight"):
    x = __torch__.zsic.layers.layer_norm(x, w, "visual.trunk.fc_norm", eps)
  return __torch__.zsic.heads.project(m, x)
