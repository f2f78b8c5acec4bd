# SigLIP (Zhai et al., "Sigmoid Loss for Language Image Pre-Training", 2023), and the releases of
# SigLIP 2 for one fixed resolution: models/siglip/modeling_siglip.py and configuration_siglip.py of
# transformers.

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.towers.check_siglip(m, found)
  __torch__.zsic.layers.check_patches(found, m.config, m.names, m.processing, 224)
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  __torch__.zsic.towers.siglip_shapes(m, shapes)
  width = __torch__.zsic.layers.integer(m.config, "vision_config.hidden_size", 768)
  patch = __torch__.zsic.layers.integer(m.config, "vision_config.patch_size", 16)
  grid = __torch__.zsic.layers.integer(m.config, "vision_config.image_size", 224) // patch
  shapes["vision_model.embeddings.patch_embedding.weight"] = [width, 3, patch, patch]
  shapes["vision_model.embeddings.patch_embedding.bias"] = [width]
  shapes["vision_model.embeddings.position_embedding.weight"] = [grid * grid, width]
  return None

def ignored() -> List[str]:
  return annotate(List[str], [])

def load_layers(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  __torch__.zsic.layers.pack_patches(m, m.weights, "vision_model.embeddings.patch_embedding")
  __torch__.zsic.towers.load_siglip(m, state)
  return None

def text_positions(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.towers.siglip_text_positions(m)

def pads_texts(m: __torch__.zsic.model.Model) -> bool:
  return True

def logit_scale(m: __torch__.zsic.model.Model) -> float:
  return float(torch.exp(m.weights["logit_scale"]))

def logit_bias(m: __torch__.zsic.model.Model) -> float:
  return float(m.weights["logit_bias"])

def encode_images(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  w = m.weights
  x = __torch__.zsic.layers.pixel_values(images, m.processing, m.device)
  patch = __torch__.zsic.layers.integer(m.config, "vision_config.patch_size", 16)
  x = __torch__.zsic.layers.patches(x, w, "vision_model.embeddings.patch_embedding", patch)
  x = x + w["vision_model.embeddings.position_embedding.weight"]
  return __torch__.zsic.towers.encode_siglip_patches(m, x, None)

def encode_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  return __torch__.zsic.towers.encode_siglip_texts(m, ids, mask)
