"""Writes what zsic-core has built in of ftfy, to mend texts that were decoded by a wrong encoding: its patterns and tables, and
for the tests what OpenCLIP's cleaning, which calls it, makes of some hundred texts.

    python tools/golden/mojibake.py
"""

import json
import random
import string
import sys

import tiny_clip  # noqa: F401  first: it prepares torchvision
import ftfy
from ftfy import badness, chardata, fixes
from open_clip.tokenizer import basic_clean, whitespace_clean

from clip import OUT
from clip_vocabulary import RESOURCES

# What Python's \\s and \\w are, in Java's words.
SPACE = r"\t-\r\x1C-\x20\x85\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
WORD = r"\p{L}\p{N}_"


def escaped(character):
    return character if " " < character <= "~" else f"\\u{ord(character):04X}"


def java(pattern):
    """A verbose pattern of Python as one of Java, in ASCII."""
    pattern = pattern.pattern
    written, inside, i = [], False, 0
    while i < len(pattern):
        character = pattern[i]
        if character == "\\":
            i += 1
            replacement = {"s": SPACE, "w": WORD}.get(pattern[i])
            if pattern[i] == "x":
                written.append(escaped(chr(int(pattern[i + 1 : i + 3], 16))))
                i += 2
            elif replacement:
                written.append(replacement if inside else f"[{replacement}]")
            else:
                raise ValueError(pattern[i])
        elif not inside and character == "#":
            i = pattern.index("\n", i)
        elif inside or character not in string.whitespace:
            inside = character == "[" or (inside and character != "]")
            written.append(escaped(character))
        i += 1
    return "".join(written)


def resource():
    import ftfy.bad_codecs  # noqa: F401  the tables have these names

    detector = java(chardata.UTF8_DETECTOR_RE)
    # Possessive, or Java needs a stack for it.
    assert detector.count("(") == 2 and detector.endswith(")+")
    detector = detector[:-1].replace(")(", ")(?:") + "++"
    encodings = {name: bytes(range(256)).decode(name) for name in chardata.CHARMAP_ENCODINGS}
    content = {
        "badness": java(badness.BADNESS_RE),
        "detector": detector,
        "altered": "".join(map(escaped, chardata.ALTERED_UTF8_RE.pattern.decode("latin-1"))),
        "lossy": "".join(map(escaped, chardata.LOSSY_UTF8_RE.pattern.decode("latin-1"))),
        "grave": "".join(map(escaped, fixes.A_GRAVE_WORD_RE.pattern.decode("latin-1"))),
        "encodings": encodings,
    }
    text = json.dumps(content, ensure_ascii=True, indent=1)
    (RESOURCES / "mojibake.json").write_text(text + "\n", encoding="ascii")


