"""Tiny tokenizers of every family that the architectures use, each in the files that Transformers reads, and each with
a tokenizer.json that gives the same ids."""

import json
import re
import string
from collections import Counter

import sentencepiece
import tiny_clip as tiny
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

WORDS = re.findall(r"[^\W\d_]+|\d|[^\s\w]", tiny.CORPUS)


def special(tokens, **more):
    return {str(i): {"content": t, "special": True, **{**AddedFlags, **more}} for i, t in tokens.items()}


AddedFlags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}


def write(folder, config, tokenizer=None):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n")
    if tokenizer is not None:
        tokenizer.save(str(folder / "tokenizer.json"))


def sentencepiece_model(path, pieces, **options):
    """A unigram model of the corpus."""
    corpus = path.parent / "corpus.txt"
    corpus.write_text(tiny.CORPUS.strip() + "\n")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(path.with_suffix("")),
        vocab_size=pieces,
        num_threads=1,
        minloglevel=2,
        hard_vocab_limit=False,
        character_coverage=1.0,
        **options,
    )
    corpus.unlink()
    trained = path.with_suffix(".model")
    if trained != path:
        trained.rename(path)
    path.with_suffix(".vocab").unlink()
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(path.read_bytes())
    # Where it was trained does not belong in the file.
    proto.trainer_spec.ClearField("input")
    proto.trainer_spec.ClearField("model_prefix")
    path.write_bytes(proto.SerializeToString(deterministic=True))
    return proto


