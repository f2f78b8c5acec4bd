# What OpenCLIP puts behind a tower of timm (src/open_clip/timm_model.py): nothing, a projection, or two with an activation
# between them; or timm's own projection.

# The projection that the checkpoint has, "" if none.
def projection(m: __torch__.zsic.model.Model) -> str:
  found = ""
  for name in ["visual.head.proj", "visual.trunk.head", "visual.trunk.head.fc"]:
    if torch.__contains__(m.stored, name + ".weight"):
      found = name
  return found

def problems(m: __torch__.zsic.model.Model, found: List[str], width: int) -> NoneType:
  made = width
  mlp = __torch__.zsic.layers.stored_size(m, "visual.head.mlp.fc2.weight", 0)
  name = __torch__.zsic.heads.projection(m)
  if mlp > 0:
    made = mlp
  elif name != "":
    made = __torch__.zsic.layers.stored_size(m, name + ".weight", 0)
  dimension = __torch__.zsic.architecture.dimension(m)
  if made != dimension:
    found.append("the vision tower makes embeddings of " + str(made) + " numbers, but model_cfg.embed_dim is " + str(dimension))
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]], width: int) -> NoneType:
  dimension = __torch__.zsic.architecture.dimension(m)
  inner = __torch__.zsic.layers.stored_size(m, "visual.head.mlp.fc1.weight", 0)
  name = __torch__.zsic.heads.projection(m)
  if inner > 0:
    __torch__.zsic.layers.linear_shapes(shapes, "visual.head.mlp.fc1", inner, width)
    shapes["visual.head.mlp.fc2.weight"] = [dimension, inner]
    __torch__.zsic.layers.optional_shape(m, shapes, "visual.head.mlp.fc2.bias", [dimension])
  elif name != "":
    shapes[name + ".weight"] = [dimension, width]
    __torch__.zsic.layers.optional_shape(m, shapes, name + ".bias", [dimension])
  return None

# What the tower has found, [batch, width], in the shared space.
def project(m: __torch__.zsic.model.Model, x: Tensor) -> Tensor:
  w = m.weights
  name = __torch__.zsic.heads.projection(m)
  if torch.__contains__(w, "visual.head.mlp.fc1.weight"):
    x = __torch__.zsic.layers.project(x, w["visual.head.mlp.fc1.weight"]) + w["visual.head.mlp.fc1.bias"]
    x = torch.gelu_(x, approximate="none")
    name = "visual.head.mlp.fc2"
  if name != "":
    x = __torch__.zsic.layers.project(x, w[name + ".weight"])
    if torch.__contains__(w, name + ".bias"):
      x = x + w[name + ".bias"]
  return x
