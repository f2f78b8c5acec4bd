# BLIP-2 (Li et al., "BLIP-2: Bootstrapping Language-Image Pre-training with Frozen Image Encoders and
# Large Language Models", 2023): models/blip_2/modeling_blip_2.py and configuration_blip_2.py of
# transformers, Blip2ForImageTextRetrieval without its matching head. A picture has one embedding for each
# query of the Q-Former; the nearest to a text decides, and there is no scale.

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.layers.check_tower(found, m.config, m.names, "qformer_config.", 768, 12, "gelu")
  __torch__.zsic.layers.check_tower(found, m.config, m.names, "vision_config.", 1408, 16, "gelu")
  for name in ["num_query_tokens", "image_text_hidden_size", "qformer_config.max_position_embeddings", "qformer_config.cross_attention_frequency", "qformer_config.encoder_hidden_size"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, name, 1, 1000000)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, "qformer_config.vocab_size", 1, 1000000000)
  __torch__.zsic.layers.check_patches(found, m.config, m.names, m.processing, 224)
  if __torch__.zsic.layers.number(m.config, "qformer_config.use_qformer_text_input", 0.) == 0.:
    found.append("qformer_config.use_qformer_text_input is not true, so the checkpoint is not one for image-text retrieval")
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  c = m.config
  dimension = __torch__.zsic.layers.integer(c, "image_text_hidden_size", 256)
  width = __torch__.zsic.layers.integer(c, "qformer_config.hidden_size", 768)
  inner = __torch__.zsic.layers.integer(c, "qformer_config.intermediate_size", 3072)
  width0 = __torch__.zsic.layers.integer(c, "vision_config.hidden_size", 1408)
  inner0 = __torch__.zsic.layers.integer(c, "vision_config.intermediate_size", 6144)
  count0 = __torch__.zsic.layers.integer(c, "vision_config.num_hidden_layers", 39)
  size = __torch__.zsic.layers.integer(c, "vision_config.image_size", 224)
  patch = __torch__.zsic.layers.integer(c, "vision_config.patch_size", 14)
  bias = __torch__.zsic.layers.number(c, "vision_config.qkv_bias", 1.) != 0.
  __torch__.zsic.towers.blip_vision_shapes(shapes, count0, width0, inner0, size, patch, bias)
  shapes["query_tokens"] = [1, __torch__.zsic.layers.integer(c, "num_query_tokens", 32), width]
  shapes["embeddings.word_embeddings.weight"] = [__torch__.zsic.layers.integer(c, "qformer_config.vocab_size", 30522), width]
  shapes["embeddings.position_embeddings.weight"] = [__torch__.zsic.architecture.text_positions(m), width]
  __torch__.zsic.layers.norm_shapes(shapes, "qformer.layernorm", width)
  frequency = __torch__.zsic.layers.integer(c, "qformer_config.cross_attention_frequency", 2)
  seen = __torch__.zsic.layers.integer(c, "qformer_config.encoder_hidden_size", 1408)
  for i in range(__torch__.zsic.layers.integer(c, "qformer_config.num_hidden_layers", 12)):
    layer = "qformer.encoder.layer." + str(i) + "."
    for name in ["attention.attention.query", "attention.attention.key", "attention.attention.value", "attention.output.dense"]:
      __torch__.zsic.layers.linear_shapes(shapes, layer + name, width, width)
    __torch__.zsic.layers.norm_shapes(shapes, layer + "attention.output.LayerNorm", width)
    if i % frequency == 0:
      for name in ["crossattention.attention.query", "crossattention.output.dense"]:
        __torch__.zsic.layers.linear_shapes(shapes, layer + name, width, width)
      for name in ["crossattention.attention.key", "crossattention.attention.value"]:
        __torch__.zsic.layers.linear_shapes(shapes, layer + name, width, seen)
      __torch__.zsic.layers.norm_shapes(shapes, layer + "crossattention.output.LayerNorm", width)
    for part in ["", "_query"]:
      __torch__.zsic.layers.linear_shapes(shapes, layer + "intermediate" + part + ".dense", inner, width)
      __torch__.zsic.layers.linear_shapes(shapes, layer + "output" + part + ".dense", width, inner)
      __torch__.zsic.layers.norm_shapes(shapes, layer + "output" + part + ".LayerNorm", width)
  __torch__.zsic.layers.linear_shapes(shapes, "vision_projection", dimension, width)
  __torch__.zsic.layers.linear_shapes(shapes, "text_projection", dimension, width)
  return None

# The head that looks at picture and text together.
def ignored() -> List[str]:
  return ["itm_head."]

