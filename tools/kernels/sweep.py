# What Sweep.java runs: products by the packed kernels of zsic-core beside plain ones. TorchScript, as
# zsic-core's own programs; "kernels" is its onednn.py.

class Sweep(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # How far the packed product of random numbers is from the plain one, as a share of the largest result. Outputs are
  # filled up to whole blocks.
  def difference(self: __torch__.zsic.sweep.Sweep, outputs: int, inputs: int, rows: int, precision: str, operation: str, block: int) -> float:
    return __torch__.zsic.sweep.difference(outputs, inputs, rows, precision, operation, block)

  def supports(self: __torch__.zsic.sweep.Sweep, precision: str) -> bool:
    return __torch__.zsic.kernels.supports(precision)

def fill(x: Tensor, block: int) -> Tensor:
  missing = (block - x.size(0) % block) % block
  if missing > 0:
    if torch.dim(x) == 2:
      x = torch.constant_pad_nd(x, [0, 0, 0, missing], 0)
    else:
      x = torch.constant_pad_nd(x, [0, missing], 0)
  return x

def activation(x: Tensor, operation: str) -> Tensor:
  y = x
  if operation == "gelu":
    y = torch.gelu(x, approximate="none")
  elif operation == "gelu_pytorch_tanh":
    y = torch.gelu(x, approximate="tanh")
  elif operation == "silu":
    y = torch.silu(x)
  elif operation == "relu":
    y = torch.relu(x)
  return y

def packed(x: Tensor, other: Tensor, weight: Tensor, bias: Tensor, precision: str, operation: str) -> Tensor:
  if precision == "int8":
    scales = torch.full([weight.size(0)], 0.01, dtype=6)
    zeros = torch.zeros([weight.size(0)], dtype=4)
    y = __torch__.zsic.kernels.linear_int8(torch.to(x, 0), 128, __torch__.zsic.kernels.pack_int8(torch.to(weight, 1)), scales, zeros)
  else:
    w = __torch__.zsic.kernels.pack(weight)
    if operation == "add":
      y = __torch__.zsic.kernels.linear_add(x, other, w, bias)
    else:
      y = __torch__.zsic.kernels.linear(x, w, bias, operation)
  return y

def numbers(rows: int, outputs: int, inputs: int, precision: str) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
  if precision == "int8":
    x = torch.randint(0, 256, [rows, inputs], dtype=6)
    weight = torch.randint(-127, 128, [outputs, inputs], dtype=6)
  else:
    x = torch.rand([rows, inputs], dtype=6) * 2. - 1.
    weight = torch.rand([outputs, inputs], dtype=6) * 2. - 1.
  bias = torch.rand([outputs], dtype=6) * 2. - 1.
  other = torch.rand([rows, outputs], dtype=6) * 2. - 1.
  if precision == "bfloat16":
    x = torch.to(x, 15)
    weight = torch.to(weight, 15)
    bias = torch.to(bias, 15)
  return (x, other, weight, bias)

def difference(outputs: int, inputs: int, rows: int, precision: str, operation: str, block: int) -> float:
  n = __torch__.zsic.sweep.numbers(rows, outputs, inputs, precision)
  weight = __torch__.zsic.sweep.fill(n[2], block)
  other = n[1]
  if operation == "add" and weight.size(0) != outputs:
    other = torch.constant_pad_nd(other, [0, weight.size(0) - outputs], 0)
  y = __torch__.zsic.sweep.packed(n[0], other, weight, __torch__.zsic.sweep.fill(n[3], block), precision, operation)
  y = torch.to(torch.narrow(y, 1, 0, outputs), 6)
  if precision == "int8":
    z = torch.linear(n[0] - 128., n[2], None) * 0.01
  else:
    z = torch.linear(torch.to(n[0], 6), torch.to(n[2], 6), torch.to(n[3], 6))
    if operation == "add":
      z = z + n[1]
    else:
      z = __torch__.zsic.sweep.activation(z, operation)
  return float(torch.max(torch.abs(y - z))) / (float(torch.max(torch.abs(z))) + 1.0e-30)
