# Whether this machine computes right, found out before it serves: what a fast kernel computes is compared with what plain
# operators compute from the same numbers. No kernel is right on every processor: see docs/platforms.md.

# How far two results may be from each other, as a share of the largest number: an order of magnitude more than the
# rounding of a precision, and an order of magnitude less than one lost summand among thousands makes.
def bound(precision: str) -> float:
  share = 5.0e-05
  if precision == "bfloat16" or precision == "float16":
    share = 0.01
  return share

# Numbers from -1 to 1 that repeat after 65,536, [rows, columns].
def numbers(rows: int, columns: int) -> Tensor:
  whole = torch.arange(rows * columns, dtype=4)
  x = torch.to(torch.remainder(whole * 40503 + 12345, 65536), 6, False, False)
  return torch.view(x / 32768. - 1., [rows, columns])

# The largest difference of results of one shape, as a share of the largest number; 0 where that is not finite, because
# then the weights are not, which others find out.
def difference(actual: Tensor, expected: Tensor) -> float:
  largest = float(torch.max(torch.abs(expected)))
  share = 0.
  if largest < 1.0e+30:
    share = float(torch.max(torch.abs(torch.to(actual, 6, False, False) - expected))) / (largest + 1.0e-30)
  return share

# The larger one. What is not a number is the largest.
def worse(first: float, second: float) -> float:
  found = first
  if first == first and not second <= first:
    found = second
  return found

# --------------------------------------------------------------------------------- packed products

# Whether a packed product may be used. The first of each shape is looked at, because a kernel is made for a shape: with
# several numbers of rows, and with what is computed along with it.
def product(m: __torch__.zsic.model.Model, packed: Dict[str, Tensor], weights: Dict[str, Tensor], name: str) -> bool:
  weight = weights[name + ".weight"]
  precision = m.precision
  if not torch.__contains__(packed, name + ".scale") and precision == "int8":
    precision = "float32"
  shape = str(weight.size(0)) + " outputs of " + str(weight.size(1)) + " inputs in " + precision
  if torch.__contains__(m.fused, name):
    shape = shape + " with " + m.fused[name]
  found = 0.
  if torch.__contains__(m.wrong, shape):
    found = m.wrong[shape]
  elif not torch.__contains__(m.looked_at, shape):
    found = __torch__.zsic.checks.linear(packed, weights, name, precision, 1)
    found = __torch__.zsic.checks.worse(found, __torch__.zsic.checks.linear(packed, weights, name, precision, 33))
    if precision != "int8":
      found = __torch__.zsic.checks.worse(found, __torch__.zsic.checks.fused(m, packed, weights, name, precision))
    m.looked_at[shape] = found
  right = found <= __torch__.zsic.checks.bound(precision)
  if not right:
    m.wrong[shape] = found
  return right

# What a packed product should give for x, in float32: the outputs from one on.
def plain(x: Tensor, packed: Dict[str, Tensor], weights: Dict[str, Tensor], name: str, precision: str, begin: int) -> Tensor:
  weight = weights[name + ".weight"]
  count = weight.size(0) - begin
  weight = torch.narrow(weight, 0, begin, count)
  bias = __torch__.zsic.layers.optional(weights, name + ".bias")
  if bias is not None:
    bias = torch.narrow(bias, 0, begin, count)
  if precision == "int8":
    scale = torch.narrow(packed[name + ".scale"], 0, begin, count)
    levels = torch.round(torch.div(weight, torch.unsqueeze(scale, 1)))
    quantized = __torch__.zsic.layers.quantize(x, False)
    y = torch.linear(torch.to(quantized[0], 6, False, False) - float(quantized[2]), levels, None)
    y = y * scale * quantized[1]
    if bias is not None:
      y = y + bias
  else:
    dtype = __torch__.zsic.layers.float_type(precision)
    weight = torch.to(torch.to(weight, dtype, False, False), 6, False, False)
    if bias is not None:
      bias = torch.to(torch.to(bias, dtype, False, False), 6, False, False)
    y = torch.linear(torch.to(torch.to(x, dtype, False, False), 6, False, False), weight, bias)
  return y

# Of one row all outputs are compared, of several the last ones, because plain products of many are slow.
def first_compared(rows: int, outputs: int) -> int:
  begin = 0
  if rows > 1 and outputs > 192:
    begin = outputs - 192
  return begin

def linear(packed: Dict[str, Tensor], weights: Dict[str, Tensor], name: str, precision: str, rows: int) -> float:
  weight = weights[name + ".weight"]
  complete = torch.copy(packed)
  # The bias of int8 is not packed.
  if torch.__contains__(weights, name + ".bias") and not torch.__contains__(packed, name + ".bias"):
    complete[name + ".bias"] = weights[name + ".bias"]
  x = __torch__.zsic.checks.numbers(rows, weight.size(1))
  begin = __torch__.zsic.checks.first_compared(rows, weight.size(0))
  expected = __torch__.zsic.checks.plain(x, packed, weights, name, precision, begin)
  actual = torch.narrow(__torch__.zsic.layers.linear(x, complete, name), 1, begin, weight.size(0) - begin)
  return __torch__.zsic.checks.difference(actual, expected)

