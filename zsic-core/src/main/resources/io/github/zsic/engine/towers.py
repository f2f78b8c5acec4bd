# Towers that several architectures share, in the same TorchScript as layers.py. Each has functions that
# check its part of the configuration, name its tensors, fuse its layers, and run it.

# -------------------------------------------------------------------------------------- CLIP, text

# models/clip/modeling_clip.py of transformers, CLIPTextModel and text_projection.
def check_clip_text(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.layers.check_tower(found, m.config, m.names, "text_config.", 512, 8, "quick_gelu")
  for name in ["projection_dim", "text_config.max_position_embeddings"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, name, 1, 1000000)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, "text_config.vocab_size", 1, 1000000000)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, "text_config.eos_token_id", 0, 1000000000)
  return None

def clip_text_shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]], dimension: int) -> NoneType:
  c = m.config
  width = __torch__.zsic.layers.integer(c, "text_config.hidden_size", 512)
  inner = __torch__.zsic.layers.integer(c, "text_config.intermediate_size", 2048)
  positions = __torch__.zsic.layers.integer(c, "text_config.max_position_embeddings", 77)
  shapes["text_model.embeddings.token_embedding.weight"] = [__torch__.zsic.layers.integer(c, "text_config.vocab_size", 49408), width]
  shapes["text_model.embeddings.position_embedding.weight"] = [positions, width]
  count = __torch__.zsic.layers.integer(c, "text_config.num_hidden_layers", 12)
  __torch__.zsic.layers.encoder_layers_shapes(shapes, "text_model.encoder.layers.", count, width, inner)
  __torch__.zsic.layers.norm_shapes(shapes, "text_model.final_layer_norm", width)
  shapes["text_projection.weight"] = [dimension, width]
  return None

def load_clip_text(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  count = __torch__.zsic.layers.integer(m.config, "text_config.num_hidden_layers", 12)
  kind = __torch__.zsic.layers.text(m.names, "text_config.hidden_act", "quick_gelu")
  m.layers["text"] = __torch__.zsic.layers.encoder_layers(m, state, "text_model.encoder.layers.", count, kind)
  return None

# Token ids to the state of each text's end token behind the last layer, in the shared space. The attention
# is causal, so padding on the right does not reach the end token.
def encode_clip_text(m: __torch__.zsic.model.Model, ids: Tensor, end: Tensor) -> Tensor:
  w = m.weights
  x = __torch__.zsic.layers.words(w, "text_model.embeddings.token_embedding.weight", ids)
  x = x + torch.narrow(w["text_model.embeddings.position_embedding.weight"], 0, 0, ids.size(1))
  eps = __torch__.zsic.layers.number(m.config, "text_config.layer_norm_eps", 1.0e-05)
  heads = __torch__.zsic.layers.integer(m.config, "text_config.num_attention_heads", 8)
  kind = __torch__.zsic.layers.text(m.names, "text_config.hidden_act", "quick_gelu")
  x = __torch__.zsic.layers.encoder(x, m.layers["text"], heads, kind, eps, True, None, end)
  x = __torch__.zsic.layers.layer_norm(x, w, "text_model.final_layer_norm", eps)
  return torch.linear(x, w["text_projection.weight"], None)

# Where the end token is. Configurations from before transformers#24773 say 2, which was never the end
# token: for them it is the one with the highest id.
def clip_end(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  eos = __torch__.zsic.layers.integer(m.config, "text_config.eos_token_id", 49407)
  if eos == 2:
    end = torch.argmax(ids * mask, -1, False)
  else:
    end = __torch__.zsic.layers.first_position(ids, eos)
  return end

# ------------------------------------------------------------------------------------ CLIP, vision

# models/clip/modeling_clip.py of transformers, CLIPVisionModel and visual_projection.
def check_clip_vision(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.layers.check_tower(found, m.config, m.names, "vision_config.", 768, 12, "quick_gelu")
  __torch__.zsic.layers.check_patches(found, m.config, m.names, m.processing, 224)
  return None

def clip_vision_shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]], dimension: int) -> NoneType:
  c = m.config
  width = __torch__.zsic.layers.integer(c, "vision_config.hidden_size", 768)
  inner = __torch__.zsic.layers.integer(c, "vision_config.intermediate_size", 3072)
  patch = __torch__.zsic.layers.integer(c, "vision_config.patch_size", 32)
  grid = __torch__.zsic.layers.integer(c, "vision_config.image_size", 224) // patch
  shapes["vision_model.embeddings.class_embedding"] = [width]
  shapes["vision_model.embeddings.patch_embedding.weight"] = [width, 3, patch, patch]
  shapes["vision_model.embeddings.position_embedding.weight"] = [grid * grid + 1, width]
  count = __torch__.zsic.layers.integer(c, "vision_config.num_hidden_layers", 12)
  __torch__.zsic.layers.encoder_layers_shapes(shapes, "vision_model.encoder.layers.", count, width, inner)
  __torch__.zsic.layers.norm_shapes(shapes, "vision_model.pre_layrnorm", width)
  __torch__.zsic.layers.norm_shapes(shapes, "vision_model.post_layernorm", width)
  shapes["visual_projection.weight"] = [dimension, width]
  return None

