# CLIP: models/clip/modeling_clip.py and configuration_clip.py of transformers.

class Clip(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  config : Dict[str, float]
  names : Dict[str, str]
  processing : Dict[str, float]
  device : str
  weights : Dict[str, Tensor]
  vision_layers : List[Dict[str, Tensor]]
  text_layers : List[Dict[str, Tensor]]

  # The numbers and strings of config.json ("text_config.hidden_size"), the numbers of the image
  # processor's settings, and where to run.
  def configure(self: __torch__.zsic.clip.Clip, config: Dict[str, float], names: Dict[str, str], processing: Dict[str, float], device: str) -> NoneType:
    self.config = config
    self.names = names
    self.processing = processing
    self.device = device
    return None

  # What in the configuration cannot be run, for people to read. Called before anything else.
  def problems(self: __torch__.zsic.clip.Clip) -> List[str]:
    found = annotate(List[str], [])
    c = self.config
    n = self.names
    __torch__.zsic.layers.check_tower(found, c, n, "text_config.", 512, 8, "quick_gelu")
    __torch__.zsic.layers.check_tower(found, c, n, "vision_config.", 768, 12, "quick_gelu")
    for name in ["projection_dim", "text_config.max_position_embeddings", "vision_config.image_size", "vision_config.patch_size"]:
      __torch__.zsic.layers.check_integer(found, c, n, name, 1, 1000000)
    __torch__.zsic.layers.check_integer(found, c, n, "text_config.vocab_size", 1, 1000000000)
    __torch__.zsic.layers.check_integer(found, c, n, "text_config.eos_token_id", 0, 1000000000)
    if len(found) == 0:
      __torch__.zsic.layers.check_picture(found, self.processing, __torch__.zsic.layers.integer(c, "vision_config.image_size", 224))
    return found

  # Name and shape of every tensor that load() reads.
  def shapes(self: __torch__.zsic.clip.Clip) -> Dict[str, List[int]]:
    c = self.config
    shapes = annotate(Dict[str, List[int]], {})
    dimension = __torch__.zsic.layers.integer(c, "projection_dim", 512)
    width = __torch__.zsic.layers.integer(c, "text_config.hidden_size", 512)
    inner = __torch__.zsic.layers.integer(c, "text_config.intermediate_size", 2048)
    shapes["text_model.embeddings.token_embedding.weight"] = [__torch__.zsic.layers.integer(c, "text_config.vocab_size", 49408), width]
    shapes["text_model.embeddings.position_embedding.weight"] = [(self).text_positions(), width]
    for i in range(__torch__.zsic.layers.integer(c, "text_config.num_hidden_layers", 12)):
      shapes = __torch__.zsic.layers.encoder_layer_shapes(shapes, "text_model.encoder.layers." + str(i) + ".", width, inner)
    shapes["text_model.final_layer_norm.weight"] = [width]
    shapes["text_model.final_layer_norm.bias"] = [width]
    shapes["text_projection.weight"] = [dimension, width]
    width0 = __torch__.zsic.layers.integer(c, "vision_config.hidden_size", 768)
    inner0 = __torch__.zsic.layers.integer(c, "vision_config.intermediate_size", 3072)
    patch = __torch__.zsic.layers.integer(c, "vision_config.patch_size", 32)
    grid = __torch__.zsic.layers.integer(c, "vision_config.image_size", 224) // patch
    shapes["vision_model.embeddings.class_embedding"] = [width0]
    shapes["vision_model.embeddings.patch_embedding.weight"] = [width0, 3, patch, patch]
    shapes["vision_model.embeddings.position_embedding.weight"] = [grid * grid + 1, width0]
    for i0 in range(__torch__.zsic.layers.integer(c, "vision_config.num_hidden_layers", 12)):
      shapes = __torch__.zsic.layers.encoder_layer_shapes(shapes, "vision_model.encoder.layers." + str(i0) + ".", width0, inner0)
    for norm in ["pre_layrnorm", "post_layernorm"]:
      shapes["vision_model." + norm + ".weight"] = [width0]
      shapes["vision_model." + norm + ".bias"] = [width0]
    shapes["visual_projection.weight"] = [dimension, width0]
    shapes["logit_scale"] = annotate(List[int], [])
    return shapes

  # Takes the whole state dict once and keeps what it makes of it.
  def load(self: __torch__.zsic.clip.Clip, state: Dict[str, List[Tensor]]) -> NoneType:
    weights = annotate(Dict[str, Tensor], {})
    for name in (self).shapes():
      if not torch.__contains__(name, ".layers."):
        weights[name] = __torch__.zsic.layers.weight(state, name, self.device)
    self.weights = weights
    count = __torch__.zsic.layers.integer(self.config, "text_config.num_hidden_layers", 12)
    self.text_layers = __torch__.zsic.layers.encoder_layers(state, "text_model.encoder.layers.", count, self.device)
    count0 = __torch__.zsic.layers.integer(self.config, "vision_config.num_hidden_layers", 12)
    self.vision_layers = __torch__.zsic.layers.encoder_layers(state, "vision_model.encoder.layers.", count0, self.device)
    return None

  # How many tokens the text tower reads.
  def text_positions(self: __torch__.zsic.clip.Clip) -> int:
    return __torch__.zsic.layers.integer(self.config, "text_config.max_position_embeddings", 77)

  # logit = scale * cosine + bias
  def logit_scale(self: __torch__.zsic.clip.Clip) -> float:
    return float(torch.exp(self.weights["logit_scale"]))

  def logit_bias(self: __torch__.zsic.clip.Clip) -> float:
    return 0.

  # uint8 pictures [height, width, 3] of any size to unit vectors, float32 [batch, dimension] on the CPU.
  def encode_images(self: __torch__.zsic.clip.Clip, images: List[Tensor]) -> Tensor:
    w = self.weights
    pixels = __torch__.zsic.layers.pixel_values(images, self.processing, self.device)
    batch = pixels.size(0)
    kernel = w["vision_model.embeddings.patch_embedding.weight"]
    patches = torch.conv2d(pixels, kernel, None, [kernel.size(2), kernel.size(3)], [0, 0], [1, 1], 1)
    patches = torch.transpose(torch.flatten(patches, 2, -1), 1, 2)
    cls = torch.expand(torch.view(w["vision_model.embeddings.class_embedding"], [1, 1, -1]), [batch, 1, -1])
    x = torch.cat([cls, patches], 1) + w["vision_model.embeddings.position_embedding.weight"]
    eps = __torch__.zsic.layers.number(self.config, "vision_config.layer_norm_eps", 1.0e-05)
    heads = __torch__.zsic.layers.integer(self.config, "vision_config.num_attention_heads", 12)
    kind = __torch__.zsic.layers.text(self.names, "vision_config.hidden_act", "quick_gelu")
    x = __torch__.zsic.layers.layer_norm(x, w, "vision_model.pre_layrnorm", eps)
    x = __torch__.zsic.layers.encoder(x, self.vision_layers, heads, kind, eps, False)
    x = __torch__.zsic.layers.layer_norm(torch.select(x, 1, 0), w, "vision_model.post_layernorm", eps)
    x = torch.linear(x, w["visual_projection.weight"], None)
    return torch.to(__torch__.zsic.layers.normalize(x), torch.device("cpu"), 6, False, False)

  # Token ids int64 [batch, tokens], padded on the right with zeros, to unit vectors, float32
  # [batch, dimension] on the CPU. The mask is causal, so the padding does not reach the end token.
  def encode_texts(self: __torch__.zsic.clip.Clip, ids: Tensor) -> Tensor:
    w = self.weights
    ids = torch.to(ids, torch.device(self.device), 4, False, False)
    x = torch.embedding(w["text_model.embeddings.token_embedding.weight"], ids)
    x = x + torch.narrow(w["text_model.embeddings.position_embedding.weight"], 0, 0, ids.size(1))
    eps = __torch__.zsic.layers.number(self.config, "text_config.layer_norm_eps", 1.0e-05)
    heads = __torch__.zsic.layers.integer(self.config, "text_config.num_attention_heads", 8)
    kind = __torch__.zsic.layers.text(self.names, "text_config.hidden_act", "quick_gelu")
    x = __torch__.zsic.layers.encoder(x, self.text_layers, heads, kind, eps, True)
    # Configurations from before transformers#24773 say 2, which was never the end token: for them
    # the end token is the one with the highest id.
    eos = __torch__.zsic.layers.integer(self.config, "text_config.eos_token_id", 49407)
    if eos == 2:
      end = torch.argmax(ids, -1, False)
    else:
      end = torch.argmax(torch.to(torch.eq(ids, eos), 3, False, False), -1, False)
    rows = torch.arange(ids.size(0), dtype=4, device=torch.device(self.device))
    x = torch.index(x, annotate(List[Optional[Tensor]], [rows, end]))
    x = __torch__.zsic.layers.layer_norm(x, w, "text_model.final_layer_norm", eps)
    x = torch.linear(x, w["text_projection.weight"], None)
    return torch.to(__torch__.zsic.layers.normalize(x), torch.device("cpu"), 6, False, False)
