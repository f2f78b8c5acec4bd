# BERT, RoBERTa or XLM-RoBERTa of Transformers as OpenCLIP's text tower (HFTextEncoder of src/open_clip/hf_model.py). The
# repositories do not have its configuration: its sizes are those of the tensors, heads are 64 wide in all published ones,
# and the two families are told by their token types, of which RoBERTa has one.

def prefix() -> str:
  return "text.transformer."

def table(name: str) -> str:
  return "text.transformer.embeddings." + name + "_embeddings.weight"

def is_roberta(m: __torch__.zsic.model.Model) -> bool:
  return __torch__.zsic.layers.stored_size(m, __torch__.zsic.texts.table("token_type"), 0) == 1

# The id that fills up texts. RoBERTa's is also the position of padding; those of text come behind it.
def padding(m: __torch__.zsic.model.Model) -> int:
  id = 0
  if __torch__.zsic.texts.is_roberta(m):
    id = 1
  return id

def width(m: __torch__.zsic.model.Model) -> int:
  return __torch__.zsic.layers.stored_size(m, __torch__.zsic.texts.table("word"), 1)

def pooler(m: __torch__.zsic.model.Model) -> str:
  return __torch__.zsic.layers.text(m.names, "model_cfg.text_cfg.hf_pooler_type", "mean_pooler")

def problems(m: __torch__.zsic.model.Model, found: List[str]) -> NoneType:
  before = len(found)
  __torch__.zsic.layers.check_integer(found, m.config, m.names, "model_cfg.text_cfg.context_length", 1, 1000000)
  for name in ["word", "position", "token_type"]:
    __torch__.zsic.layers.check_stored(m, found, __torch__.zsic.texts.table(name), 2)
  __torch__.zsic.layers.check_stored(m, found, "text.transformer.encoder.layer.0.intermediate.dense.weight", 2)
  kind = __torch__.zsic.texts.pooler(m)
  if kind != "mean_pooler" and kind != "cls_pooler" and kind != "cls_last_hidden_state_pooler":
    found.append("model_cfg.text_cfg.hf_pooler_type is '" + kind + "', and zsic has 'mean_pooler', 'cls_pooler' and 'cls_last_hidden_state_pooler'")
  if len(found) == before:
    size = __torch__.zsic.texts.width(m)
    if size % 64 != 0:
      found.append("the width of the text tower is " + str(size) + ", no multiple of 64")
    made = __torch__.zsic.layers.stored_size(m, "text.proj.weight", 0) + __torch__.zsic.layers.stored_size(m, "text.proj.2.weight", 0)
    if made == 0:
      made = size
    if made != __torch__.zsic.architecture.dimension(m):
      found.append("the text tower makes embeddings of " + str(made) + " numbers, but model_cfg.embed_dim is " + str(__torch__.zsic.architecture.dimension(m)))
    positions = __torch__.zsic.layers.stored_size(m, __torch__.zsic.texts.table("position"), 0)
    if __torch__.zsic.texts.is_roberta(m):
      positions = positions - 2
    if __torch__.zsic.architecture.text_positions(m) > positions:
      found.append("model_cfg.text_cfg.context_length is " + str(__torch__.zsic.architecture.text_positions(m)) + ", but the text tower has " + str(positions) + " positions")
  return None

def shapes(m: __torch__.zsic.model.Model, shapes: Dict[str, List[int]]) -> NoneType:
  size = __torch__.zsic.texts.width(m)
  inner = __torch__.zsic.layers.stored_size(m, "text.transformer.encoder.layer.0.intermediate.dense.weight", 0)
  vocabulary = __torch__.zsic.layers.stored_size(m, __torch__.zsic.texts.table("word"), 0)
  positions = __torch__.zsic.layers.stored_size(m, __torch__.zsic.texts.table("position"), 0)
  types = __torch__.zsic.layers.stored_size(m, __torch__.zsic.texts.table("token_type"), 0)
  count = __torch__.zsic.layers.stored_blocks(m, "text.transformer.encoder.layer.", ".intermediate.dense.weight")
  __torch__.zsic.towers.bert_shapes(shapes, __torch__.zsic.texts.prefix(), vocabulary, positions, types, count, size, inner)
  if __torch__.zsic.texts.pooler(m) == "cls_pooler":
    __torch__.zsic.layers.linear_shapes(shapes, "text.transformer.pooler.dense", size, size)
  dimension = __torch__.zsic.architecture.dimension(m)
  __torch__.zsic.layers.optional_shape(m, shapes, "text.proj.weight", [dimension, size])
  if torch.__contains__(m.stored, "text.proj.0.weight"):
    between = (size + dimension) // 2
    shapes["text.proj.0.weight"] = [between, size]
    shapes["text.proj.2.weight"] = [dimension, between]
  return None

def load(m: __torch__.zsic.model.Model, state: Dict[str, List[Tensor]]) -> NoneType:
  count = __torch__.zsic.layers.stored_blocks(m, "text.transformer.encoder.layer.", ".intermediate.dense.weight")
  __torch__.zsic.towers.load_bert(m, state, __torch__.zsic.texts.prefix(), count)
  return None

# Padding is masked and does not reach what counts.
def pads(m: __torch__.zsic.model.Model) -> bool:
  return False

def encode(m: __torch__.zsic.model.Model, ids: Tensor, mask: Tensor) -> Tensor:
  w = m.weights
  pad = __torch__.zsic.texts.padding(m)
  read = torch.to(torch.ne(ids, pad), 4, False, False) * mask
  eps = 1.0e-12
  positions = torch.unsqueeze(torch.arange(ids.size(1), dtype=4, device=ids.device), 0)
  if __torch__.zsic.texts.is_roberta(m):
    eps = 1.0e-05
    positions = torch.cumsum(read, 1) * read + pad
  averages = __torch__.zsic.texts.pooler(m) == "mean_pooler"
  heads = __torch__.zsic.texts.width(m) // 64
  x = __torch__.zsic.towers.encode_bert_tokens(m, __torch__.zsic.texts.prefix(), ids, positions, read, heads, "gelu", eps, averages)
  if averages:
    counted = torch.to(torch.unsqueeze(read, -1), 6, False, False)
    x = torch.sum(x * counted, [1], False) / torch.sum(counted, [1], False)
  if torch.__contains__(w, "text.transformer.pooler.dense.weight"):
    x = torch.tanh(torch.linear(x, w["text.transformer.pooler.dense.weight"], w["text.transformer.pooler.dense.bias"]))
  if torch.__contains__(w, "text.proj.weight"):
    x = torch.linear(x, w["text.proj.weight"], None)
  if torch.__contains__(w, "text.proj.0.weight"):
    x = torch.gelu_(torch.linear(x, w["text.proj.0.weight"], None), approximate="none")
    x = torch.linear(x, w["text.proj.2.weight"], None)
  return x
