# Models in the layout of OpenCLIP (open_clip_config.json, src/open_clip/model.py of mlfoundations/open_clip, classes CLIP and
# CustomTextCLIP; coca_model.py, CoCa, without its captions): a tower for pictures and one for texts, of whatever kinds. Their sources are packed beside this one under
# the names "pictures" and "texts": open_clip_text.py is the shortest that shows what they have.

# Members of the configuration that are on and that no tower here has.
def unsupported(m: __torch__.zsic.model.Model, found: List[str], prefix: str, names: List[str]) -> NoneType:
  for name in names:
    key = prefix + name
    if torch.__contains__(m.names, key):
      found.append(key + " is '" + m.names[key] + "', which zsic does not have")
    elif __torch__.zsic.layers.number(m.config, key, 0.) != 0.:
      found.append(key + " is on, which zsic does not have")
  return None

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.layers.check_integer(found, m.config, m.names, "model_cfg.embed_dim", 1, 1000000)
  __torch__.zsic.pictures.problems(m, found)
  __torch__.zsic.texts.problems(m, found)
  return None

def dimension(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "model_cfg.embed_dim", 512)

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  __torch__.zsic.pictures.shapes(m, shapes)
  __torch__.zsic.texts.shapes(m, shapes)
  shapes["logit_scale"] = annotate(List[int], [])
  if torch.__contains__(m.config, "model_cfg.init_logit_bias"):
    __torch__.zsic.layers.optional_shape(m, shapes, "logit_bias", annotate(List[int], []))
  return None

# Buffers of older releases, counters of the training, and what writes captions.
def ignored() -> List[str]:
  return ["attn_mask", "num_batches_tracked", "rope.freqs", "transformer.pooler.", "text_decoder."]

def load_layers(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  __torch__.zsic.pictures.load(m, state)
  __torch__.zsic.texts.load(m, state)
  return None

def text_positions(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "model_cfg.text_cfg.context_length", 77)

def pads_texts(m: __torch__.zsic.model.Model) -> bool:
  return __torch__.zsic.texts.pads(m)

def logit_scale(m: __torch__.zsic.model.Model) -> float:
  return float(torch.exp(m.weights["logit_scale"]))

def logit_bias(m: __torch__.zsic.model.Model) -> float:
  bias = 0.
  if torch.__contains__(m.weights, "logit_bias"):
    bias = float(m.weights["logit_bias"])
  return bias

# The activation of OpenCLIP's own towers.
def activation(m: __torch__.zsic.model.Model, tower: str) -> str:
  kind = "gelu"
  if __torch__.zsic.layers.number(m.config, "model_cfg.quick_gelu", 0.) != 0.:
    kind = "quick_gelu"
  elif __torch__.zsic.layers.text(m.names, tower + "act_kwargs.approximate", "none") == "tanh":
    kind = "gelu_pytorch_tanh"
  return kind

# What is wrong with the transformer of one of OpenCLIP's own towers.
def check_transformer(m: __torch__.zsic.model.Model, found: List[str], tower: str) -> NoneType:
  for name in ["width", "layers"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, tower + name, 1, 1000000)
  __torch__.zsic.architecture.unsupported(m, found, tower, ["qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn", "scale_fc"])
  if __torch__.zsic.layers.text(m.names, tower + "block_type", "default") != "default":
    found.append(tower + "block_type is '" + m.names[tower + "block_type"] + "', and zsic has 'default'")
  approximate = __torch__.zsic.layers.text(m.names, tower + "act_kwargs.approximate", "none")
  if approximate != "none" and approximate != "tanh":
    found.append(tower + "act_kwargs.approximate is '" + approximate + "', and zsic has 'none' and 'tanh'")
  return None

def transformer_shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]], tower: str, prefix: str, width: int) -> NoneType:
  inner = int(float(width) * __torch__.zsic.layers.number(m.config, tower + "mlp_ratio", 4.))
  count = __torch__.zsic.layers.integer(m.config, tower + "layers", 12)
  __torch__.zsic.layers.resblocks_shapes(shapes, prefix, count, width, inner)
  if torch.__contains__(m.config, tower + "ls_init_value"):
    for i in range(count):
      for scale in ["ls_1.gamma", "ls_2.gamma"]:
        shapes[prefix + str(i) + "." + scale] = [width]
  return None

def transformer(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], tower: str, prefix: str) -> List[Dict[str, Tensor]]:
  count = __torch__.zsic.layers.integer(m.config, tower + "layers", 12)
  return __torch__.zsic.layers.resblocks(m, state, prefix, count, __torch__.zsic.architecture.activation(m, tower))

def norm_eps(m: __torch__.zsic.model.Model, tower: str) -> float:
  return __torch__.zsic.layers.number(m.config, tower + "norm_kwargs.eps", 1.0e-05)

def encode_images(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  return __torch__.zsic.pictures.encode(m, images)

def encode_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  return __torch__.zsic.texts.encode(m, ids, mask)
