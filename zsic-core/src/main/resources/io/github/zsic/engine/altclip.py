# AltCLIP (Chen et al., "AltCLIP: Altering the Language Encoder in CLIP for Extended Language
# Capabilities", 2022): models/altclip/modeling_altclip.py and configuration_altclip.py of transformers.
# CLIP's vision tower, and XLM-RoBERTa for texts.

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.towers.check_bert(m, found)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, "text_config.project_dim", 1, 1000000)
  if len(found) == 0 and __torch__.zsic.architecture.text_positions(m) < 1:
    found.append("text_config.max_position_embeddings leaves no position for text")
  __torch__.zsic.towers.check_clip_vision(m, found)
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  c = m.config
  dimension = __torch__.zsic.layers.integer(c, "projection_dim", 768)
  width = __torch__.zsic.layers.integer(c, "text_config.hidden_size", 1024)
  inner = __torch__.zsic.layers.integer(c, "text_config.intermediate_size", 4096)
  vocabulary = __torch__.zsic.layers.integer(c, "text_config.vocab_size", 250002)
  types = __torch__.zsic.layers.integer(c, "text_config.type_vocab_size", 1)
  count = __torch__.zsic.layers.integer(c, "text_config.num_hidden_layers", 24)
  positions = __torch__.zsic.layers.integer(c, "text_config.max_position_embeddings", 514)
  middle = __torch__.zsic.layers.integer(c, "text_config.project_dim", 768)
  __torch__.zsic.towers.bert_shapes(shapes, "text_model.roberta.", vocabulary, positions, types, count, width, inner)
  __torch__.zsic.layers.norm_shapes(shapes, "text_model.pre_LN", width)
  __torch__.zsic.layers.linear_shapes(shapes, "text_model.transformation", middle, width)
  shapes["text_projection.weight"] = [dimension, middle]
  __torch__.zsic.towers.clip_vision_shapes(m, shapes, dimension)
  shapes["logit_scale"] = annotate(List[int], [])
  return None

# BERT's head for the first token, which this model does not use.
def ignored() -> List[str]:
  return ["text_model.roberta.pooler."]

def load_layers(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  count = __torch__.zsic.layers.integer(m.config, "text_config.num_hidden_layers", 24)
  __torch__.zsic.towers.load_bert(m, state, "text_model.roberta.", count)
  __torch__.zsic.towers.load_clip_vision(m, state)
  return None

# The id of padding is also the position of padding; those of text come behind it.
def padding(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "text_config.pad_token_id", 1)

def text_positions(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "text_config.max_position_embeddings", 514) - __torch__.zsic.architecture.padding(m) - 1

def pads_texts(m: __torch__.zsic.model.Model) -> bool:
  return False

def logit_scale(m: __torch__.zsic.model.Model) -> float:
  return float(torch.exp(m.weights["logit_scale"]))

def logit_bias(m: __torch__.zsic.model.Model) -> float:
  return 0.

def encode_images(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  return __torch__.zsic.towers.encode_clip_images(m, images)

def encode_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  read = torch.to(torch.ne(ids, __torch__.zsic.architecture.padding(m)), 4, False, False)
  positions = torch.cumsum(read, 1) * read + __torch__.zsic.architecture.padding(m)
  heads = __torch__.zsic.layers.integer(m.config, "text_config.num_attention_heads", 16)
  kind = __torch__.zsic.layers.text(m.names, "text_config.hidden_act", "gelu")
  eps = __torch__.zsic.layers.number(m.config, "text_config.layer_norm_eps", 1.0e-05)
  x = __torch__.zsic.towers.encode_bert(m, "text_model.roberta.", ids, positions, mask, heads, kind, eps)
  x = __torch__.zsic.layers.layer_norm(x, m.weights, "text_model.pre_LN", eps)
  x = __torch__.zsic.layers.linear(x, m.weights, "text_model.transformation")
  return torch.linear(x, m.weights["text_projection.weight"], None)
