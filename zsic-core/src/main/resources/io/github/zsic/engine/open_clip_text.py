# OpenCLIP's own text tower (TextTransformer of src/open_clip/transformer.py), under the names that the class CLIP gives its
# parts, or behind "text." those of CustomTextCLIP.

def tower() -> str:
  return "model_cfg.text_cfg."

def prefix(m: __torch__.zsic.model.Model) -> str:
  before = ""
  if torch.__contains__(m.stored, "text.positional_embedding"):
    before = "text."
  return before

def flag(m: __torch__.zsic.model.Model, name: str) -> bool:
  return __torch__.zsic.layers.number(m.config, __torch__.zsic.texts.tower() + name, 0.) != 0.

def pool(m: __torch__.zsic.model.Model) -> str:
  return __torch__.zsic.layers.text(m.names, __torch__.zsic.texts.tower() + "pool_type", "argmax")

def heads(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, __torch__.zsic.texts.tower() + "heads", 8)

def width(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, __torch__.zsic.texts.tower() + "width", 512)

def projects(m: __torch__.zsic.model.Model) -> bool:
  return __torch__.zsic.layers.text(m.names, __torch__.zsic.texts.tower() + "proj_type", "linear") != "none"

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  text = __torch__.zsic.texts.tower()
  before = len(found)
  for name in ["context_length", "vocab_size", "heads"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, text + name, 1, 1000000000)
  for name in ["pad_id", "eos_id"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, text + name, 0, 1000000000)
  __torch__.zsic.architecture.check_transformer(m, found, text)
  kind = __torch__.zsic.texts.pool(m)
  if kind != "first" and kind != "last" and kind != "argmax" and kind != "eos":
    found.append(text + "pool_type is '" + kind + "', and zsic has 'first', 'last', 'argmax' and 'eos'")
  if len(found) == before:
    size = __torch__.zsic.texts.width(m)
    if size % __torch__.zsic.texts.heads(m) != 0:
      found.append(text + "width " + str(size) + " is no multiple of heads")
    if not __torch__.zsic.texts.projects(m) and size != __torch__.zsic.architecture.dimension(m):
      found.append(text + "width is " + str(size) + " without a projection, but embed_dim is " + str(__torch__.zsic.architecture.dimension(m)))
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  text = __torch__.zsic.texts.tower()
  before = __torch__.zsic.texts.prefix(m)
  size = __torch__.zsic.texts.width(m)
  positions = __torch__.zsic.architecture.text_positions(m)
  if __torch__.zsic.texts.flag(m, "embed_cls"):
    shapes[before + "cls_emb"] = [size]
    positions = positions + 1
  shapes[before + "token_embedding.weight"] = [__torch__.zsic.layers.integer(m.config, text + "vocab_size", 49408), size]
  shapes[before + "positional_embedding"] = [positions, size]
  __torch__.zsic.architecture.transformer_shapes(m, shapes, text, before + "transformer.resblocks.", size)
  __torch__.zsic.layers.norm_shapes(shapes, before + "ln_final", size)
  dimension = __torch__.zsic.architecture.dimension(m)
  if __torch__.zsic.texts.projects(m) and __torch__.zsic.texts.flag(m, "proj_bias"):
    __torch__.zsic.layers.linear_shapes(shapes, before + "text_projection", dimension, size)
  elif __torch__.zsic.texts.projects(m):
    shapes[before + "text_projection"] = [size, dimension]
  return None

def load(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  before = __torch__.zsic.texts.prefix(m)
  m.layers["text"] = __torch__.zsic.architecture.transformer(m, state, __torch__.zsic.texts.tower(), before + "transformer.resblocks.")
  if torch.__contains__(m.weights, before + "text_projection"):
    m.weights[before + "text_projection.weight"] = torch.contiguous(torch.t(torch.pop(m.weights, before + "text_projection")))
  return None

# Whether texts have to have their full length: where something is read behind the end, or where a token is at the end.
def pads(m: __torch__.zsic.model.Model) -> bool:
  return __torch__.zsic.texts.flag(m, "no_causal_mask") or __torch__.zsic.texts.flag(m, "embed_cls") or __torch__.zsic.texts.pool(m) == "last"

# Which keys each token sees, [batch, 1, tokens, tokens], if there is a class token behind the text. Its mask is one token
# off, as that of the published models: it hides the token before each padding.
def class_mask(m: __torch__.zsic.model.Model, ids: Tensor) -> Tensor:
  pad = __torch__.zsic.layers.integer(m.config, __torch__.zsic.texts.tower() + "pad_id", 0)
  seen = torch.ne(ids, pad)
  seen = torch.cat([torch.ones([ids.size(0), 1], dtype=11, device=ids.device), seen], 1)
  mask = torch.unsqueeze(torch.unsqueeze(seen, 1), 1)
  if not __torch__.zsic.texts.flag(m, "no_causal_mask"):
    tokens = seen.size(1)
    causal = torch.tril(torch.ones([tokens, tokens], dtype=11, device=ids.device))
    mask = torch.logical_and(mask, torch.view(causal, [1, 1, tokens, tokens]))
  return mask

# Where the token is that counts in the end.
def position(m: __torch__.zsic.model.Model, ids: Tensor, tokens: int) -> Tensor:
  kind = __torch__.zsic.texts.pool(m)
  if __torch__.zsic.texts.flag(m, "embed_cls") or kind == "last":
    at = torch.zeros([ids.size(0)], dtype=4, device=ids.device) + (tokens - 1)
  elif kind == "first":
    at = torch.zeros([ids.size(0)], dtype=4, device=ids.device)
  elif kind == "eos":
    at = __torch__.zsic.layers.first_position(ids, __torch__.zsic.layers.integer(m.config, __torch__.zsic.texts.tower() + "eos_id", 2))
  else:
    at = torch.argmax(ids, -1, False)
  return at

def encode(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  w = m.weights
  text = __torch__.zsic.texts.tower()
  before = __torch__.zsic.texts.prefix(m)
  causal = not __torch__.zsic.texts.flag(m, "no_causal_mask")
  # No highest id, and no end, in what only fills up a batch.
  if not __torch__.zsic.texts.pads(m):
    ids = ids * mask
  x = __torch__.zsic.layers.words(w, before + "token_embedding.weight", ids)
  keys = annotate(Optional[Tensor], None)
  if __torch__.zsic.texts.flag(m, "embed_cls"):
    token = torch.expand(torch.view(w[before + "cls_emb"], [1, 1, -1]), [x.size(0), 1, -1])
    x = torch.cat([x, token], 1)
    keys = __torch__.zsic.texts.class_mask(m, ids)
    causal = False
  x = x + torch.narrow(w[before + "positional_embedding"], 0, 0, x.size(1))
  eps = __torch__.zsic.architecture.norm_eps(m, text)
  kind = __torch__.zsic.architecture.activation(m, text)
  at = __torch__.zsic.texts.position(m, ids, x.size(1))
  x = __torch__.zsic.layers.encoder(x, m.layers["text"], __torch__.zsic.texts.heads(m), kind, eps, causal, keys, at)
  x = __torch__.zsic.layers.layer_norm(x, w, before + "ln_final", eps)
  if __torch__.zsic.texts.projects(m):
    x = torch.linear(x, w[before + "text_projection.weight"], __torch__.zsic.layers.optional(w, before + "text_projection.bias"))
  return x
