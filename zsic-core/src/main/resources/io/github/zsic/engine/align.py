# ALIGN (Jia et al., "Scaling Up Visual and Vision-Language Representation Learning With Noisy Text
# Supervision", 2021): models/align/modeling_align.py and configuration_align.py of transformers. An
# EfficientNet for pictures, whose pooled channels are the embedding, and BERT for texts.

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  __torch__.zsic.towers.check_bert(m, found)
  vision = "vision_config."
  for name in ["depth_divisor", "hidden_dim", "image_size"]:
    __torch__.zsic.layers.check_integer(found, m.config, m.names, vision + name, 1, 1000000)
  for name in ["width_coefficient", "depth_coefficient", "squeeze_expansion_ratio", "batch_norm_eps"]:
    if __torch__.zsic.layers.number(m.config, vision + name, 1.) <= 0. or torch.__contains__(m.names, vision + name):
      found.append(vision + name + " is no positive number")
  if __torch__.zsic.layers.text(m.names, vision + "hidden_act", "swish") != "swish":
    found.append(vision + "hidden_act is '" + m.names[vision + "hidden_act"] + "', and zsic has 'swish'")
  if __torch__.zsic.layers.text(m.names, vision + "pooling_type", "mean") != "mean":
    found.append(vision + "pooling_type is '" + m.names[vision + "pooling_type"] + "', and zsic has 'mean'")
  stages = len(__torch__.zsic.architecture.stage_numbers(m, "kernel_sizes"))
  for name in ["in_channels", "out_channels", "strides", "num_block_repeats", "expand_ratios"]:
    values = __torch__.zsic.architecture.stage_numbers(m, name)
    if len(values) != stages:
      found.append(vision + name + " has " + str(len(values)) + " numbers, but kernel_sizes has " + str(stages))
    for value in values:
      if value < 1 or value > 100000:
        found.append(vision + name + " holds " + str(value))
  if len(found) == 0:
    dimension = __torch__.zsic.layers.integer(m.config, "projection_dim", 640)
    last = __torch__.zsic.architecture.head_channels(m)
    if dimension != last:
      found.append("projection_dim is " + str(dimension) + ", but the picture's embedding has " + str(last) + " numbers")
    size = __torch__.zsic.layers.check_fixed(found, m.processing)
  return None

def defaults(name: str) -> List[int]:
  if name == "kernel_sizes":
    values = [3, 3, 5, 3, 5, 5, 3]
  elif name == "in_channels":
    values = [32, 16, 24, 40, 80, 112, 192]
  elif name == "out_channels":
    values = [16, 24, 40, 80, 112, 192, 320]
  elif name == "strides":
    values = [1, 2, 2, 2, 1, 2, 1]
  elif name == "num_block_repeats":
    values = [1, 2, 2, 3, 3, 4, 1]
  else:
    values = [1, 6, 6, 6, 6, 6, 6]
  return values

# One number for each stage of the EfficientNet.
def stage_numbers(m: __torch__.zsic.model.Model, name: str) -> List[int]:
  values = annotate(List[int], [])
  key = "vision_config." + name + "."
  while torch.__contains__(m.config, key + str(len(values))):
    values.append(int(m.config[key + str(len(values))]))
  if len(values) == 0:
    values = __torch__.zsic.architecture.defaults(name)
  return values

# The number of channels, scaled, in multiples of the divisor: round_filters.
def channels(m: __torch__.zsic.model.Model, base: int) -> int:
  divisor = __torch__.zsic.layers.integer(m.config, "vision_config.depth_divisor", 8)
  scaled = float(base) * __torch__.zsic.layers.number(m.config, "vision_config.width_coefficient", 2.)
  rounded = int(scaled + float(divisor) / 2.) // divisor * divisor
  if rounded < divisor:
    rounded = divisor
  # Rounding down must not go down by more than a tenth.
  if float(rounded) < 0.9 * scaled:
    rounded = rounded + divisor
  return rounded

def head_channels(m: __torch__.zsic.model.Model) -> int:
  values = __torch__.zsic.architecture.stage_numbers(m, "out_channels")
  return __torch__.zsic.architecture.channels(m, values[len(values) - 1])

