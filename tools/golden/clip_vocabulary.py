"""Writes the vocabulary of CLIP that zsic-core has built in, for checkpoints of OpenCLIP that come without one, from the
one that OpenCLIP has (bpe_simple_vocab_16e6.txt.gz of OpenAI's CLIP), and what OpenCLIP's tokenizer makes of texts.

    python tools/golden/clip_vocabulary.py

README.md beside this file says in which environment.
"""

import gzip
import json
import sys
from pathlib import Path

import tiny_clip  # noqa: F401  first: it prepares torchvision
import open_clip
from open_clip.tokenizer import SimpleTokenizer, default_bpe

from clip import OUT
from tokenizers_by_class import TEXTS

RESOURCES = OUT.parents[2] / "main/resources/io/github/zsic/checkpoint"
MERGES = 49152 - 256 - 2
MORE = [
    "a &amp; b &lt;tag&gt; &#39;quoted&#39; &amp;amp; &copy 2024 fish&chips",
    "“curly” ‘quotes’ ʼn ŉ ﬂuﬃeﬆ",
    "ＬＯＵＤ　ＮＯＩＳＥＳ Ｕﾀｰﾝ",
    "a\u0000b\ufeffc\u200dd\u001b[36mblue\u001b[0m",
    "<start_of_text> fox <end_of_text>",
    "line\r\nbreaks\u2028here",
    "naïve Ångström ΑΣ ß ſ",
    "snake_case, it's; don't'll",
    "a photo of a " + "very " * 100 + "large owl",
    "&eacute;t&eacute; &EACUTE;T&EACUTE; &hearts; &NotEqualTilde; &fjlig; &Zopf; &NewLine; &Tab; &nbsp;",
    "&eacute &copy &notit; &notin; &ampamp &amp;amp;lt; &ltcat&gt &frac12cup &Aacute1 &unknown; &; & &a; &aacutefox",
    "&#233; &#xE9; &#xe9 &#150; &#x80; &#129; &#0; &#xD800; &#1114112; &#99999999999; &#1; &#11; &#64976; &#65535; &#x1F43B;",
    "<b>&eacute; &amp;copy;</b> &amp;amp;amp;lt;",
    "&eacute; first\nthen <i>&amp;eacute;</i>\nand &amp;eacute; &HEARTS; &nTILDE; &Ntilde; &NTILDE; &szlig; &SZLIG;",
    "&#x26;eacute; &#38;#38;#38;lt; &lpar;owl&rpar; &commat; &lowbar; &num;1 &percnt; &quest;&excl;",
    "a&ThickSpace;b &zwnj; &shy; &ZeroWidthSpace; c &#8203; d &lrm; &bsol; &grave; &Hat; &lbrace;&vert;&rcub;",
    "&ReallyLongNameOfSomethingThatIsNoEntityAtAllButLooksLikeOne; &CounterClockwiseContourIntegral;",
    "fish & chips; AT&T; R&D; Q&A; &c.; rock&roll; a&b;c; &lt3 &gt;_&lt;",
]


def main():
    lines = gzip.open(default_bpe()).read().decode("utf-8").split("\n")[1 : MERGES + 1]
    with open(RESOURCES / "clip-merges.txt.gz", "wb") as file:
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=9) as out:
            out.write(("\n".join(lines) + "\n").encode("utf-8"))
    texts = TEXTS + MORE
    cases = {}
    for clean in ("lower", "whitespace", "canonicalize"):
        tokenizer = SimpleTokenizer(clean=clean)
        lengths = [min(len(tokenizer.encode(text)) + 2, 77) for text in texts]
        cases[clean] = [row[:length] for row, length in zip(tokenizer(texts).tolist(), lengths)]
    golden = {
        "generator": "tools/golden/clip_vocabulary.py",
        "versions": {"open_clip": open_clip.__version__},
        "texts": texts,
        "ids": cases,
    }
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":"))
    (OUT.parent / "open-clip-tokens.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
