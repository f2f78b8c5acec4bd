# BLIP (Li et al., "BLIP: Bootstrapping Language-Image Pre-training", 2022): models/blip/modeling_blip.py,
# modeling_blip_text.py and configuration_blip.py of transformers, BlipModel. The published image-text
# matching checkpoints are of another class and lack its projections.

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.towers.check_bert(m, found)
  __torch__.zsic.towers.check_blip_vision(m, found, 384)
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  c = m.config
  dimension = __torch__.zsic.layers.integer(c, "projection_dim", 512)
  width = __torch__.zsic.layers.integer(c, "text_config.hidden_size", 768)
  inner = __torch__.zsic.layers.integer(c, "text_config.intermediate_size", 3072)
  vocabulary = __torch__.zsic.layers.integer(c, "text_config.vocab_size", 30524)
  count = __torch__.zsic.layers.integer(c, "text_config.num_hidden_layers", 12)
  positions = __torch__.zsic.architecture.text_positions(m)
  __torch__.zsic.towers.bert_shapes(shapes, "text_model.", vocabulary, positions, 0, count, width, inner)
  __torch__.zsic.layers.linear_shapes(shapes, "text_model.pooler.dense", width, width)
  shapes["text_projection.weight"] = [dimension, width]
  width0 = __torch__.zsic.layers.integer(c, "vision_config.hidden_size", 768)
  inner0 = __torch__.zsic.layers.integer(c, "vision_config.intermediate_size", 3072)
  count0 = __torch__.zsic.layers.integer(c, "vision_config.num_hidden_layers", 12)
  size = __torch__.zsic.layers.integer(c, "vision_config.image_size", 384)
  patch = __torch__.zsic.layers.integer(c, "vision_config.patch_size", 16)
  __torch__.zsic.towers.blip_vision_shapes(shapes, count0, width0, inner0, size, patch, True)
  shapes["visual_projection.weight"] = [dimension, width0]
  shapes["logit_scale"] = annotate(List[int], [])
  return None

# What makes the text tower a decoder of pictures.
def ignored() -> List[str]:
  return [".crossattention."]

def load_layers(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  count = __torch__.zsic.layers.integer(m.config, "text_config.num_hidden_layers", 12)
  __torch__.zsic.towers.load_bert(m, state, "text_model.", count)
  count0 = __torch__.zsic.layers.integer(m.config, "vision_config.num_hidden_layers", 12)
  __torch__.zsic.towers.load_blip_vision(m, state, count0)
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
  heads = __torch__.zsic.layers.integer(m.config, "vision_config.num_attention_heads", 12)
  kind = __torch__.zsic.layers.text(m.names, "vision_config.hidden_act", "gelu")
  eps = __torch__.zsic.layers.number(m.config, "vision_config.layer_norm_eps", 1.0e-05)
  patch = __torch__.zsic.layers.integer(m.config, "vision_config.patch_size", 16)
  x = __torch__.zsic.towers.encode_blip_images(m, images, patch, heads, kind, eps, False)
  # The reference norms the first token a second time.
  x = __torch__.zsic.layers.layer_norm(x, m.weights, "vision_model.post_layernorm", eps)
  return __torch__.zsic.layers.project(x, m.weights["visual_projection.weight"])

def encode_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  positions = torch.unsqueeze(torch.arange(ids.size(1), dtype=4, device=torch.device(m.device)), 0)
  heads = __torch__.zsic.layers.integer(m.config, "text_config.num_attention_heads", 8)
  kind = __torch__.zsic.layers.text(m.names, "text_config.hidden_act", "gelu")
  eps = __torch__.zsic.layers.number(m.config, "text_config.layer_norm_eps", 1.0e-12)
  x = __torch__.zsic.towers.encode_bert(m, "text_model.", ids, positions, mask, heads, kind, eps)
  x = torch.tanh(__torch__.zsic.layers.linear(x, m.weights, "text_model.pooler.dense"))
  return torch.linear(x, m.weights["text_projection.weight"], None)