def load_clip_vision(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  count = __torch__.zsic.layers.integer(m.config, "vision_config.num_hidden_layers", 12)
  kind = __torch__.zsic.layers.text(m.names, "vision_config.hidden_act", "quick_gelu")
  __torch__.zsic.layers.pack_patches(m, m.weights, "vision_model.embeddings.patch_embedding")
  m.layers["vision"] = __torch__.zsic.layers.encoder_layers(m, state, "vision_model.encoder.layers.", count, kind)
  return None

def encode_clip_images(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  pixels = __torch__.zsic.layers.pixel_values(images, m.processing, m.device)
  return __torch__.zsic.towers.encode_clip_pixels(m, pixels, m.weights["vision_model.embeddings.position_embedding.weight"])

def encode_clip_pixels(m: __torch__.zsic.model.Model, pixels: Tensor, positions: Tensor) -> Tensor:
  w = m.weights
  patch = __torch__.zsic.layers.integer(m.config, "vision_config.patch_size", 32)
  x = __torch__.zsic.layers.patches(pixels, w, "vision_model.embeddings.patch_embedding", patch)
  x = __torch__.zsic.layers.with_class_token(x, w["vision_model.embeddings.class_embedding"])
  x = x + positions
  eps = __torch__.zsic.layers.number(m.config, "vision_config.layer_norm_eps", 1.0e-05)
  heads = __torch__.zsic.layers.integer(m.config, "vision_config.num_attention_heads", 12)
  kind = __torch__.zsic.layers.text(m.names, "vision_config.hidden_act", "quick_gelu")
  x = __torch__.zsic.layers.layer_norm(x, w, "vision_model.pre_layrnorm", eps)
  x = __torch__.zsic.layers.encoder(x, m.layers["vision"], heads, kind, eps, False, None, __torch__.zsic.layers.first(x))
  x = __torch__.zsic.layers.layer_norm(x, w, "vision_model.post_layernorm", eps)
  return __torch__.zsic.layers.project(x, w["visual_projection.weight"])

# ------------------------------------------------------------------------------ CLIP, both towers

def clip_shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  dimension = __torch__.zsic.layers.integer(m.config, "projection_dim", 512)
  __torch__.zsic.towers.clip_text_shapes(m, shapes, dimension)
  __torch__.zsic.towers.clip_vision_shapes(m, shapes, dimension)
  shapes["logit_scale"] = annotate(List[int], [])
  return None

def load_clip(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  __torch__.zsic.towers.load_clip_text(m, state)
  __torch__.zsic.towers.load_clip_vision(m, state)
  return None

# ------------------------------------------------------------------------------------------ SigLIP

# What SigLIP and its NaFlex form have in common: models/siglip/modeling_siglip.py of transformers,
# SiglipTextModel, the layers of SiglipVisionModel, and SiglipMultiheadAttentionPoolingHead.
def check_siglip(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.layers.check_tower(found, m.config, m.names, "text_config.", 768, 12, "gelu_pytorch_tanh")
  __torch__.zsic.layers.check_tower(found, m.config, m.names, "vision_config.", 768, 12, "gelu_pytorch_tanh")
  for name in ["text_config.max_position_embeddings", "text_config.projection_size"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, name, 1, 1000000)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, "text_config.vocab_size", 1, 1000000000)
  if __torch__.zsic.layers.number(m.config, "vision_config.vision_use_head", 1.) == 0.:
    found.append("vision_config.vision_use_head is false, so the model makes no embedding of a picture")
  if len(found) == 0:
    dimension = __torch__.zsic.towers.siglip_dimension(m)
    width = __torch__.zsic.layers.integer(m.config, "vision_config.hidden_size", 768)
    if dimension != width:
      found.append("text_config.projection_size is " + str(dimension) + ", but vision_config.hidden_size is " + str(width))
  return None

def siglip_dimension(m: __torch__.zsic.model.Model) -> int:
  width = __torch__.zsic.layers.integer(m.config, "text_config.hidden_size", 768)
  return __torch__.zsic.layers.integer(m.config, "text_config.projection_size", width)

# The pipeline pads to 64 whatever the model has, which fails for those that have fewer positions.
def siglip_text_positions(m: __torch__.zsic.model.Model) -> int:
  positions = __torch__.zsic.layers.integer(m.config, "text_config.max_position_embeddings", 64)
  if positions > 64:
    positions = 64
  return positions

# All but the patch and position embeddings of the vision tower.
def siglip_shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  c = m.config
  width = __torch__.zsic.layers.integer(c, "text_config.hidden_size", 768)
  inner = __torch__.zsic.layers.integer(c, "text_config.intermediate_size", 3072)
  positions = __torch__.zsic.layers.integer(c, "text_config.max_position_embeddings", 64)
  shapes["text_model.embeddings.token_embedding.weight"] = [__torch__.zsic.layers.integer(c, "text_config.vocab_size", 32000), width]
  shapes["text_model.embeddings.position_embedding.weight"] = [positions, width]
  count = __torch__.zsic.layers.integer(c, "text_config.num_hidden_layers", 12)
  __torch__.zsic.layers.encoder_layers_shapes(shapes, "text_model.encoder.layers.", count, width, inner)
  __torch__.zsic.layers.norm_shapes(shapes, "text_model.final_layer_norm", width)
  __torch__.zsic.layers.linear_shapes(shapes, "text_model.head", __torch__.zsic.towers.siglip_dimension(m), width)
  width0 = __torch__.zsic.layers.integer(c, "vision_config.hidden_size", 768)
  inner0 = __torch__.zsic.layers.integer(c, "vision_config.intermediate_size", 3072)
  count0 = __torch__.zsic.layers.integer(c, "vision_config.num_hidden_layers", 12)
  __torch__.zsic.layers.encoder_layers_shapes(shapes, "vision_model.encoder.layers.", count0, width0, inner0)
  __torch__.zsic.layers.norm_shapes(shapes, "vision_model.post_layernorm", width0)
  shapes["vision_model.head.probe"] = [1, 1, width0]
  shapes["vision_model.head.attention.in_proj_weight"] = [3 * width0, width0]
  shapes["vision_model.head.attention.in_proj_bias"] = [3 * width0]
  __torch__.zsic.layers.linear_shapes(shapes, "vision_model.head.attention.out_proj", width0, width0)
  __torch__.zsic.layers.norm_shapes(shapes, "vision_model.head.layernorm", width0)
  __torch__.zsic.layers.linear_shapes(shapes, "vision_model.head.mlp.fc1", inner0, width0)
  __torch__.zsic.layers.linear_shapes(shapes, "vision_model.head.mlp.fc2", width0, inner0)
  shapes["logit_scale"] = [1]
  shapes["logit_bias"] = [1]
  return None

def load_siglip(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  count = __torch__.zsic.layers.integer(m.config, "text_config.num_hidden_layers", 12)
  kind = __torch__.zsic.layers.text(m.names, "text_config.hidden_act", "gelu_pytorch_tanh")
  m.layers["text"] = __torch__.zsic.layers.encoder_layers(m, state, "text_model.encoder.layers.", count, kind)
  count0 = __torch__.zsic.layers.integer(m.config, "vision_config.num_hidden_layers", 12)
  kind0 = __torch__.zsic.layers.text(m.names, "vision_config.hidden_act", "gelu_pytorch_tanh")
  m.layers["vision"] = __torch__.zsic.layers.encoder_layers(m, state, "vision_model.encoder.layers.", count0, kind0)
  head = "vision_model.head."
  __torch__.zsic.layers.pack_attention_pooling(m, head)
  __torch__.zsic.layers.pack_feed_forward(m, m.weights, head + "mlp.fc1", head + "mlp.fc2", kind0)
  for name in ["mlp.fc1", "mlp.fc2"]:
    __torch__.zsic.layers.pack(m, m.weights, head + name, True)
  return None

# Reads padding too, unless the tokenizer masks it: the last position is the text's embedding.
def encode_siglip_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  w = m.weights
  x = __torch__.zsic.layers.words(w, "text_model.embeddings.token_embedding.weight", ids)
  x = x + torch.narrow(w["text_model.embeddings.position_embedding.weight"], 0, 0, ids.size(1))
  eps = __torch__.zsic.layers.number(m.config, "text_config.layer_norm_eps", 1.0e-06)
  heads = __torch__.zsic.layers.integer(m.config, "text_config.num_attention_heads", 12)
  kind = __torch__.zsic.layers.text(m.names, "text_config.hidden_act", "gelu_pytorch_tanh")
  last = __torch__.zsic.layers.first(x) + (x.size(1) - 1)
  x = __torch__.zsic.layers.encoder(x, m.layers["text"], heads, kind, eps, False, __torch__.zsic.layers.key_mask(mask), last)
  x = __torch__.zsic.layers.layer_norm(x, w, "text_model.final_layer_norm", eps)
  return __torch__.zsic.layers.linear(x, w, "text_model.head")

# Patches with their positions, [batch, patches, width], through the layers and the head.
def encode_siglip_patches(m: __torch__.zsic.model.Model, x: Tensor, mask: Optional[Tensor]) -> Tensor:
  w = m.weights
  eps = __torch__.zsic.layers.number(m.config, "vision_config.layer_norm_eps", 1.0e-06)
  heads = __torch__.zsic.layers.integer(m.config, "vision_config.num_attention_heads", 12)
  kind = __torch__.zsic.layers.text(m.names, "vision_config.hidden_act", "gelu_pytorch_tanh")
  x = __torch__.zsic.layers.encoder(x, m.layers["vision"], heads, kind, eps, False, mask, None)
  x = __torch__.zsic.layers.layer_norm(x, w, "vision_model.post_layernorm", eps)
  x = __torch__.zsic.layers.attention_pooling(x, w, "vision_model.head.", heads, mask)
  h = __torch__.zsic.layers.layer_norm(x, w, "vision_model.head.layernorm", eps)
  return __torch__.zsic.layers.feed_forward(h, x, w, "vision_model.head.mlp.fc1", "vision_model.head.mlp.fc2", kind)

# -------------------------------------------------------------------------------------------- BERT

# The post-norm encoder of BERT and RoBERTa, as models/chinese_clip/modeling_chinese_clip.py and others
# of transformers repeat it. The tensors' names begin with a prefix; the sizes are in text_config. Some
# have no token types.
def check_bert(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.layers.check_tower(found, m.config, m.names, "text_config.", 768, 12, "gelu")
  for name in ["projection_dim", "text_config.max_position_embeddings", "text_config.type_vocab_size"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, name, 1, 1000000)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, "text_config.vocab_size", 1, 1000000000)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, "text_config.pad_token_id", 0, 1000000)
  return None

def bert_shapes(shapes: Dict[str, List[int]], prefix: str, vocabulary: int, positions: int, types: int, count: int, width: int, inner: int) -> NoneType:
  shapes[prefix + "embeddings.word_embeddings.weight"] = [vocabulary, width]
  shapes[prefix + "embeddings.position_embeddings.weight"] = [positions, width]
  if types > 0:
    shapes[prefix + "embeddings.token_type_embeddings.weight"] = [types, width]
  __torch__.zsic.layers.norm_shapes(shapes, prefix + "embeddings.LayerNorm", width)
  for i in range(count):
    layer = prefix + "encoder.layer." + str(i) + "."
    for name in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"]:
      __torch__.zsic.layers.linear_shapes(shapes, layer + name, width, width)
    __torch__.zsic.layers.norm_shapes(shapes, layer + "attention.output.LayerNorm", width)
    __torch__.zsic.layers.linear_shapes(shapes, layer + "intermediate.dense", inner, width)
    __torch__.zsic.layers.linear_shapes(shapes, layer + "output.dense", width, inner)
    __torch__.zsic.layers.norm_shapes(shapes, layer + "output.LayerNorm", width)
  return None

def load_bert(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], prefix: str, count: int) -> NoneType:
  kind = __torch__.zsic.layers.text(m.names, "text_config.hidden_act", "gelu")
  layers = annotate(List[Dict[str, Tensor]], [])
  for i in range(count):
    source = prefix + "encoder.layer." + str(i) + "."
    layer = annotate(Dict[str, Tensor], {})
    for suffix in [".weight", ".bias"]:
      q = __torch__.zsic.layers.weight(state, source + "attention.self.query" + suffix, m.device)
      k = __torch__.zsic.layers.weight(state, source + "attention.self.key" + suffix, m.device)
      v = __torch__.zsic.layers.weight(state, source + "attention.self.value" + suffix, m.device)
      layer["qkv" + suffix] = torch.cat([q, k, v], 0)
      for name in ["attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm"]:
        layer[name + suffix] = __torch__.zsic.layers.weight(state, source + name + suffix, m.device)
    __torch__.zsic.layers.pack_feed_forward(m, layer, "intermediate.dense", "output.dense", kind)
    __torch__.zsic.layers.pack_layer(m, layer)
    layers.append(layer)
  m.layers["text"] = layers
  return None

# The state of the first token, behind the last layer. A text's own length decides its positions, and
# padding is masked, so it does not reach that token.
def encode_bert(m: __torch__.zsic.model.Model, prefix: str, ids: Tensor, positions: Tensor, mask: Tensor, heads: int, kind: str, eps: float) -> Tensor:
  return __torch__.zsic.towers.encode_bert_tokens(m, prefix, ids, positions, mask, heads, kind, eps, False)

# The same, or the states of all tokens, [batch, tokens, width].
def encode_bert_tokens(m: __torch__.zsic.model.Model, prefix: str, ids: Tensor, positions: Tensor, mask: Tensor, heads: int, kind: str, eps: float, all: bool) -> Tensor:
  w = m.weights
  x = __torch__.zsic.layers.words(w, prefix + "embeddings.word_embeddings.weight", ids)
  types = prefix + "embeddings.token_type_embeddings.weight"
  if torch.__contains__(w, types):
    x = x + torch.select(w[types], 0, 0)
  x = x + torch.embedding(w[prefix + "embeddings.position_embeddings.weight"], positions)
  x = __torch__.zsic.layers.layer_norm(x, w, prefix + "embeddings.LayerNorm", eps)
  keys = __torch__.zsic.layers.key_mask(mask)
  layers = m.layers["text"]
  for i in range(len(layers)):
    layer = layers[i]
    h = __torch__.zsic.layers.self_attention(x, layer, heads, False, keys)
    if i == len(layers) - 1 and not all:
      start = __torch__.zsic.layers.first(x)
      h = __torch__.zsic.layers.at(h, start)
      x = __torch__.zsic.layers.at(x, start)
    x = __torch__.zsic.layers.linear_add(h, x, layer, "attention.output.dense", False)
    x = __torch__.zsic.layers.layer_norm(x, layer, "attention.output.LayerNorm", eps)
    x = __torch__.zsic.layers.feed_forward(x, x, layer, "intermediate.dense", "output.dense", kind)
    x = __torch__.zsic.layers.layer_norm(x, layer, "output.LayerNorm", eps)
  return x

# ------------------------------------------------------------------------------------ BLIP, vision

# The vision tower of BLIP and BLIP-2: models/blip/modeling_blip.py of transformers, BlipVisionModel.
def check_blip_vision(m: __torch__.zsic.model.Model, found: List[str], size: int) -> NoneType:
  __torch__.zsic.layers.check_tower(found, m.config, m.names, "vision_config.", 768, 12, "gelu")
  __torch__.zsic.layers.check_patches(found, m.config, m.names, m.processing, size)
  return None

def blip_vision_shapes(shapes: Dict[str, List[int]], count: int, width: int, inner: int, size: int, patch: int, bias: bool) -> NoneType:
  grid = size // patch
  shapes["vision_model.embeddings.class_embedding"] = [1, 1, width]
  shapes["vision_model.embeddings.patch_embedding.weight"] = [width, 3, patch, patch]
  shapes["vision_model.embeddings.patch_embedding.bias"] = [width]
  shapes["vision_model.embeddings.position_embedding"] = [1, grid * grid + 1, width]
  for i in range(count):
    layer = "vision_model.encoder.layers." + str(i) + "."
    shapes[layer + "self_attn.qkv.weight"] = [3 * width, width]
    if bias:
      shapes[layer + "self_attn.qkv.bias"] = [3 * width]
    __torch__.zsic.layers.linear_shapes(shapes, layer + "self_attn.projection", width, width)
    for norm in ["layer_norm1", "layer_norm2"]:
      __torch__.zsic.layers.norm_shapes(shapes, layer + norm, width)
    __torch__.zsic.layers.linear_shapes(shapes, layer + "mlp.fc1", inner, width)
    __torch__.zsic.layers.linear_shapes(shapes, layer + "mlp.fc2", width, inner)
  __torch__.zsic.layers.norm_shapes(shapes, "vision_model.post_layernorm", width)
  return None

def load_blip_vision(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], count: int) -> NoneType:
  kind = __torch__.zsic.layers.text(m.names, "vision_config.hidden_act", "gelu")
  __torch__.zsic.layers.pack_patches(m, m.weights, "vision_model.embeddings.patch_embedding")
  layers = annotate(List[Dict[str, Tensor]], [])
  for i in range(count):
    source = "vision_model.encoder.layers." + str(i) + "."
    layer = annotate(Dict[str, Tensor], {})
    layer["qkv.weight"] = __torch__.zsic.layers.weight(state, source + "self_attn.qkv.weight", m.device)
    if torch.__contains__(state, source + "self_attn.qkv.bias"):
      layer["qkv.bias"] = __torch__.zsic.layers.weight(state, source + "self_attn.qkv.bias", m.device)
    else:
      layer["qkv.bias"] = torch.zeros([layer["qkv.weight"].size(0)], dtype=6, device=torch.device(m.device))
    for suffix in [".weight", ".bias"]:
      layer["out_proj" + suffix] = __torch__.zsic.layers.weight(state, source + "self_attn.projection" + suffix, m.device)
      for name in ["layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2"]:
        layer[name + suffix] = __torch__.zsic.layers.weight(state, source + name + suffix, m.device)
    __torch__.zsic.layers.pack_feed_forward(m, layer, "mlp.fc1", "mlp.fc2", kind)
    __torch__.zsic.layers.pack_layer(m, layer)
    layers.append(layer)
  m.layers["vision"] = layers
  return None

# The states of all tokens, or of the class token, behind the norm.
def encode_blip_images(m: __torch__.zsic.model.Model, images: List[Tensor], patch: int, heads: int, kind: str, eps: float, all: bool) -> Tensor:
  w = m.weights
  x = __torch__.zsic.layers.pixel_values(images, m.processing, m.device)
  x = __torch__.zsic.layers.patches(x, w, "vision_model.embeddings.patch_embedding", patch)
  x = __torch__.zsic.layers.with_class_token(x, w["vision_model.embeddings.class_embedding"])
  x = x + w["vision_model.embeddings.position_embedding"]
  positions = annotate(Optional[Tensor], None)
  if not all:
    positions = __torch__.zsic.layers.first(x)
  x = __torch__.zsic.layers.encoder(x, m.layers["vision"], heads, kind, eps, False, None, positions)
  return __torch__.zsic.layers.layer_norm(x, w, "vision_model.post_layernorm", eps)
