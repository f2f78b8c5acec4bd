# OpenCLIP's own tower for pictures (VisionTransformer of src/open_clip/transformer.py).

def tower() -> str:
  return "model_cfg.vision_cfg."

def flag(m: __torch__.zsic.model.Model, name: str) -> bool:
  return __torch__.zsic.layers.number(m.config, __torch__.zsic.pictures.tower() + name, 0.) != 0.

def averages(m: __torch__.zsic.model.Model) -> bool:
  return __torch__.zsic.layers.text(m.names, __torch__.zsic.pictures.tower() + "pool_type", "tok") == "avg"

def heads(m: __torch__.zsic.model.Model) -> int:
  vision = __torch__.zsic.pictures.tower()
  return __torch__.zsic.layers.integer(m.config, vision + "width", 768) // __torch__.zsic.layers.integer(m.config, vision + "head_width", 64)

def patch(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, __torch__.zsic.pictures.tower() + "patch_size", 16)

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  vision = __torch__.zsic.pictures.tower()
  before = len(found)
  for name in ["image_size", "patch_size", "head_width"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, vision + name, 1, 1000000)
  __torch__.zsic.architecture.check_transformer(m, found, vision)
  if torch.__contains__(m.names, vision + "attentional_pool"):
    found.append(vision + "attentional_pool is '" + m.names[vision + "attentional_pool"] + "', and zsic has true and false")
  __torch__.zsic.layers.check_integer(found, m.config, m.names, vision + "attn_pooler_heads", 1, 1000000)
  pool = __torch__.zsic.layers.text(m.names, vision + "pool_type", "tok")
  if pool != "tok" and pool != "avg":
    found.append(vision + "pool_type is '" + pool + "', and zsic has 'tok' and 'avg'")
  if len(found) == before:
    width = __torch__.zsic.layers.integer(m.config, vision + "width", 768)
    if width % __torch__.zsic.layers.integer(m.config, vision + "head_width", 64) != 0:
      found.append(vision + "width " + str(width) + " is no multiple of head_width")
    __torch__.zsic.layers.check_picture(found, m.processing, __torch__.zsic.layers.integer(m.config, vision + "image_size", 224))
    if __torch__.zsic.pictures.flag(m, "attentional_pool"):
      __torch__.zsic.layers.check_stored(m, found, "visual.attn_pool.query", 2)
      if __torch__.zsic.architecture.dimension(m) % __torch__.zsic.pictures.pooling_heads(m) != 0:
        found.append("model_cfg.embed_dim is no multiple of attn_pooler_heads")
      if __torch__.zsic.pictures.averages(m):
        found.append(vision + "pool_type is 'avg' behind attentional_pool, and zsic has 'tok' there")
  return None

# Attention pooling, of which only the first query counts: what the others find is for captions.
def pooling_heads(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, __torch__.zsic.pictures.tower() + "attn_pooler_heads", 8)

def pooling_shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]], width: int, dimension: int) -> NoneType:
  pool = "visual.attn_pool."
  shapes[pool + "query"] = [__torch__.zsic.layers.stored_size(m, pool + "query", 0), dimension]
  __torch__.zsic.layers.norm_shapes(shapes, pool + "ln_q", dimension)
  __torch__.zsic.layers.norm_shapes(shapes, pool + "ln_k", width)
  if width == dimension:
    shapes[pool + "attn.in_proj_weight"] = [3 * width, width]
  else:
    shapes[pool + "attn.q_proj_weight"] = [dimension, dimension]
    shapes[pool + "attn.k_proj_weight"] = [dimension, width]
    shapes[pool + "attn.v_proj_weight"] = [dimension, width]
  shapes[pool + "attn.in_proj_bias"] = [3 * dimension]
  __torch__.zsic.layers.linear_shapes(shapes, pool + "attn.out_proj", dimension, dimension)
  return None

