# CLIP (Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021):
# models/clip/modeling_clip.py and configuration_clip.py of transformers.

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.towers.check_clip_text(m, found)
  __torch__.zsic.towers.check_clip_vision(m, found)
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  __torch__.zsic.towers.clip_shapes(m, shapes)
  return None

def ignored() -> List[str]:
  return annotate(List[str], [])

def load_layers(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  __torch__.zsic.towers.load_clip(m, state)
  return None

def text_positions(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "text_config.max_position_embeddings", 77)

def pads_texts(m: __torch__.zsic.model.Model) -> bool:
  return False

def logit_scale(m: __torch__.zsic.model.Model) -> float:
  return float(torch.exp(m.weights["logit_scale"]))

def logit_bias(m: __torch__.zsic.model.Model) -> float:
  return 0.

def encode_images(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  return __torch__.zsic.towers.encode_clip_images(m, images)

def encode_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  return __torch__.zsic.towers.encode_clip_text(m, ids, __torch__.zsic.towers.clip_end(m, ids, mask))
