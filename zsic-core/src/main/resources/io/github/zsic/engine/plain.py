# What onednn.py does, without it: no weight is packed, and no type but float32 is to be had on the CPU.

def supports(precision: str) -> bool:
  return precision == "float32"

def packs() -> bool:
  return False

def pack(weight: Tensor) -> Tensor:
  ops.prim.RaiseException("this libtorch has no packed weights")
  return weight

def linear(x: Tensor, weight: Tensor, bias: Optional[Tensor], activation: str) -> Tensor:
  ops.prim.RaiseException("this libtorch has no packed weights")
  return x

def linear_add(x: Tensor, other: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  ops.prim.RaiseException("this libtorch has no packed weights")
  return x

def pack_int8(weight: Tensor) -> Tensor:
  ops.prim.RaiseException("this libtorch has no packed weights")
  return weight

def linear_int8(x: Tensor, zero: int, weight: Tensor, scales: Tensor, zeros: Tensor) -> Tensor:
  ops.prim.RaiseException("this libtorch has no packed weights")
  return x
