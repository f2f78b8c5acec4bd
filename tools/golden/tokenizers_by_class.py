"""Writes the golden file of the tokenizers: what Transformers' AutoTokenizer makes of texts for files of every class that
the supported models use, and for files that contradict their class. zsic must make the same ids of the same files.

    python tools/golden/tokenizers_by_class.py        # after clip.py and architectures.py

README.md beside this file says in which environment.
"""

import copy
import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import tiny_clip  # noqa: F401  first: it prepares torchvision
import torch
import transformers
from transformers import AutoTokenizer

from clip import CHECKPOINTS, OUT, PICTURES

TEXTS = [
    "This is a photo of a fox.",
    "A Photo of an OWL",
    "what?!",
    "café, Cafe\u0301 & CAFÉ",
    "it's the bear's 2nd drawing_of 1234567 things",
    "  two   spaces\tand\na line ",
    "猫 and 狗 on 鸟",
    "a photo <owl> of an <|endoftext|> and <|startoftext|>!",
    "<s>bird</s> <pad> <mask> <unk> [SEP] [MASK] [CLS] [PAD]",
    "<eos> <bos> <start_of_turn> owl",
    "a🦉b",
    "ＦＯＸ ﬁve ½ İstanbul",
    "0000000000000000000000000000000000000000 1111111111111111111 2222222",
    "\ufffdmakethat<s> call`logit_scale()`,on \x1cit",
    "½\u0308 ﬁ\u0301x é̃ ㎏\u0301 ﷺ",
    "<unk> a fox<unk>owl </s>",
    "owl</s>",
    "▁▁fox ▁ owl▁",
    "a photo",
    "aphotoaphoto",
    "",
]


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def clip_2021(file):
    """How tokenizer.json of CLIP looked in 2021, but for lower case."""
    file["normalizer"] = {"type": "NFC"}
    file["pre_tokenizer"] = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    return file


def without_case(file):
    """Steps that lower case are left out, and the large table."""
    normalizer = file["normalizer"]
    if normalizer["type"] == "BertNormalizer":
        normalizer["lowercase"] = False
        normalizer["strip_accents"] = False
    elif normalizer["type"] == "Sequence":
        normalizer["normalizers"] = [step for step in normalizer["normalizers"] if step["type"] not in ("Lowercase", "Precompiled")]
    return file


def lower_case(file):
    file["normalizer"] = {"type": "Lowercase"}
    return file


def bert_steps(file):
    file["normalizer"] = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": False,
        "strip_accents": True,
        "lowercase": True,
    }
    file["pre_tokenizer"] = {"type": "WhitespaceSplit"}
    return file


def no_processor(file):
    file["post_processor"] = None
    return file


