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
  __torch__.zsic.architecture.unsupported(m, found, vision, ["attentional_pool"])
  pool = __torch__.zsic.layers.text(m.names, vision + "pool_type", "tok")
  if pool != "tok" and pool != "avg":
    found.append(vision + "pool_type is '" + pool + "', and zsic has 'tok' and 'avg'")
  if len(found) == before:
    width = __torch__.zsic.layers.integer(m.config, vision + "width", 768)
    if width % __torch__.zsic.layers.integer(m.config, vision + "head_width", 64) != 0:
      found.append(vision + "width " + str(width) + " is no multiple of head_width")
    __torch__.zsic.layers.check_picture(found, m.processing, __torch__.zsic.layers.integer(m.config, vision + "image_size", 224))
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
  __torch__.zsic.layers.norm_shapes(shapes, "visual.ln_post", width)
  shapes["visual.proj"] = [width, __torch__.zsic.architecture.dimension(m)]
  return None

def load(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  __torch__.zsic.layers.pack_patches(m, m.weights, "visual.conv1")
  m.layers["vision"] = __torch__.zsic.architecture.transformer(m, state, __torch__.zsic.pictures.tower(), "visual.transformer.resblocks.")
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
  if __torch__.zsic.pictures.averages(m):
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