def load_layers(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  count0 = __torch__.zsic.layers.integer(m.config, "vision_config.num_hidden_layers", 39)
  __torch__.zsic.towers.load_blip_vision(m, state, count0)
  kind = __torch__.zsic.layers.text(m.names, "qformer_config.hidden_act", "gelu")
  layers = annotate(List[Dict[str, Tensor]], [])
  for i in range(__torch__.zsic.layers.integer(m.config, "qformer_config.num_hidden_layers", 12)):
    source = "qformer.encoder.layer." + str(i) + "."
    layer = annotate(Dict[str, Tensor], {})
    for suffix in [".weight", ".bias"]:
      q = __torch__.zsic.layers.weight(state, source + "attention.attention.query" + suffix, m.device)
      k = __torch__.zsic.layers.weight(state, source + "attention.attention.key" + suffix, m.device)
      v = __torch__.zsic.layers.weight(state, source + "attention.attention.value" + suffix, m.device)
      layer["qkv" + suffix] = torch.cat([q, k, v], 0)
      for name in ["attention.output.dense", "attention.output.LayerNorm"]:
        layer[name + suffix] = __torch__.zsic.layers.weight(state, source + name + suffix, m.device)
      for part in ["", "_query"]:
        for name in ["intermediate" + part + ".dense", "output" + part + ".dense", "output" + part + ".LayerNorm"]:
          layer[name + suffix] = __torch__.zsic.layers.weight(state, source + name + suffix, m.device)
      if torch.__contains__(state, source + "crossattention.output.dense.weight"):
        for name in ["crossattention.attention.query", "crossattention.attention.key", "crossattention.attention.value", "crossattention.output.dense", "crossattention.output.LayerNorm"]:
          layer[name + suffix] = __torch__.zsic.layers.weight(state, source + name + suffix, m.device)
    for part in ["", "_query"]:
      __torch__.zsic.layers.pack_feed_forward(m, layer, "intermediate" + part + ".dense", "output" + part + ".dense", kind)
    __torch__.zsic.layers.pack_layer(m, layer)
    layers.append(layer)
  m.layers["qformer"] = layers
  return None

def text_positions(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "qformer_config.max_position_embeddings", 512)

def pads_texts(m: __torch__.zsic.model.Model) -> bool:
  return False

def logit_scale(m: __torch__.zsic.model.Model) -> float:
  return 1.

def logit_bias(m: __torch__.zsic.model.Model) -> float:
  return 0.

# Attention of x to the tokens of a picture, before the last projection.
def cross_attention(x: Tensor, picture: Tensor, layer: Dict[str, Tensor], heads: int) -> Tensor:
  batch = x.size(0)
  width = x.size(2)
  q = __torch__.zsic.layers.linear(x, layer, "crossattention.attention.query")
  k = __torch__.zsic.layers.linear(picture, layer, "crossattention.attention.key")
  v = __torch__.zsic.layers.linear(picture, layer, "crossattention.attention.value")
  q = torch.transpose(torch.view(q, [batch, -1, heads, width // heads]), 1, 2)
  k = torch.transpose(torch.view(k, [batch, -1, heads, width // heads]), 1, 2)
  v = torch.transpose(torch.view(v, [batch, -1, heads, width // heads]), 1, 2)
  h = torch.scaled_dot_product_attention(q, k, v, None, 0., False)
  return torch.reshape(torch.transpose(h, 1, 2), [batch, -1, width])

# The Q-Former reads either its queries, which look at the picture, or a text; each has its own
# feed-forward part.
def qformer(m: __torch__.zsic.model.Model, x: Tensor, mask: Optional[Tensor], picture: Optional[Tensor], part: str) -> Tensor:
  heads = __torch__.zsic.layers.integer(m.config, "qformer_config.num_attention_heads", 12)
  kind = __torch__.zsic.layers.text(m.names, "qformer_config.hidden_act", "gelu")
  eps = __torch__.zsic.layers.number(m.config, "qformer_config.layer_norm_eps", 1.0e-12)
  x = __torch__.zsic.layers.layer_norm(x, m.weights, "qformer.layernorm", eps)
  for layer in m.layers["qformer"]:
    h = __torch__.zsic.layers.self_attention(x, layer, heads, False, mask)
    x = __torch__.zsic.layers.linear_add(h, x, layer, "attention.output.dense", False)
    x = __torch__.zsic.layers.layer_norm(x, layer, "attention.output.LayerNorm", eps)
    if picture is not None and torch.__contains__(layer, "crossattention.output.dense.weight"):
      h = __torch__.zsic.architecture.cross_attention(x, picture, layer, heads)
      x = __torch__.zsic.layers.linear_add(h, x, layer, "crossattention.output.dense", False)
      x = __torch__.zsic.layers.layer_norm(x, layer, "crossattention.output.LayerNorm", eps)
    x = __torch__.zsic.layers.feed_forward(x, x, layer, "intermediate" + part + ".dense", "output" + part + ".dense", kind)
    x = __torch__.zsic.layers.layer_norm(x, layer, "output" + part + ".LayerNorm", eps)
  return x

def encode_images(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  heads = __torch__.zsic.layers.integer(m.config, "vision_config.num_attention_heads", 16)
  kind = __torch__.zsic.layers.text(m.names, "vision_config.hidden_act", "gelu")
  eps = __torch__.zsic.layers.number(m.config, "vision_config.layer_norm_eps", 1.0e-06)
  patch = __torch__.zsic.layers.integer(m.config, "vision_config.patch_size", 14)
  picture = __torch__.zsic.towers.encode_blip_images(m, images, patch, heads, kind, eps, True)
  queries = torch.expand(m.weights["query_tokens"], [picture.size(0), -1, -1])
  x = __torch__.zsic.architecture.qformer(m, queries, None, picture, "_query")
  return __torch__.zsic.layers.linear(x, m.weights, "vision_projection")

def encode_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  x = __torch__.zsic.layers.words(m.weights, "embeddings.word_embeddings.weight", ids)
  x = x + torch.narrow(m.weights["embeddings.position_embeddings.weight"], 0, 0, ids.size(1))
  x = __torch__.zsic.architecture.qformer(m, x, __torch__.zsic.layers.key_mask(mask), None, "")
  return __torch__.zsic.layers.linear(torch.select(x, 1, 0), m.weights, "text_projection")
