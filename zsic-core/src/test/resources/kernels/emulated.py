# What onednn.py does, by plain operators on any processor and in every precision, so that the fast path can be tested, and
# damaged, without AVX-512. FaultyKernelTests writes a fault into fault() or product().

def supports(precision: str) -> bool:
  return True

def packs() -> bool:
  return True

# What packing makes of a weight [out, in].
def fault(weight: Tensor) -> Tensor:
  return weight

# What a product is after its activation or sum.
def product(y: Tensor, operation: str) -> Tensor:
  return y

def pack(weight: Tensor) -> Tensor:
  return __torch__.zsic.kernels.fault(torch.clone(weight))

def linear(x: Tensor, weight: Tensor, bias: Optional[Tensor], activation: str) -> Tensor:
  y = torch.linear(x, weight, bias)
  return __torch__.zsic.kernels.product(__torch__.zsic.layers.activation(y, activation), activation)

def linear_add(x: Tensor, other: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  return __torch__.zsic.kernels.product(torch.add(torch.linear(x, weight, bias), other), "add")

def pack_int8(weight: Tensor) -> Tensor:
  return __torch__.zsic.kernels.fault(torch.clone(weight))

def linear_int8(x: Tensor, zero: int, weight: Tensor, scales: Tensor, zeros: Tensor) -> Tensor:
  y = torch.linear(torch.to(x, 6, False, False) - float(zero), torch.to(weight, 6, False, False), None)
  return __torch__.zsic.kernels.product(y * scales, "int8")