def added(content, **flags):
    return {
        "content": content,
        **{"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True},
        **flags,
    }


def own_added(file):
    """Two added tokens that only tokenizer.json has."""
    size = len(file["model"]["vocab"])
    file["added_tokens"] += [{"id": size, **added("<owl>")}, {"id": size + 1, **added("photo", special=False, normalized=True)}]
    return file


REMOVE = object()

# name, checkpoint, model type, changes of tokenizer_config.json or None for none, change of tokenizer.json, more files
CLIP = "quickgelu-legacy-eos"
GEMMA = "siglip2-fixed"
EXTRA = {"additional_special_tokens": ["<owl>", "photo"]}
DECODER = {"added_tokens_decoder": {"0": added("!"), "900": added("<owl>"), "901": added("photo", special=False, normalized=True, single_word=True)}}
CASES = [
    ("clip", CLIP, "clip", {}, None, {}),
    ("clip, fast", CLIP, "clip", {"tokenizer_class": "CLIPTokenizerFast"}, without_case, {}),
    ("clip, no class", CLIP, "clip", {"tokenizer_class": REMOVE}, without_case, {}),
    ("clip, class of config.json", CLIP, "clip", {"tokenizer_class": REMOVE}, without_case, {"config.json": {"tokenizer_class": "CLIPTokenizer"}}),
    ("clip, no class, clipseg", CLIP, "clipseg", {"tokenizer_class": REMOVE}, clip_2021, {}),
    ("clip, 2021", CLIP, "clip", {"tokenizer_class": "CLIPTokenizer"}, clip_2021, {}),
    ("clip, the file", CLIP, "clip", {"tokenizer_class": "PreTrainedTokenizerFast"}, clip_2021, {}),
    ("clip, the file by an unknown class", CLIP, "clip", {"tokenizer_class": "OwlTokenizer"}, without_case, {}),
    ("clip, the file by its new name", CLIP, "clip", {"tokenizer_class": "TokenizersBackend"}, without_case, {}),
    ("clip, no settings", CLIP, "clip", None, without_case, {}),
    ("clip, no settings but the map", CLIP, "clip", None, None, {"special_tokens_map.json": {"pad_token": "!", "eos_token": added("<|endoftext|>")}}),
    ("clip, the map is not read", CLIP, "clip", DECODER, None, {"special_tokens_map.json": {"pad_token": "?"}}),
    ("clip, padding by !", CLIP, "clip", {"tokenizer_class": "CLIPTokenizer", "pad_token": "!"}, None, {}),
    ("clip, padding by ! in the file", CLIP, "clip", {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "!"}, None, {}),
    ("clip, additional", CLIP, "clip", EXTRA, None, {}),
    ("clip, additional to the file", CLIP, "clip", {"tokenizer_class": "PreTrainedTokenizerFast", **EXTRA}, None, {}),
    ("clip, decoder", CLIP, "clip", DECODER, None, {}),
    ("clip, decoder and the file", CLIP, "clip", {"tokenizer_class": "PreTrainedTokenizerFast", **DECODER}, own_added, {}),
    ("clip, added by the file", CLIP, "clip", {"added_tokens_decoder": REMOVE}, own_added, {}),
    ("clip, added by the file, not by the settings", CLIP, "clip", {"added_tokens_decoder": {}}, own_added, {}),
    ("clip, added by the old file", CLIP, "clip", {"added_tokens_decoder": REMOVE}, None, {"added_tokens.json": {"<owl>": 700, "photo": 701}}),
    ("clip, another end", CLIP, "clip", {"eos_token": "</end>", "tokenizer_class": "CLIPTokenizer"}, None, {}),
    ("clip, extra by name", CLIP, "clip", {"owl_token": "<owl>", "extra_special_tokens": {"photo_token": "photo"}}, None, {}),
    ("clip, normalised tokens", CLIP, "clip", {"bos_token": {**added("<|startoftext|>", normalized=True), "__type": "AddedToken"}, "eos_token": {**added("<|endoftext|>", normalized=True), "__type": "AddedToken"}, "added_tokens_decoder": REMOVE}, None, {}),
    ("clip, no post-processor", CLIP, "clip", {"tokenizer_class": "PreTrainedTokenizerFast"}, no_processor, {}),
    ("clip, no post-processor but a class", CLIP, "clip", {}, no_processor, {}),
    ("bert", "chinese-clip", "chinese_clip", {}, None, {}),
    ("bert, keeps case", "chinese-clip", "chinese_clip", {"do_lower_case": False}, None, {}),
    ("bert, lower case, the file keeps it", "chinese-clip", "chinese_clip", {"tokenizer_class": "BertTokenizerFast"}, without_case, {}),
    ("bert, the flags of the settings", "chinese-clip", "chinese_clip", {"tokenize_chinese_chars": False, "strip_accents": True, "do_lower_case": False}, None, {}),
    ("bert, no class", "chinese-clip", "chinese_clip", {"tokenizer_class": REMOVE, "do_lower_case": False}, None, {}),
    ("bert, no settings", "blip", "blip", None, without_case, {}),
    ("bert, the file", "align", "align", {"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": False}, None, {}),
    ("bert, the file keeps case", "align", "align", {"tokenizer_class": "PreTrainedTokenizerFast"}, without_case, {}),
    ("bert, blip-2", "blip-2", "blip-2", {"do_lower_case": False}, None, {}),
    ("bert, clip", "chinese-clip", "clip", {"do_lower_case": False}, None, {}),
    ("bert, additional", "blip", "blip", {**EXTRA, "bos_token": "[DEC]"}, None, {}),
    ("xlm-roberta", "altclip", "altclip", {}, None, {}),
    ("xlm-roberta, other steps", "altclip", "altclip", {}, lower_case, {}),
    ("xlm-roberta, other split", "metaclip-2", "metaclip_2", {}, bert_steps, {}),
    ("xlm-roberta, fast", "metaclip-2", "metaclip_2", {"tokenizer_class": "XLMRobertaTokenizerFast"}, lower_case, {}),
    ("xlm-roberta, no class", "metaclip-2", "metaclip_2", {"tokenizer_class": REMOVE}, lower_case, {}),
    ("xlm-roberta, no class, altclip", "altclip", "altclip", {"tokenizer_class": REMOVE}, lower_case, {}),
    ("xlm-roberta, no prefix", "altclip", "altclip", {"add_prefix_space": False}, None, {}),
    ("xlm-roberta, the file", "metaclip-2", "metaclip_2", {"tokenizer_class": "PreTrainedTokenizerFast"}, lower_case, {}),
    ("xlm-roberta, clip", "metaclip-2", "clip", {}, lower_case, {}),
    ("xlm-roberta, tokens of the class", "altclip", "altclip", {"added_tokens_decoder": {}}, None, {}),
    ("xlm-roberta, no settings", "metaclip-2", "metaclip_2", None, None, {}),
    ("bert, no mask", "blip", "blip", {"mask_token": None, "added_tokens_decoder": {}}, None, {}),
    ("gemma", GEMMA, "siglip", {}, None, {}),
    ("gemma, the file lowers case", GEMMA, "siglip", {}, lower_case, {}),
    ("gemma, siglip2", GEMMA, "siglip2", {}, None, {}),
    ("gemma, fast", GEMMA, "siglip", {"tokenizer_class": "GemmaTokenizerFast"}, lower_case, {}),
    ("gemma, no post-processor", GEMMA, "siglip", {}, no_processor, {}),
    ("gemma, start token asked for", GEMMA, "siglip", {"add_bos_token": True}, None, {}),
    ("gemma, left", GEMMA, "siglip", {"padding_side": REMOVE}, None, {}),
    ("gemma, turns", GEMMA, "siglip", {"additional_special_tokens": ["<start_of_turn>", "<end_of_turn>"]}, None, {}),
    ("siglip2", GEMMA, "siglip2", {"tokenizer_class": "Siglip2Tokenizer"}, None, {}),
    ("siglip2, fast", GEMMA, "siglip2", {"tokenizer_class": "Siglip2TokenizerFast"}, None, {}),
    ("siglip2, no class", GEMMA, "siglip2", {"tokenizer_class": REMOVE}, None, {}),
    ("siglip2, siglip", GEMMA, "siglip", {"tokenizer_class": "Siglip2Tokenizer"}, None, {}),
    ("siglip2, no settings", GEMMA, "siglip2", None, None, {}),
    ("siglip2, the file", GEMMA, "siglip2", {"tokenizer_class": "PreTrainedTokenizerFast"}, None, {}),
    ("siglip", "siglip", "siglip", {}, None, {}),
    ("siglip, the file keeps case", "siglip", "siglip", {}, without_case, {}),
    ("siglip, keeps case", "siglip", "siglip", {"do_lower_case": False}, None, {}),
    ("siglip, no class", "siglip", "siglip", {"tokenizer_class": REMOVE}, without_case, {}),
    ("siglip, the file", "siglip", "siglip", {"tokenizer_class": "PreTrainedTokenizerFast"}, without_case, {}),
    ("tipsv2", "tipsv2", "tipsv2", {}, None, {}),
    ("tipsv2, keeps case", "tipsv2", "tipsv2", {"do_lower_case": False}, None, {}),
    ("tipsv2, the file keeps case", "tipsv2", "tipsv2", {}, without_case, {}),
    ("tipsv2, the file", "tipsv2", "tipsv2", {"tokenizer_class": "PreTrainedTokenizerFast"}, without_case, {}),
]


def vocabulary_alone(name, checkpoint, model_type, settings, more):
    return (name, checkpoint, model_type, settings, "vocabulary", more)


CASES += [
    vocabulary_alone("clip, vocabulary", CLIP, "clip", {"tokenizer_class": "CLIPTokenizer"}, {}),
    vocabulary_alone("clip, vocabulary, padding by !", CLIP, "clip", {"pad_token": "!", "added_tokens_decoder": REMOVE}, {"special_tokens_map.json": {"pad_token": "!"}}),
    vocabulary_alone("clip, vocabulary, additional", CLIP, "clip", EXTRA, {}),
    vocabulary_alone("clip, vocabulary, no settings", CLIP, "clip", None, {"special_tokens_map.json": {"pad_token": "!"}}),
    vocabulary_alone("clip, vocabulary, decoder", CLIP, "clip", DECODER, {}),
    vocabulary_alone("bert, vocabulary", "chinese-clip", "chinese_clip", {"do_lower_case": False, **EXTRA}, {}),
    vocabulary_alone("siglip, vocabulary", "siglip", "siglip", {}, {}),
    vocabulary_alone("siglip, vocabulary, additional", "siglip", "siglip", {**EXTRA, "added_tokens_decoder": REMOVE}, {}),
    vocabulary_alone("siglip, vocabulary, decoder", "siglip", "siglip", DECODER, {}),
    vocabulary_alone("tipsv2, vocabulary", "tipsv2", "tipsv2", {}, {}),
]


def changed(source, changes):
    result = copy.deepcopy(source)
    for key, value in changes.items():
        if value is REMOVE:
            result.pop(key, None)
        else:
            result[key] = value
    return result


def files_of(checkpoint, model_type, settings, change, more):
    """The small files of a case: their contents, or None for those to leave out."""
    source = CHECKPOINTS / checkpoint
    files = {"config.json": {"model_type": model_type}}
    files["tokenizer_config.json"] = None if settings is None else changed(read(source / "tokenizer_config.json"), settings)
    if change == "vocabulary":
        files["tokenizer.json"] = None
    elif change is not None:
        original = read(source / "tokenizer.json")
        whole = change(copy.deepcopy(original))
        files["tokenizer.json"] = {key: value for key, value in whole.items() if value != original[key]}
    for name, content in more.items():
        files[name] = {**files.get(name, {}), **content}
    return files


def write(folder, checkpoint, files):
    for path in (CHECKPOINTS / checkpoint).iterdir():
        if path.suffix in (".json", ".txt", ".model") and path.name not in files and not path.name.endswith("index.json"):
            shutil.copy(path, folder)
    for name, content in files.items():
        if name == "tokenizer.json" and content is not None:
            original = read(CHECKPOINTS / checkpoint / name)
            content = {**original, **content}
        if content is not None:
            (folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    source = CHECKPOINTS / checkpoint / "tokenizer.json"
    if files.get("tokenizer.json", {}) is None and read(source)["model"]["type"] == "BPE" and not any(folder.glob("*.model")):
        model = read(source)["model"]
        (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False), encoding="utf-8")
        merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
        (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")


SCORED = [
    ("filled up on the left", "siglip2-fixed", {"padding_side": REMOVE}),
    ("filled up on the left, padding read", "siglip2-fixed", {"padding_side": REMOVE, "model_input_names": ["input_ids"]}),
    ("lower case by the class", "siglip2-naflex", {"tokenizer_class": "Siglip2Tokenizer"}),
    ("lower case by default", "siglip2-naflex", {"tokenizer_class": REMOVE}),
    ("keeps case", "chinese-clip", {"do_lower_case": False}),
    ("padding by !", CLIP, {"pad_token": "!"}),
]
LABELS = ["a FOX", "what?!", "An Owl & a bear", "seagull"]


def scores():
    """What the whole pipeline makes of some of them."""
    result = []
    for name, checkpoint, settings in SCORED:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            shutil.copytree(CHECKPOINTS / checkpoint, folder, dirs_exist_ok=True)
            changes = changed(read(folder / "tokenizer_config.json"), settings)
            (folder / "tokenizer_config.json").write_text(json.dumps(changes), encoding="utf-8")
            pipe = transformers.pipeline("zero-shot-image-classification", model=str(folder), dtype=torch.float32, device="cpu")
            found = {each["label"]: each["score"] for each in pipe(str(PICTURES / "landscape.png"), candidate_labels=LABELS)}
        scored = [float(f"{found[label]:.7g}") for label in LABELS]
        print(name, scored)
        result.append({"name": name, "checkpoint": checkpoint, "settings": changes, "scores": scored})
    return result


def main(verbose):
    cases = []
    for name, checkpoint, model_type, settings, change, more in CASES:
        files = files_of(checkpoint, model_type, settings, change, more)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            write(folder, checkpoint, files)
            tokenizer = AutoTokenizer.from_pretrained(folder)
            if verbose and hasattr(tokenizer, "backend_tokenizer"):
                print(json.loads(tokenizer.backend_tokenizer.to_str())["added_tokens"])
                print(json.loads(tokenizer.backend_tokenizer.to_str())["post_processor"])
            ids = [tokenizer(text)["input_ids"] for text in TEXTS]
            print(f"{name}: {type(tokenizer).__name__}, {tokenizer.padding_side}, {tokenizer.pad_token_id}")
            cases.append(
                {
                    "name": name,
                    "checkpoint": checkpoint,
                    "files": files,
                    "padId": tokenizer.pad_token_id,
                    "paddingSide": tokenizer.padding_side,
                    "mask": "attention_mask" in tokenizer("a"),
                    "ids": ids,
                }
            )
    golden = {
        "generator": "tools/golden/tokenizers_by_class.py",
        "versions": {"transformers": transformers.__version__},
        "texts": TEXTS,
        "cases": cases,
        "labels": LABELS,
        "scored": scores(),
    }
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":")).replace('{"name"', '\n{"name"')
    (OUT.parent / "tokenizers.json").write_text(text + "\n", encoding="utf-8")
    print(len(text))


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    sys.exit(main("-v" in sys.argv))
