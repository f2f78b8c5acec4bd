# Chinese CLIP (Yang et al., "Chinese CLIP: Contrastive Vision-Language Pretraining in Chinese", 2022):
# models/chinese_clip/modeling_chinese_clip.py and configuration_chinese_clip.py of transformers. CLIP's
# vision tower, and BERT for texts.

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.towers.check_bert(m, found)
  __torch__.zsic.towers.check_clip_vision(m, found)
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  c = m.config
  dimension = __torch__.zsic.layers.integer(c, "projection_dim", 512)
  width = __torch__.zsic.layers.integer(c, "text_config.hidden_size", 768)
  inner = __torch__.zsic.layers.integer(c, "text_config.intermediate_size", 3072)
  vocabulary = __torch__.zsic.layers.integer(c, "text_config.vocab_size", 30522)
  types = __torch__.zsic.layers.integer(c, "text_config.type_vocab_size", 2)
  count = __torch__.zsic.layers.integer(c, "text_config.num_hidden_layers", 12)
  positions = __torch__.zsic.architecture.text_positions(m)
  __torch__.zsic.towers.bert_shapes(shapes, "text_model.", vocabulary, positions, types, count, width, inner)
  shapes["text_projection.weight"] = [dimension, width]
  __torch__.zsic.towers.clip_vision_shapes(m, shapes, dimension)
  shapes["logit_scale"] = annotate(List[int], [])
  return None

# BERT's head for the first token, which this model does not use.
def ignored() -> List[str]:
  return ["text_model.pooler."]

def load_layers(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  count = __torch__.zsic.layers.integer(m.config, "text_config.num_hidden_layers", 12)
  __torch__.zsic.towers.load_bert(m, state, "text_model.", count)
  __torch__.zsic.towers.load_clip_vision(m, state)
  return None

def text_positions(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "text_config.max_position_embeddings", 512)

def pads_texts(m: __torch__.zsic.model.Model) -> bool:
  return False

def logit_scale(m: __torch__.zsic.model.Model) -> float:
  return float(torch.exp(m.weights["logit_scale"]))

def logit_bias(m: __torch__.zsic.model.Model) -> float:
  return 0.

def encode_images(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  return __torch__.zsic.towers.encode_clip_images(m, images)

def encode_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  positions = torch.unsqueeze(torch.arange(ids.size(1), dtype=4, device=torch.device(m.device)), 0)
  heads = __torch__.zsic.layers.integer(m.config, "text_config.num_attention_heads", 12)
  kind = __torch__.zsic.layers.text(m.names, "text_config.hidden_act", "gelu")
  eps = __torch__.zsic.layers.number(m.config, "text_config.layer_norm_eps", 1.0e-12)
  x = __torch__.zsic.towers.encode_bert(m, "text_model.", ids, positions, mask, heads, kind, eps)
  return torch.linear(x, m.weights["text_projection.weight"], None)