def siglip(folder):
    """SigLIP: SentencePiece, canonicalised text, padding with the end token, no attention mask."""
    folder.mkdir(parents=True, exist_ok=True)
    proto = sentencepiece_model(
        folder / "spiece.model", 320, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, normalization_rule_name="nmt_nfkc"
    )
    tokenizer = Tokenizer(models.Unigram([(p.piece, p.score) for p in proto.pieces], unk_id=2, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Lowercase(),
            normalizers.Replace(Regex("[" + re.escape(string.punctuation) + "]"), ""),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
            normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
            normalizers.Strip(left=False, right=True),
            normalizers.Replace(Regex(" {2,}"), "▁"),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(single=["$A", "</s>"], special_tokens=[("</s>", 1)])
    flags = {"lstrip": True, "rstrip": True, "normalized": False, "special": True}
    tokenizer.add_special_tokens([AddedToken("</s>", **flags), AddedToken("<unk>", **flags)])
    config = {
        "added_tokens_decoder": special({1: "</s>", 2: "<unk>"}, lstrip=True, rstrip=True),
        "do_lower_case": True,
        "eos_token": "</s>",
        "model_input_names": ["input_ids"],
        "model_max_length": 64,
        "pad_token": "</s>",
        "tokenizer_class": "SiglipTokenizer",
        "unk_token": "<unk>",
    }
    write(folder, config, tokenizer)
    return len(proto.pieces)


def gemma(folder, masked):
    """Gemma: byte-fallback BPE over whole texts, an end and no start token, case kept."""
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    merges = []
    words = Counter(tuple("▁" + word) for word in WORDS)
    while len(merges) < 300:
        pairs = Counter()
        for symbols, n in words.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += n
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        merged = Counter()
        for symbols, n in words.items():
            joined = list(symbols)
            i = 0
            while i + 1 < len(joined):
                if (joined[i], joined[i + 1]) == best:
                    joined[i : i + 2] = [joined[i] + joined[i + 1]]
                i += 1
            merged[tuple(joined)] += n
        words = merged
    letters = sorted({c for word in WORDS for c in word} | set(string.ascii_letters) | {"▁", "é", "猫", "🦉"})
    tokens = [*specials, *(f"<0x{b:02X}>" for b in range(256)), *letters, *(a + b for a, b in merges)]
    assert len(set(tokens)) == len(tokens)
    tokenizer = Tokenizer(
        models.BPE({t: i for i, t in enumerate(tokens)}, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.post_processor = processors.TemplateProcessing(single=["$A", "<eos>"], special_tokens=[("<eos>", 1)])
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in specials])
    config = {
        "add_bos_token": False,
        "add_eos_token": True,
        "added_tokens_decoder": special(dict(enumerate(specials))),
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "model_input_names": ["input_ids", "attention_mask"] if masked else ["input_ids"],
        "model_max_length": 64,
        "pad_token": "<pad>",
        "padding_side": "right",
        "tokenizer_class": "GemmaTokenizer",
        "unk_token": "<unk>",
    }
    write(folder, config, tokenizer)
    return len(tokens)


def xlm_roberta(folder, name="sentencepiece.bpe.model", **config):
    """XLM-RoBERTa and XLM-V: SentencePiece pieces behind four special tokens, start and end token."""
    folder.mkdir(parents=True, exist_ok=True)
    # The published ones normalise by the table that SigLIP's has here; leaving it out keeps the checkpoint small.
    proto = sentencepiece_model(
        folder / name, 320, unk_id=0, bos_id=1, eos_id=2, pad_id=-1, normalization_rule_name="identity"
    )
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    vocabulary = [(t, 0.0) for t in specials] + [(p.piece, p.score) for p in proto.pieces[3:]] + [("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["<s>", "$A", "</s>"], special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in specials])
    tokenizer.add_special_tokens([AddedToken("<mask>", special=True, normalized=False, lstrip=True)])
    mask = len(vocabulary) - 1
    added = special(dict(enumerate(specials))) | special({mask: "<mask>"}, lstrip=True)
    config = {
        "added_tokens_decoder": added,
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "mask_token": "<mask>",
        "model_max_length": 512,
        "pad_token": "<pad>",
        "sep_token": "</s>",
        "tokenizer_class": "XLMRobertaTokenizer",
        "unk_token": "<unk>",
        **config,
    }
    write(folder, config, tokenizer)
    return len(vocabulary)


def tipsv2(folder):
    """TIPSv2: BPE over SentencePiece's pieces, lower-case, bytes for what is unknown, no start or end token. Its class
    makes the tokenizer.json."""
    from transformers import Tipsv2Tokenizer

    folder.mkdir(parents=True, exist_ok=True)
    # As for XLM-RoBERTa, the table that normalises is left out to keep the checkpoint small.
    proto = sentencepiece_model(
        folder / "tokenizer.model",
        560,
        model_type="bpe",
        pad_id=0,
        unk_id=1,
        bos_id=-1,
        eos_id=-1,
        byte_fallback=True,
        normalization_rule_name="identity",
    )
    config = {
        "do_lower_case": True,
        "model_max_length": 64,
        "pad_token": "<pad>",
        "tokenizer_class": "Tipsv2Tokenizer",
        "unk_token": "<unk>",
    }
    write(folder, config)
    Tipsv2Tokenizer.from_pretrained(folder).save_pretrained(folder)
    return len(proto.pieces)


def bert(folder, **config):
    """BERT: WordPiece, lower-case without accents, every Chinese character a word."""
    folder.mkdir(parents=True, exist_ok=True)
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = sorted({c for word in WORDS for c in word} | set(string.ascii_lowercase + string.digits + string.punctuation))
    words = sorted({word for word in WORDS if len(word) > 1})
    tails = sorted({word[i:] for word in words for i in range(1, len(word)) if len(word) - i in (2, 3)})
    chinese = list("猫狗鸟京夜的照片一张这是东")
    tokens = [*specials, *letters, *words, *chinese, *("##" + c for c in letters), *("##" + t for t in tails)]
    tokens = list(dict.fromkeys(tokens))
    (folder / "vocab.txt").write_text("".join(t + "\n" for t in tokens), encoding="utf-8")
    tokenizer = Tokenizer(
        models.WordPiece({t: i for i, t in enumerate(tokens)}, unk_token="[UNK]", max_input_chars_per_word=100)
    )
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["[CLS]:0", "$A:0", "[SEP]:0"],
        pair=["[CLS]:0", "$A:0", "[SEP]:0", "$B:1", "[SEP]:1"],
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in specials])
    config = {
        "added_tokens_decoder": special(dict(enumerate(specials))),
        "cls_token": "[CLS]",
        "do_lower_case": True,
        "mask_token": "[MASK]",
        "model_max_length": 512,
        "pad_token": "[PAD]",
        "sep_token": "[SEP]",
        "strip_accents": None,
        "tokenize_chinese_chars": True,
        "tokenizer_class": "BertTokenizer",
        "unk_token": "[UNK]",
        **config,
    }
    write(folder, config, tokenizer)
    return len(tokens)
