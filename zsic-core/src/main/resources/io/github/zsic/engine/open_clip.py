# CLIP in the layout of OpenCLIP (open_clip_config.json, src/open_clip/model.py and transformer.py of
# mlfoundations/open_clip, class CLIP with a VisionTransformer): the same model as clip.py, under other
# names, with fused projections of the attention and with transposed output projections.

def unsupported(m: __torch__.zsic.model.Model, found: List[str], name: str) -> NoneType:
  if torch.__contains__(m.names, name):
    found.append(name + " is '" + m.names[name] + "', which zsic does not have")
  elif __torch__.zsic.layers.number(m.config, name, 0.) != 0.:
    found.append(name + " is " + str(m.config[name]) + ", which zsic does not have")
  return None

# Of what is true or false, and stands as a number among the others.
def unsupported_flag(m: __torch__.zsic.model.Model, found: List[str], name: str) -> NoneType:
  if not torch.__contains__(m.names, name) and __torch__.zsic.layers.number(m.config, name, 0.) == 1.:
    found.append(name + " is true, which zsic does not have")
  else:
    __torch__.zsic.architecture.unsupported(m, found, name)
  return None

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  vision = "model_cfg.vision_cfg."
  text = "model_cfg.text_cfg."
  if torch.__contains__(m.config, vision + "layers.0"):
    found.append("model_cfg.vision_cfg.layers is a list, so the vision tower is a ResNet, and zsic has the ViT")
  for name in ["timm_model_name", "ls_init_value", "pos_embed_type", "norm_kwargs.eps", "act_kwargs.approximate"]:
    __torch__.zsic.architecture.unsupported(m, found, vision + name)
  for name in ["attentional_pool", "no_ln_pre", "final_ln_after_pool"]:
    __torch__.zsic.architecture.unsupported_flag(m, found, vision + name)
  for name in ["hf_model_name", "ls_init_value", "norm_kwargs.eps", "act_kwargs.approximate"]:
    __torch__.zsic.architecture.unsupported(m, found, text + name)
  for name in ["embed_cls", "no_causal_mask", "proj_bias"]:
    __torch__.zsic.architecture.unsupported_flag(m, found, text + name)
  if __torch__.zsic.layers.text(m.names, text + "pool_type", "argmax") != "argmax":
    found.append("model_cfg.text_cfg.pool_type is '" + m.names[text + "pool_type"] + "', and zsic has 'argmax'")
  if __torch__.zsic.layers.text(m.names, vision + "pool_type", "tok") != "tok":
    found.append("model_cfg.vision_cfg.pool_type is '" + m.names[vision + "pool_type"] + "', and zsic has 'tok'")
  for name in ["model_cfg.embed_dim", vision + "image_size", vision + "width", vision + "layers", vision + "patch_size", vision + "head_width", text + "context_length", text + "vocab_size", text + "width", text + "heads", text + "layers"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, name, 1, 1000000000)
  if len(found) == 0:
    width = __torch__.zsic.layers.integer(m.config, vision + "width", 768)
    if width % __torch__.zsic.layers.integer(m.config, vision + "head_width", 64) != 0:
      found.append("model_cfg.vision_cfg.width " + str(width) + " is no multiple of head_width")
    width = __torch__.zsic.layers.integer(m.config, text + "width", 512)
    if width % __torch__.zsic.layers.integer(m.config, text + "heads", 8) != 0:
      found.append("model_cfg.text_cfg.width " + str(width) + " is no multiple of heads")
    __torch__.zsic.layers.check_picture(found, m.processing, __torch__.zsic.layers.integer(m.config, vision + "image_size", 224))
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  c = m.config
  vision = "model_cfg.vision_cfg."
  text = "model_cfg.text_cfg."
  dimension = __torch__.zsic.layers.integer(c, "model_cfg.embed_dim", 512)
  width = __torch__.zsic.layers.integer(c, text + "width", 512)
  shapes["token_embedding.weight"] = [__torch__.zsic.layers.integer(c, text + "vocab_size", 49408), width]
  shapes["positional_embedding"] = [__torch__.zsic.architecture.text_positions(m), width]
  inner = int(float(width) * __torch__.zsic.layers.number(c, text + "mlp_ratio", 4.))
  __torch__.zsic.layers.resblocks_shapes(shapes, "transformer.resblocks.", __torch__.zsic.layers.integer(c, text + "layers", 12), width, inner)
  __torch__.zsic.layers.norm_shapes(shapes, "ln_final", width)
  shapes["text_projection"] = [width, dimension]
  width0 = __torch__.zsic.layers.integer(c, vision + "width", 768)
  inner0 = int(float(width0) * __torch__.zsic.layers.number(c, vision + "mlp_ratio", 4.))
  patch = __torch__.zsic.layers.integer(c, vision + "patch_size", 16)
  grid = __torch__.zsic.layers.integer(c, vision + "image_size", 224) // patch
  shapes["visual.conv1.weight"] = [width0, 3, patch, patch]
  shapes["visual.class_embedding"] = [width0]
  shapes["visual.positional_embedding"] = [grid * grid + 1, width0]
  __torch__.zsic.layers.norm_shapes(shapes, "visual.ln_pre", width0)
  __torch__.zsic.layers.resblocks_shapes(shapes, "visual.transformer.resblocks.", __torch__.zsic.layers.integer(c, vision + "layers", 12), width0, inner0)
  __torch__.zsic.layers.norm_shapes(shapes, "visual.ln_post", width0)
  shapes["visual.proj"] = [width0, dimension]
  shapes["logit_scale"] = annotate(List[int], [])
  return None

