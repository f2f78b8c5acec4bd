# timm's plain vision transformer as OpenCLIP's tower for pictures (timm/models/vision_transformer.py, VisionTransformer):
# SigLIP's with attention pooling, those with a class token or an average, and MobileCLIP's, which makes patches in steps.

def activation(m: __torch__.zsic.model.Model) -> str:
  called = __torch__.zsic.timm.name(m)
  kind = "gelu"
  if torch.__contains__(called, "_quickgelu_"):
    kind = "quick_gelu"
  for tanh in ["vit_base_patch32_siglip_", "vit_large_patch16_siglip_512", "vit_so400m_patch16_siglip_", "vit_giantopt_"]:
    if torch.startswith(called, tanh, 0, -1):
      kind = "gelu_pytorch_tanh"
  return kind

def eps(m: __torch__.zsic.model.Model) -> float:
  value = 1.0e-06
  if torch.__contains__(__torch__.zsic.timm.name(m), "_clip_"):
    value = 1.0e-05
  return value

def count(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.stored_blocks(m, "visual.trunk.blocks.", ".norm1.weight")

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.timm.transformer_problems(m, found)
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  inner = __torch__.zsic.layers.stored_size(m, "visual.trunk.blocks.0.mlp.fc2.weight", 1)
  __torch__.zsic.layers.blocks_shapes(m, shapes, "visual.trunk.blocks.", __torch__.zsic.pictures.count(m), __torch__.zsic.timm.width(m), inner)
  __torch__.zsic.timm.transformer_shapes(m, shapes)
  return None

def load(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  kind = __torch__.zsic.pictures.activation(m)
  __torch__.zsic.timm.load_transformer(m, kind)
  m.layers["vision"] = __torch__.zsic.layers.blocks(m, state, "visual.trunk.blocks.", __torch__.zsic.pictures.count(m), kind)
  return None

def encode(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  eps = __torch__.zsic.pictures.eps(m)
  kind = __torch__.zsic.pictures.activation(m)
  heads = __torch__.zsic.timm.heads(m)
  x = __torch__.zsic.timm.embed(m, images, eps)
  x = __torch__.zsic.layers.encoder(x, m.layers["vision"], heads, kind, eps, False, None, __torch__.zsic.timm.counting(m, x))
  return __torch__.zsic.timm.finish(m, x, heads, kind, eps)
