# The CLIP in CLIPSeg (Lueddecke and Ecker, "Image Segmentation Using Text and Image Prompts", 2021):
# models/clipseg/modeling_clipseg.py and configuration_clipseg.py of transformers, CLIPSegModel. It takes
# pictures of any one size, by interpolation of its position embeddings.

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.towers.check_clip_text(m, found)
  __torch__.zsic.layers.check_tower(found, m.config, m.names, "vision_config.", 768, 12, "quick_gelu")
  for name in ["vision_config.image_size", "vision_config.patch_size"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, name, 1, 1000000)
  if len(found) == 0:
    size = __torch__.zsic.layers.check_fixed(found, m.processing)
    if len(found) == 0:
      patch = __torch__.zsic.layers.integer(m.config, "vision_config.patch_size", 32)
      if size[0] < patch or size[1] < patch:
        found.append("the image processor makes pictures smaller than one patch of " + str(patch) + " pixels")
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  __torch__.zsic.towers.clip_shapes(m, shapes)
  return None

# What makes it segment.
def ignored() -> List[str]:
  return ["decoder."]

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
  pixels = __torch__.zsic.layers.pixel_values(images, m.processing, m.device)
  positions = m.weights["vision_model.embeddings.position_embedding.weight"]
  patch = __torch__.zsic.layers.integer(m.config, "vision_config.patch_size", 32)
  rows = pixels.size(2) // patch
  columns = pixels.size(3) // patch
  if rows * columns != positions.size(0) - 1 or pixels.size(2) != pixels.size(3):
    side = __torch__.zsic.layers.integer(m.config, "vision_config.image_size", 224) // patch
    width = positions.size(1)
    table = torch.permute(torch.view(torch.narrow(positions, 0, 1, side * side), [1, side, side, width]), [0, 3, 1, 2])
    table = torch.upsample_bicubic2d(table, [rows, columns], False, None, None)
    table = torch.reshape(torch.permute(table, [0, 2, 3, 1]), [rows * columns, width])
    positions = torch.cat([torch.narrow(positions, 0, 0, 1), table], 0)
  return __torch__.zsic.towers.encode_clip_pixels(m, pixels, positions)

def encode_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  return __torch__.zsic.towers.encode_clip_text(m, ids, __torch__.zsic.towers.clip_end(m, ids, mask))