# A buffer of older releases.
def ignored() -> List[str]:
  return ["attn_mask"]

def load_layers(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  kind = __torch__.zsic.architecture.activation(m)
  __torch__.zsic.layers.pack_patches(m, m.weights, "visual.conv1")
  m.layers["text"] = __torch__.zsic.layers.resblocks(m, state, "transformer.resblocks.", __torch__.zsic.layers.integer(m.config, "model_cfg.text_cfg.layers", 12), kind)
  m.layers["vision"] = __torch__.zsic.layers.resblocks(m, state, "visual.transformer.resblocks.", __torch__.zsic.layers.integer(m.config, "model_cfg.vision_cfg.layers", 12), kind)
  for name in ["text_projection", "visual.proj"]:
    m.weights[name] = torch.contiguous(torch.t(m.weights[name]))
  return None

def text_positions(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "model_cfg.text_cfg.context_length", 77)

def pads_texts() -> bool:
  return False

def logit_scale(m: __torch__.zsic.model.Model) -> float:
  return float(torch.exp(m.weights["logit_scale"]))

def logit_bias(m: __torch__.zsic.model.Model) -> float:
  return 0.

def activation(m: __torch__.zsic.model.Model) -> str:
  kind = "gelu"
  if __torch__.zsic.layers.number(m.config, "model_cfg.quick_gelu", 0.) != 0.:
    kind = "quick_gelu"
  return kind

def encode_images(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  w = m.weights
  x = __torch__.zsic.layers.pixel_values(images, m.processing, m.device)
  x = __torch__.zsic.layers.patches(x, w, "visual.conv1", __torch__.zsic.layers.integer(m.config, "model_cfg.vision_cfg.patch_size", 16))
  x = __torch__.zsic.layers.with_class_token(x, w["visual.class_embedding"])
  x = x + w["visual.positional_embedding"]
  x = __torch__.zsic.layers.layer_norm(x, w, "visual.ln_pre", 1.0e-05)
  heads = x.size(2) // __torch__.zsic.layers.integer(m.config, "model_cfg.vision_cfg.head_width", 64)
  x = __torch__.zsic.layers.encoder(x, m.layers["vision"], heads, __torch__.zsic.architecture.activation(m), 1.0e-05, False, None, __torch__.zsic.layers.first(x))
  x = __torch__.zsic.layers.layer_norm(x, w, "visual.ln_post", 1.0e-05)
  return __torch__.zsic.layers.project(x, w["visual.proj"])

# The end token is the one with the highest id.
def encode_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  w = m.weights
  x = __torch__.zsic.layers.words(w, "token_embedding.weight", ids)
  x = x + torch.narrow(w["positional_embedding"], 0, 0, ids.size(1))
  heads = __torch__.zsic.layers.integer(m.config, "model_cfg.text_cfg.heads", 8)
  x = __torch__.zsic.layers.encoder(x, m.layers["text"], heads, __torch__.zsic.architecture.activation(m), 1.0e-05, True, None, torch.argmax(ids * mask, -1, False))
  x = __torch__.zsic.layers.layer_norm(x, w, "ln_final", 1.0e-05)
  return torch.linear(x, w["text_projection"], None)