# A product with its activation, or with a sum: those are fused.
def fused(m: __torch__.zsic.model.Model, packed: Dict[str, Tensor], weights: Dict[str, Tensor], name: str, precision: str) -> float:
  weight = weights[name + ".weight"]
  x = __torch__.zsic.checks.numbers(3, weight.size(1))
  begin = __torch__.zsic.checks.first_compared(3, weight.size(0))
  expected = __torch__.zsic.checks.plain(x, packed, weights, name, precision, begin)
  if torch.__contains__(m.fused, name):
    actual = __torch__.zsic.layers.activated_linear(x, packed, name, m.fused[name])
    expected = __torch__.zsic.layers.activation(expected, m.fused[name])
  else:
    other = __torch__.zsic.checks.numbers(3, weight.size(0))
    actual = __torch__.zsic.layers.linear_add(x, other, packed, name, False)
    expected = expected + torch.narrow(other, 1, begin, weight.size(0) - begin)
  return __torch__.zsic.checks.difference(torch.narrow(actual, 1, begin, weight.size(0) - begin), expected)

# ----------------------------------------------------------------------------- attention and norms

# How far attention as it is used, and the norm, are from plain operators, as a multiple of what is allowed. The first
# layer of each tower asks, in the trial run of a model, because there all that matters is known.
def attention(size: int, tokens: int, causal: bool, masked: bool, like: Tensor) -> Tensor:
  # Scores that are rounded to bfloat16 make more of a difference than one product.
  bound = 5.0e-05
  if like.dtype != 6:
    bound = 0.03
  elif like.is_cuda:
    bound = 0.005
  worst = __torch__.zsic.checks.norm(like.size(2) // 3, like.device) / 5.0e-05
  for count in [tokens, 7, 77, 200]:
    x = torch.to(__torch__.zsic.checks.numbers(3 * count, size), like.device, like.dtype, False, False)
    parts = torch.unbind(torch.view(x, [3, 1, 1, count, size]), 0)
    # As far apart as scores are.
    q = parts[0] * 4.
    k = parts[1]
    v = parts[2]
    seen = torch.ones([1, 1, count, count], dtype=11, device=like.device)
    mask = annotate(Optional[Tensor], None)
    if masked:
      seen = torch.view(torch.lt(torch.arange(count, device=like.device), (count + 1) // 2), [1, 1, 1, count])
      mask = seen
    if causal:
      seen = torch.tril(seen)
    scores = torch.matmul(torch.to(q, 6, False, False), torch.transpose(torch.to(k, 6, False, False), -2, -1)) * (float(size) ** -0.5)
    scores = torch.masked_fill(scores, torch.logical_not(seen), -1.0e+30)
    expected = torch.matmul(torch.softmax(scores, -1), torch.to(v, 6, False, False))
    worst = __torch__.zsic.checks.worse(worst, __torch__.zsic.checks.difference(__torch__.zsic.layers.attention(q, k, v, mask, causal), expected) / bound)
  return torch.tensor(worst, dtype=6)

def norm(width: int, device: Device) -> float:
  x = torch.to(__torch__.zsic.checks.numbers(3, width), device, 6, False, False) + 0.5
  weight = x[0]
  bias = x[1]
  centred = x - torch.mean(x, [-1], True)
  expected = centred * torch.rsqrt(torch.mean(centred * centred, [-1], True) + 1.0e-05)
  return __torch__.zsic.checks.difference(torch.layer_norm(x, [width], weight, bias, 1.0e-05), expected * weight + bias)

# ------------------------------------------------------------------------------------ convolutions

# Notes how far a convolution of a weight [out, in, rows, columns] is from a matrix product, as a multiple of what is allowed.
def convolution(m: __torch__.zsic.model.Model, weight: Tensor, groups: int) -> NoneType:
  shape = "convolution " + str(weight.size()) + " in " + str(groups) + " groups"
  if not torch.__contains__(m.differences, shape):
    channels = weight.size(1) * groups
    kernel = [weight.size(2), weight.size(3)]
    # Room for three results in each direction.
    side = weight.size(2) + 2
    x = torch.to(__torch__.zsic.checks.numbers(channels, side * side), weight.device, 6, False, False)
    x = torch.view(x, [1, channels, side, side])
    windows = torch.im2col(x, kernel, [1, 1], [0, 0], [1, 1])
    windows = torch.view(windows, [groups, weight.size(1) * weight.size(2) * weight.size(3), -1])
    expected = torch.matmul(torch.view(weight, [groups, weight.size(0) // groups, -1]), windows)
    actual = __torch__.zsic.layers.convolve(x, weight, None, 1, 0, groups)
    bound = 5.0e-05
    if weight.is_cuda:
      bound = 0.005
    m.differences[shape] = __torch__.zsic.checks.difference(torch.view(actual, expected.size()), expected) / bound
  return None