def load_pooling(m: __torch__.zsic.model.Model, eps: float) -> NoneType:
  w = m.weights
  pool = "visual.attn_pool."
  bias = torch.pop(w, pool + "attn.in_proj_bias")
  size = bias.size(0) // 3
  if torch.__contains__(w, pool + "attn.in_proj_weight"):
    parts = torch.chunk(torch.pop(w, pool + "attn.in_proj_weight"), 3, 0)
  else:
    parts = [torch.pop(w, pool + "attn.q_proj_weight"), torch.pop(w, pool + "attn.k_proj_weight"), torch.pop(w, pool + "attn.v_proj_weight")]
  query = __torch__.zsic.layers.layer_norm(torch.narrow(torch.pop(w, pool + "query"), 0, 0, 1), w, pool + "ln_q", eps)
  w[pool + "query"] = torch.linear(query, parts[0], torch.narrow(bias, 0, 0, size))
  w[pool + "kv.weight"] = torch.cat([parts[1], parts[2]], 0)
  w[pool + "kv.bias"] = torch.clone(torch.narrow(bias, 0, size, 2 * size))
  for suffix in [".weight", ".bias"]:
    w[pool + "attention.out_proj" + suffix] = torch.pop(w, pool + "attn.out_proj" + suffix)
  __torch__.zsic.layers.pack(m, w, pool + "kv", True)
  __torch__.zsic.layers.pack(m, w, pool + "attention.out_proj", True)
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  vision = __torch__.zsic.pictures.tower()
  width = __torch__.zsic.layers.integer(m.config, vision + "width", 768)
  side = __torch__.zsic.pictures.patch(m)
  grid = __torch__.zsic.layers.integer(m.config, vision + "image_size", 224) // side
  shapes["visual.conv1.weight"] = [width, 3, side, side]
  shapes["visual.class_embedding"] = [width]
  shapes["visual.positional_embedding"] = [grid * grid + 1, width]
  if not __torch__.zsic.pictures.flag(m, "no_ln_pre"):
    __torch__.zsic.layers.norm_shapes(shapes, "visual.ln_pre", width)
  __torch__.zsic.architecture.transformer_shapes(m, shapes, vision, "visual.transformer.resblocks.", width)
  pooled = width
  if __torch__.zsic.pictures.flag(m, "attentional_pool"):
    pooled = __torch__.zsic.architecture.dimension(m)
    __torch__.zsic.pictures.pooling_shapes(m, shapes, width, pooled)
  __torch__.zsic.layers.norm_shapes(shapes, "visual.ln_post", pooled)
  shapes["visual.proj"] = [pooled, __torch__.zsic.architecture.dimension(m)]
  return None

def load(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  __torch__.zsic.layers.pack_patches(m, m.weights, "visual.conv1")
  m.layers["vision"] = __torch__.zsic.architecture.transformer(m, state, __torch__.zsic.pictures.tower(), "visual.transformer.resblocks.")
  if __torch__.zsic.pictures.flag(m, "attentional_pool"):
    __torch__.zsic.pictures.load_pooling(m, __torch__.zsic.architecture.norm_eps(m, __torch__.zsic.pictures.tower()))
  m.weights["visual.proj"] = torch.contiguous(torch.t(m.weights["visual.proj"]))
  return None

def encode(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  w = m.weights
  vision = __torch__.zsic.pictures.tower()
  eps = __torch__.zsic.architecture.norm_eps(m, vision)
  x = __torch__.zsic.layers.pixel_values(images, m.processing, m.device)
  x = __torch__.zsic.layers.patches(x, w, "visual.conv1", __torch__.zsic.pictures.patch(m))
  x = __torch__.zsic.layers.with_class_token(x, w["visual.class_embedding"])
  x = x + w["visual.positional_embedding"]
  if torch.__contains__(w, "visual.ln_pre.weight"):
    x = __torch__.zsic.layers.layer_norm(x, w, "visual.ln_pre", eps)
  kind = __torch__.zsic.architecture.activation(m, vision)
  heads = __torch__.zsic.pictures.heads(m)
  if __torch__.zsic.pictures.flag(m, "attentional_pool"):
    x = __torch__.zsic.layers.encoder(x, m.layers["vision"], heads, kind, eps, False, None, None)
    x = __torch__.zsic.layers.layer_norm(x, w, "visual.attn_pool.ln_k", eps)
    x = __torch__.zsic.layers.attention_pooling(x, w, "visual.attn_pool.", __torch__.zsic.pictures.pooling_heads(m), None)
    x = __torch__.zsic.layers.layer_norm(x, w, "visual.ln_post", eps)
  elif __torch__.zsic.pictures.averages(m):
    x = __torch__.zsic.layers.encoder(x, m.layers["vision"], heads, kind, eps, False, None, None)
    x = torch.narrow(x, 1, 1, x.size(1) - 1)
    if not __torch__.zsic.pictures.flag(m, "final_ln_after_pool"):
      x = __torch__.zsic.layers.layer_norm(x, w, "visual.ln_post", eps)
    x = torch.mean(x, [1], False)
    if __torch__.zsic.pictures.flag(m, "final_ln_after_pool"):
      x = __torch__.zsic.layers.layer_norm(x, w, "visual.ln_post", eps)
  else:
    x = __torch__.zsic.layers.encoder(x, m.layers["vision"], heads, kind, eps, False, None, __torch__.zsic.layers.first(x))
    x = __torch__.zsic.layers.layer_norm(x, w, "visual.ln_post", eps)
  return __torch__.zsic.layers.project(x, w["visual.proj"])
