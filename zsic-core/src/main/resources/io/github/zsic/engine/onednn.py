# Products of matrices through oneDNN, for CPUs: packed weights are opaque tensors in the layout that
# oneDNN's kernels read, which depends on the processor. plain.py has the same functions for where
# libtorch was built without it.

# How many rows the layout is made for: a text of average length, or the patches of a small picture. oneDNN takes any
# number; the layouts for few and for many rows are the same but for a single row. It must not be 1: then a block has 48
# outputs, and the fault of layers.fill_up() shows in whole blocks of 64, too.
def rows() -> int:
  return 64

# Whether the processor computes in a type at all, and right. bfloat16 needs AVX-512, where oneDNN emulates
# the instructions that are missing. Products of 8-bit numbers need VNNI: the instructions before it
# saturate sums at 16 bits, which a sum of the largest numbers shows.
def supports(precision: str) -> bool:
  able = True
  if precision == "bfloat16":
    able = ops.mkldnn._is_mkldnn_bf16_supported()
  elif precision == "int8":
    able = ops.mkldnn._is_mkldnn_bf16_supported()
    if able:
      x = torch.full([64, 64], 255, dtype=0)
      weight = __torch__.zsic.kernels.pack_int8(torch.full([64, 64], 127, dtype=1))
      y = __torch__.zsic.kernels.linear_int8(x, 0, weight, torch.ones([64], dtype=6), torch.zeros([64], dtype=4))
      able = bool(torch.all(torch.eq(y, 64. * 255. * 127.)))
  return able

# Whether weights are packed.
def packs() -> bool:
  return True

# A weight [out, in] in float32 or bfloat16, whose outputs fill whole blocks.
def pack(weight: Tensor) -> Tensor:
  return ops.mkldnn._reorder_linear_weight(weight, __torch__.zsic.kernels.rows())

# How many of x [many, rows, in], or [many, in], go into one product, so that the bits of one do not depend on how many
# there are: without AVX-512, oneDNN adds up more than 512 inputs in another order from 81 rows on.
def together(x: Tensor) -> int:
  count = x.size(0)
  rows = 1
  if torch.dim(x) == 3:
    rows = x.size(1)
  if count * rows > 80 and rows <= 80 and x.size(-1) > 512 and not ops.mkldnn._is_mkldnn_bf16_supported():
    count = 80 // rows
  return count

# x and bias are of the weight's type, and so is the result.
def linear(x: Tensor, weight: Tensor, bias: Optional[Tensor], activation: str) -> Tensor:
  parts = annotate(List[Tensor], [])
  for part in torch.split(x, __torch__.zsic.kernels.together(x), 0):
    parts.append(__torch__.zsic.kernels.linear_at_once(part, weight, bias, activation))
  return __torch__.zsic.kernels.join(parts)

def join(parts: List[Tensor]) -> Tensor:
  y = parts[0]
  if len(parts) > 1:
    y = torch.cat(parts, 0)
  return y

def linear_at_once(x: Tensor, weight: Tensor, bias: Optional[Tensor], activation: str) -> Tensor:
  if activation == "gelu":
    y = ops.mkldnn._linear_pointwise(x, weight, bias, "gelu", [], "none")
  elif activation == "gelu_pytorch_tanh":
    y = ops.mkldnn._linear_pointwise(x, weight, bias, "gelu", [], "tanh")
  elif activation == "silu":
    y = ops.mkldnn._linear_pointwise(x, weight, bias, "swish", [], "")
  elif activation == "relu":
    y = ops.mkldnn._linear_pointwise(x, weight, bias, "relu", [], "")
  else:
    y = ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
  return y

# x times the weight, and the bias, added to what is of its shape.
def linear_add(x: Tensor, other: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  count = __torch__.zsic.kernels.together(x)
  parts = annotate(List[Tensor], [])
  others = torch.split(other, count, 0)
  i = 0
  for part in torch.split(x, count, 0):
    parts.append(ops.mkldnn._linear_pointwise(part, others[i], weight, bias, "add"))
    i = i + 1
  return __torch__.zsic.kernels.join(parts)

# A weight [out, in] in int8.
def pack_int8(weight: Tensor) -> Tensor:
  return ops.onednn.qlinear_prepack(weight, [__torch__.zsic.kernels.rows(), weight.size(1)])

# uint8 x, less its zero point, times the weight, times a scale for each output; float32.
def linear_int8(x: Tensor, zero: int, weight: Tensor, scales: Tensor, zeros: Tensor) -> Tensor:
  return ops.onednn.qlinear_pointwise(x, 1., zero, weight, scales, zeros, None, 1., 0, 6, "none", [], "")