# For each block: channels in, expanded and out, stride, kernel size, whether it is the first of its stage,
# and whether its padding is on the right and at the bottom only.
def blocks(m: __torch__.zsic.model.Model) -> List[List[int]]:
  found = annotate(List[List[int]], [])
  whole = annotate(List[int], [])
  while torch.__contains__(m.config, "vision_config.depthwise_padding." + str(len(whole))):
    whole.append(int(m.config["vision_config.depthwise_padding." + str(len(whole))]))
  kernels = __torch__.zsic.architecture.stage_numbers(m, "kernel_sizes")
  inputs = __torch__.zsic.architecture.stage_numbers(m, "in_channels")
  outputs = __torch__.zsic.architecture.stage_numbers(m, "out_channels")
  strides = __torch__.zsic.architecture.stage_numbers(m, "strides")
  repeats = __torch__.zsic.architecture.stage_numbers(m, "num_block_repeats")
  ratios = __torch__.zsic.architecture.stage_numbers(m, "expand_ratios")
  depth = __torch__.zsic.layers.number(m.config, "vision_config.depth_coefficient", 3.1)
  for stage in range(len(kernels)):
    out = __torch__.zsic.architecture.channels(m, outputs[stage])
    for j in range(int(torch.ceil(depth * float(repeats[stage])))):
      width = out
      stride = 1
      first = 0
      if j == 0:
        width = __torch__.zsic.architecture.channels(m, inputs[stage])
        stride = strides[stage]
        first = 1
      adjusted = 1
      if torch.__contains__(whole, len(found)):
        adjusted = 0
      found.append([width, width * ratios[stage], out, stride, kernels[stage], first, adjusted])
  return found

def norm_shapes(shapes: Dict[str, List[int]], name: str, width: int) -> NoneType:
  for part in ["weight", "bias", "running_mean", "running_var"]:
    shapes[name + "." + part] = [width]
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  c = m.config
  width = __torch__.zsic.layers.integer(c, "text_config.hidden_size", 768)
  inner = __torch__.zsic.layers.integer(c, "text_config.intermediate_size", 3072)
  vocabulary = __torch__.zsic.layers.integer(c, "text_config.vocab_size", 30522)
  types = __torch__.zsic.layers.integer(c, "text_config.type_vocab_size", 2)
  count = __torch__.zsic.layers.integer(c, "text_config.num_hidden_layers", 12)
  positions = __torch__.zsic.architecture.text_positions(m)
  __torch__.zsic.towers.bert_shapes(shapes, "text_model.", vocabulary, positions, types, count, width, inner)
  __torch__.zsic.layers.linear_shapes(shapes, "text_projection", __torch__.zsic.layers.integer(c, "projection_dim", 640), width)
  stem = __torch__.zsic.architecture.channels(m, 32)
  shapes["vision_model.embeddings.convolution.weight"] = [stem, 3, 3, 3]
  __torch__.zsic.architecture.norm_shapes(shapes, "vision_model.embeddings.batchnorm", stem)
  squeeze = __torch__.zsic.layers.number(c, "vision_config.squeeze_expansion_ratio", 0.25)
  i = 0
  for b in __torch__.zsic.architecture.blocks(m):
    block = "vision_model.encoder.blocks." + str(i) + "."
    i = i + 1
    if b[1] != b[0]:
      shapes[block + "expansion.expand_conv.weight"] = [b[1], b[0], 1, 1]
      __torch__.zsic.architecture.norm_shapes(shapes, block + "expansion.expand_bn", b[1])
    shapes[block + "depthwise_conv.depthwise_conv.weight"] = [b[1], 1, b[4], b[4]]
    __torch__.zsic.architecture.norm_shapes(shapes, block + "depthwise_conv.depthwise_norm", b[1])
    reduced = int(float(b[0]) * squeeze)
    if reduced < 1:
      reduced = 1
    shapes[block + "squeeze_excite.reduce.weight"] = [reduced, b[1], 1, 1]
    shapes[block + "squeeze_excite.reduce.bias"] = [reduced]
    shapes[block + "squeeze_excite.expand.weight"] = [b[1], reduced, 1, 1]
    shapes[block + "squeeze_excite.expand.bias"] = [b[1]]
    shapes[block + "projection.project_conv.weight"] = [b[2], b[1], 1, 1]
    __torch__.zsic.architecture.norm_shapes(shapes, block + "projection.project_bn", b[2])
  shapes["temperature"] = annotate(List[int], [])
  return None

# Counters of the training, and BERT's head for the first token.
def ignored() -> List[str]:
  return ["num_batches_tracked", "text_model.pooler."]

