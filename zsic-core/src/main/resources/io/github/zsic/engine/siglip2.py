# SigLIP 2 in its NaFlex form (Tschannen et al., "SigLIP 2", 2025), which keeps the aspect of a picture:
# models/siglip2/modeling_siglip2.py, configuration_siglip2.py and image_processing_siglip2.py of
# transformers.

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.towers.check_siglip(m, found)
  before = len(found)
  for name in ["vision_config.patch_size", "vision_config.num_patches"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, name, 1, 1000000)
  if len(found) == before:
    patch = __torch__.zsic.layers.integer(m.config, "vision_config.patch_size", 16)
    side = __torch__.zsic.architecture.grid(m)
    count = __torch__.zsic.layers.integer(m.config, "vision_config.num_patches", 256)
    if side * side != count:
      found.append("vision_config.num_patches " + str(count) + " is no square number")
    if not torch.__contains__(m.processing, "max_num_patches"):
      found.append("the image processor makes pictures of one size, but the model takes patches")
    elif int(m.processing["patch_size"]) != patch:
      found.append("the image processor makes patches of " + str(int(m.processing["patch_size"])) + " pixels, but vision_config.patch_size is " + str(patch))
  return None

# The position embeddings are a square of this many patches to a side.
def grid(m: __torch__.zsic.model.Model) -> int:
  count = __torch__.zsic.layers.integer(m.config, "vision_config.num_patches", 256)
  side = 1
  while (side + 1) * (side + 1) <= count:
    side = side + 1
  return side

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  __torch__.zsic.towers.siglip_shapes(m, shapes)
  width = __torch__.zsic.layers.integer(m.config, "vision_config.hidden_size", 768)
  patch = __torch__.zsic.layers.integer(m.config, "vision_config.patch_size", 16)
  __torch__.zsic.layers.linear_shapes(shapes, "vision_model.embeddings.patch_embedding", width, 3 * patch * patch)
  shapes["vision_model.embeddings.position_embedding.weight"] = [__torch__.zsic.layers.integer(m.config, "vision_config.num_patches", 256), width]
  return None

def ignored() -> List[str]:
  return annotate(List[str], [])

def load_layers(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  __torch__.zsic.layers.pack(m, m.weights, "vision_model.embeddings.patch_embedding", False)
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

# A side scaled and rounded up to whole patches, at least one.
def scaled(size: int, scale: float, patch: int) -> int:
  patches = int(torch.ceil(float(size) * scale / float(patch)))
  if patches < 1:
    patches = 1
  return patches * patch

# Height and width after the resize: get_image_size_for_max_num_patches.
def resized(height: int, width: int, patch: int, limit: int) -> List[int]:
  low = 1.0e-06
  high = 100.
  while high - low >= 1.0e-05:
    scale = (low + high) / 2.
    rows = __torch__.zsic.architecture.scaled(height, scale, patch) // patch
    columns = __torch__.zsic.architecture.scaled(width, scale, patch) // patch
    if rows * columns <= limit:
      low = scale
    else:
      high = scale
  return [__torch__.zsic.architecture.scaled(height, low, patch), __torch__.zsic.architecture.scaled(width, low, patch)]

# Pictures of different shapes have different numbers of patches. Those with the same number are computed together,
# without padding, where the reference pads all to the largest number that is allowed and masks that.
def encode_images(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  w = m.weights
  patch = int(m.processing["patch_size"])
  side = __torch__.zsic.architecture.grid(m)
  table = w["vision_model.embeddings.position_embedding.weight"]
  table = torch.unsqueeze(torch.permute(torch.view(table, [side, side, -1]), [2, 0, 1]), 0)
  pictures = annotate(List[Tensor], [])
  for image in images:
    x = torch.unsqueeze(torch.permute(image, [2, 0, 1]), 0)
    if m.processing["do_resize"] != 0.:
      size = __torch__.zsic.architecture.resized(image.size(0), image.size(1), patch, int(m.processing["max_num_patches"]))
      x = __torch__.zsic.layers.resize(x, size, int(m.processing["resample"]))
    x = __torch__.zsic.layers.rescale_and_normalize(x, m.processing, m.device)
    rows = x.size(2) // patch
    columns = x.size(3) // patch
    x = torch.view(x, [3, rows, patch, columns, patch])
    x = torch.reshape(torch.permute(x, [1, 3, 2, 4, 0]), [rows * columns, -1])
    x = torch.to(__torch__.zsic.layers.linear(x, w, "vision_model.embeddings.patch_embedding"), 6, False, False)
    positions = torch._upsample_bilinear2d_aa(table, [rows, columns], False, None, None)
    x = x + torch.transpose(torch.flatten(torch.squeeze(positions, 0), 1, -1), 0, 1)
    pictures.append(x)
  results = annotate(Dict[int, Tensor], {})
  for i in range(len(pictures)):
    if not torch.__contains__(results, i):
      alike = annotate(List[int], [])
      batch = annotate(List[Tensor], [])
      for j in range(i, len(pictures)):
        if pictures[j].size(0) == pictures[i].size(0):
          alike.append(j)
          batch.append(pictures[j])
      x = __torch__.zsic.towers.encode_siglip_patches(m, torch.stack(batch, 0), None)
      for j in range(len(alike)):
        results[alike[j]] = torch.select(x, 0, j)
  ordered = annotate(List[Tensor], [])
  for i in range(len(pictures)):
    ordered.append(results[i])
  return torch.stack(ordered, 0)

def encode_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  return __torch__.zsic.towers.encode_siglip_texts(m, ids, mask)
