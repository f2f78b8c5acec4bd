# The object that the Java side calls: the state of a loaded model, and the methods that every
# architecture has. What they do stands in the architecture's own source, which is packed beside this
# one under the name "architecture"; docs/architectures.md tells what each function there is for.

class Model(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  checked : bool
  config : Dict[str, float]
  names : Dict[str, str]
  processing : Dict[str, float]
  stored : Dict[str, List[int]]
  device : str
  precision : str
  weights : Dict[str, Tensor]
  layers : Dict[str, List[Dict[str, Tensor]]]
  fused : Dict[str, str]
  looked_at : Dict[str, float]
  differences : Dict[str, float]
  wrong : Dict[str, float]

  # Begins anew. The numbers and strings of config.json ("text_config.hidden_size"), the numbers of the image
  # processor's settings, names and shapes of the tensors in the checkpoint, where to run and what to compute in.
  def configure(self: __torch__.zsic.model.Model, config: Dict[str, float], names: Dict[str, str], processing: Dict[str, float], stored: Dict[str, List[int]], device: str, precision: str) -> NoneType:
    self.config = config
    self.names = names
    self.processing = processing
    self.stored = stored
    self.device = device
    self.precision = precision
    self.weights = annotate(Dict[str, Tensor], {})
    self.layers = annotate(Dict[str, List[Dict[str, Tensor]]], {})
    self.fused = annotate(Dict[str, str], {})
    self.looked_at = annotate(Dict[str, float], {})
    self.differences = annotate(Dict[str, float], {})
    self.wrong = annotate(Dict[str, float], {})
    return None

  # Whether the CPU can compute in a precision.
  def supports(self: __torch__.zsic.model.Model, precision: str) -> bool:
    return __torch__.zsic.kernels.supports(precision)

  # What in the configuration cannot be run, for people to read. Called before anything else.
  def problems(self: __torch__.zsic.model.Model) -> List[str]:
    found = annotate(List[str], [])
    __torch__.zsic.architecture.problems(self, found)
    return found

  # Name and shape of every tensor that load() reads.
  def shapes(self: __torch__.zsic.model.Model) -> Dict[str, List[int]]:
    shapes = annotate(Dict[str, List[int]], {})
    __torch__.zsic.architecture.shapes(self, shapes)
    return shapes

  # Parts of the names of tensors that a checkpoint may hold beside those and that no score needs.
  def ignored(self: __torch__.zsic.model.Model) -> List[str]:
    return __torch__.zsic.architecture.ignored()

  # Takes the whole state dict once and keeps what it makes of it. What fast kernels compute is compared with plain
  # operators on the way, unless the results are known anyway.
  def load(self: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]], checked: bool) -> NoneType:
    self.checked = checked
    for name in (self).shapes():
      if not __torch__.zsic.layers.is_of_layer(name):
        whole = __torch__.zsic.layers.weight(state, name, self.device)
        if torch.__contains__(name, "token_embedding.") or torch.__contains__(name, "word_embeddings."):
          whole = __torch__.zsic.layers.pack_words(self, whole)
        self.weights[name] = whole
    __torch__.zsic.architecture.load_layers(self, state)
    if checked:
      for tower in self.layers:
        self.layers[tower][0]["unchecked"] = torch.zeros([0], dtype=6)
    return None

  # The shapes of packed products that came out wrong, and by which share of the largest number. Plain operators
  # compute them instead.
  def wrong_products(self: __torch__.zsic.model.Model) -> Dict[str, float]:
    return self.wrong

  # How far what nothing could replace was from plain operators, as a multiple of what is allowed: attention and norms, when
  # each tower first ran, and convolutions.
  def largest_difference(self: __torch__.zsic.model.Model) -> float:
    worst = 0.
    for kind in self.differences:
      worst = __torch__.zsic.checks.worse(worst, self.differences[kind])
    for tower in self.layers:
      layer = self.layers[tower][0]
      if torch.__contains__(layer, "difference"):
        worst = __torch__.zsic.checks.worse(worst, float(layer["difference"]))
    return worst

  # How many tokens the text tower reads at most.
  def text_positions(self: __torch__.zsic.model.Model) -> int:
    return __torch__.zsic.architecture.text_positions(self)

  # Whether every text is cut or padded to exactly so many.
  def pads_texts(self: __torch__.zsic.model.Model) -> bool:
    return __torch__.zsic.architecture.pads_texts(self)

  # logit = scale * cosine + bias
  def logit_scale(self: __torch__.zsic.model.Model) -> float:
    return __torch__.zsic.architecture.logit_scale(self)

  def logit_bias(self: __torch__.zsic.model.Model) -> float:
    return __torch__.zsic.architecture.logit_bias(self)

  # A picture, uint8 [height, width, 3], whose height and width may have been larger, in the size in which encode_images() resizes it, so that it finds nothing
  # left to do; the same picture where there is no such size.
  def resize(self: __torch__.zsic.model.Model, image: Tensor, height: int, width: int) -> Tensor:
    return __torch__.zsic.layers.resize_ahead(image, height, width, self.processing)

  # uint8 pictures [height, width, 3] of any size to unit vectors, float32 [batch, dimension] on the CPU.
  # Where a picture has several, [batch, vectors, dimension], the nearest to a text decides.
  def encode_images(self: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
    x = __torch__.zsic.architecture.encode_images(self, images)
    return torch.to(__torch__.zsic.layers.normalize(x), torch.device("cpu"), 6, False, False)

  # Token ids int64 [batch, tokens], padded on the right, and a mask of the same shape, 1 where there is
  # something to read and 0 for padding, to unit vectors, float32 [batch, dimension] on the CPU.
  def encode_texts(self: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
    ids = torch.to(ids, torch.device(self.device), 4, False, False)
    mask = torch.to(mask, torch.device(self.device), 4, False, False)
    x = __torch__.zsic.architecture.encode_texts(self, ids, mask)
    return torch.to(__torch__.zsic.layers.normalize(x), torch.device("cpu"), 6, False, False)