def load_layers(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  count = __torch__.zsic.layers.integer(m.config, "text_config.num_hidden_layers", 12)
  __torch__.zsic.towers.load_bert(m, state, "text_model.", count)
  if m.checked:
    for name in m.weights:
      weight = m.weights[name]
      if torch.dim(weight) == 4:
        groups = 1
        if torch.__contains__(name, "depthwise_conv."):
          groups = weight.size(0)
        __torch__.zsic.checks.convolution(m, weight, groups)
  return None

def text_positions(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.integer(m.config, "text_config.max_position_embeddings", 512)

def pads_texts(m: __torch__.zsic.model.Model) -> bool:
  return False

def logit_scale(m: __torch__.zsic.model.Model) -> float:
  return 1. / float(m.weights["temperature"])

def logit_bias(m: __torch__.zsic.model.Model) -> float:
  return 0.

def batch_norm(x: Tensor, m: __torch__.zsic.model.Model, name: str) -> Tensor:
  w = m.weights
  eps = __torch__.zsic.layers.number(m.config, "vision_config.batch_norm_eps", 0.001)
  return torch.batch_norm(x, w[name + ".weight"], w[name + ".bias"], w[name + ".running_mean"], w[name + ".running_var"], False, 0., eps, False)

def convolve(x: Tensor, m: __torch__.zsic.model.Model, name: str, stride: int, padding: int, groups: int) -> Tensor:
  bias = __torch__.zsic.layers.optional(m.weights, name + ".bias")
  return __torch__.zsic.layers.convolve(x, m.weights[name + ".weight"], bias, stride, padding, groups)

def encode_together(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  x = __torch__.zsic.layers.pixel_values(images, m.processing, m.device)
  x = torch.constant_pad_nd(x, [0, 1, 0, 1], 0)
  x = __torch__.zsic.architecture.convolve(x, m, "vision_model.embeddings.convolution", 2, 0, 1)
  x = torch.silu(__torch__.zsic.architecture.batch_norm(x, m, "vision_model.embeddings.batchnorm"))
  i = 0
  for b in __torch__.zsic.architecture.blocks(m):
    block = "vision_model.encoder.blocks." + str(i) + "."
    i = i + 1
    h = x
    if b[1] != b[0]:
      h = __torch__.zsic.architecture.convolve(h, m, block + "expansion.expand_conv", 1, 0, 1)
      h = torch.silu(__torch__.zsic.architecture.batch_norm(h, m, block + "expansion.expand_bn"))
    half = b[4] // 2
    padding = half
    if b[3] == 2:
      padding = 0
      h = torch.constant_pad_nd(h, [half - b[6], half, half - b[6], half], 0)
    h = __torch__.zsic.architecture.convolve(h, m, block + "depthwise_conv.depthwise_conv", b[3], padding, b[1])
    h = torch.silu(__torch__.zsic.architecture.batch_norm(h, m, block + "depthwise_conv.depthwise_norm"))
    s = torch.mean(h, [2, 3], True)
    s = torch.silu(__torch__.zsic.architecture.convolve(s, m, block + "squeeze_excite.reduce", 1, 0, 1))
    s = torch.sigmoid(__torch__.zsic.architecture.convolve(s, m, block + "squeeze_excite.expand", 1, 0, 1))
    h = __torch__.zsic.architecture.convolve(h * s, m, block + "projection.project_conv", 1, 0, 1)
    h = __torch__.zsic.architecture.batch_norm(h, m, block + "projection.project_bn")
    if b[3] == 1 and b[5] == 0:
      h = h + x
    x = h
  return torch.mean(x, [2, 3], False)

# On the CPU each by itself: the convolutions depend in their last bits on how many pictures they see.
def encode_images(m: __torch__.zsic.model.Model, images: List[Tensor]) -> Tensor:
  if torch.startswith(m.device, "cuda", 0, -1):
    y = __torch__.zsic.architecture.encode_together(m, images)
  else:
    results = annotate(List[Tensor], [])
    for image in images:
      results.append(__torch__.zsic.architecture.encode_together(m, [image]))
    y = torch.cat(results, 0)
  return y

def encode_texts(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  positions = torch.unsqueeze(torch.arange(ids.size(1), dtype=4, device=torch.device(m.device)), 0)
  heads = __torch__.zsic.layers.integer(m.config, "text_config.num_attention_heads", 12)
  kind = __torch__.zsic.layers.text(m.names, "text_config.hidden_act", "gelu")
  eps = __torch__.zsic.layers.number(m.config, "text_config.layer_norm_eps", 1.0e-12)
  x = __torch__.zsic.towers.encode_bert(m, "text_model.", ids, positions, mask, heads, kind, eps)
  return __torch__.zsic.layers.linear(x, m.weights, "text_projection")