PLAIN = [
    "café", "naïve façade", "Ångström", "El Niño à São Paulo", "voilà le travail", "à la carte", "às vezes àquela", "“curly” ‘quotes’",
    "it’s 5 €", "rock — paper – scissors…", "Größe über Straße", "Привет, мир", "Сова и лиса", "γλαύξ και αλεπού", "žluťoučký kůň",
    "Łódź, Kraków", "ķirsis ābols", "İstanbul’da ağaç", "猫と梟", "올빼미", "नमस्ते", "مرحبا", "שלום", "🦊 and 🦉", "™ © ® ° ± ½ ×",
    "10 µm² ≈ 3°", "a bear, brown", "œuvre d’art", "¿Qué? ¡Sí!", "Ø 5 mm", "crème brûlée « à point »", "ÄÖÜ ÀÉÎ", "1⁄2", "Š", "Ž", "ﬁne",
    "fox\u00a0and\u00a0owl", "\u0416\u0423\u041a", "…", "‚low‘ „quotes“", "°C", "Þór", "ÂÃ", "Ã ", "â€", "l’été à Àgde", "e\u0301te\u0301",
    "(ó_ò) ಠ_ಠ", "¯\\_(ツ)_/¯", "АБВ ГДЕ", "ĀĒĪ", "¬ ¦ ¨", "║ box ═", "x ≠ y", "√2", "ŸŒ",
]
FIXED = [
    "âœ” No problems", "l’humanitÃ©", "Ã perturber la rÃ©flexion des thÃ©ologiens", "schÃ¶n \u0085 \u0092", "\u0093quoted\u0094",
    "ÃƒÂ©t\u00c3\u0192\u00c2\u00a9", "vedere Ã¨ credere", "â€œ like this â€\ufffd", "10Î¼s", "Ôªº", "RUF MICH ZURÃœCK", "IL Y MARQUÉ…",
    "The Mona Lisa doesn√ït have eyebrows.", "I¥m not such a fan", "├┤ box", "\u00c0\n", "\u00ed\u00a0\u00bd\u00ed\u00b8\u0080", "À\u0080",
    "â€” fox â€œowl”", "Mér. Nuages‎ ¬", "C‚e d‚arbre", "Ãngstrom Ã…", "РџСЂРёРІРµС‚", "ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Ã¥Ã¤Ã¶", "â„¢ Ã— Â½ Â°", "ä½\xa0å¥½",
    "æ—¥æœ¬ã�®å�‹", "ðŸ¦Š", "ðŸ¦‰ &amp; Ã©t&eacute;", "<b>Ã©</b>", "Ã©\nÃ¨\nplain", "caf\u00c3\u00a9\u001b[0m", "Â£5", "Â«MenÃºÂ»", "fÃ cil",
    "Â", "Ã", "ÂÂ Â", "Ã\xa0 la", "voilÃ le", "Ã quele tempo", "à²¨à²®", "вЂ” дом", "ГўВЂВ™s", "β€™", "ā€œ", "ØªØ­ØªØ¯Ø", "×©×œ×•×",
    "\x1aâ€œ", "a\ufffdÃ©", "√© fox", "‚Äî", "‚Äôs", "≈° í", "Ô¬Å", "d’Ă©tĂ©", "Å¾luÅ¥ouÄ\u008dkÃ½", "kĹŻĹ", "\u00e2\u0080\u0099", "ãƒ•ã‚©",
]


def texts():
    """Plain ones, and those that were encoded and decoded wrongly, once or twice, whole or in part, or lost something."""
    found = [*PLAIN, *FIXED]
    rng = random.Random(1)
    for text in PLAIN:
        for name in chardata.CHARMAP_ENCODINGS:
            wrong = text.encode().decode(name)
            found.append(wrong)
            if rng.random() < 0.2:
                found.append(f"{rng.choice(PLAIN)} {wrong}, {rng.choice(PLAIN)}")
            if rng.random() < 0.15:
                found.append(wrong.encode().decode(rng.choice(chardata.CHARMAP_ENCODINGS)))
            if "\xa0" in wrong:
                found.append(wrong.replace("\xa0", " "))
        found.append(text.encode().decode("windows-1252", errors="replace"))
        found.append(text.encode("windows-1252", errors="ignore").decode("latin-1"))
        found.append(text.encode("utf-16", "surrogatepass").decode("utf-16").encode("cp1251", errors="replace").decode("latin-1"))
        cut = text.encode().decode("sloppy-windows-1252")
        found.append(cut[: max(1, len(cut) - 1)])
    letters = [c for name in chardata.CHARMAP_ENCODINGS for c in bytes(range(128, 256)).decode(name)] + list("aZ 1.\n\t")
    found += ["".join(rng.choice(letters) for _ in range(rng.randint(2, 8))) for _ in range(300)]
    latin = [chr(i) for i in range(0xA0, 0x100)] + list("ae ")
    found += ["".join(rng.choice(latin) for _ in range(rng.randint(2, 6))) for _ in range(200)]
    return list(dict.fromkeys(found))


def main():
    resource()
    cases = [[text, whitespace_clean(basic_clean(text))] for text in texts()]
    golden = {"generator": "tools/golden/mojibake.py", "versions": {"ftfy": ftfy.__version__}, "cases": cases}
    text = json.dumps(golden, ensure_ascii=True, separators=(",", ":"))
    (OUT.parent / "mojibake.json").write_text(text.replace("],[", "],\n[") + "\n", encoding="ascii")
    print(f"{len(cases)} texts, of which {sum(before != after for before, after in cases)} change")


if __name__ == "__main__":
    sys.exit(main())
