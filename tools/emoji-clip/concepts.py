"""What the checkpoint knows: concepts, the words for each, and which drawing of which vendor shows it.

    python concepts.py WORK

Reads the packages that package.json names from WORK/node_modules and writes WORK/concepts.json, training.json and
heldout.json. OpenMoji is the vendor held out: nothing here or in training looks at its pictures or its words.
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
TRAINING_SETS = ("noto", "noto-v1", "twemoji", "emojione", "fluent-emoji", "fluent-emoji-flat", "fxemoji", "streamline-emojis")
# Black shapes on nothing: more of a style than a vendor's drawing, so they help to learn but do not make a concept learnable.
SILHOUETTE_SET = "fluent-emoji-high-contrast"
# Drawn flat and with few shapes, so that lines around every shape look like a drawing.
OUTLINED_SETS = ("twemoji", "emojione", "fluent-emoji-flat", "fxemoji")
# Icons, found by their names: other hands and other styles, most of them in one colour.
ICON_SETS = (
    *("emojione-monotone", "game-icons", "hugeicons", "mdi", "icon-park", "icon-park-twotone", "ph", "tabler", "mingcute", "lucide", "fa6-solid"),
    *("material-symbols", "solar", "uil", "bxs", "mynaui", "iconoir", "pixelarticons", "streamline-color", "streamline-plump-color"),
    *("streamline-cyber-color", "streamline-kameleon-color", "streamline-flex-color", "streamline-sharp-color", "streamline-ultimate-color"),
    *("tdesign", "carbon", "fluent", "fontisto", "temaki", "maki", "healthicons", "pixel", "iconamoon", "medical-icon", "meteocons"),
)
# Icons in colour that are never trained on: how well the image tower does on hands that it does not know.
STYLE_VALIDATION_SETS = ("marketeq", "duo-icons", "fluent-color", "flat-color-icons", "streamline-stickies-color", "streamline-freehand-color")
ICON_STYLE = re.compile(
    r"-(\d+|lines?|fill|filled|outlined?|bold|duotone|solid|rounded|round|sharp|broken|linear|thin|light|twotone|two-tone|regular|color|stroke|"
    r"bulk|flat|remix|duo|variant)$"
)
FILLED_STYLE = re.compile(r"-(fill|filled|bold|duotone|solid|twotone|two-tone|bulk)\b")
# What icons of that name show is something else, or too many things.
ICON_NAMES_EXCLUDED = set(
    "1 no yes apple android date drumstick drum-stick cup building bull capsule compression controller dividers fencing goal guards island japan "
    "lamp lamps lantern letter-s letters milk mouse oil office park party pound euro yen dollar rain rains sea slide stars subway sunny cloudy tablet "
    "tablets torch trolley tree trees wave waves windows wind wallet bat fly cricket mirror mate wedding judge pilot clock clubs spades screen seal "
    "shell shopping snow snows spy swift ring rings run running walking tongue open-book chart chart-increasing note construction running-shirt".split()
)

# Things that people have a name for when they see them. Left out as classes of their own: flags, keycaps, arrows, signs
# and letters, clock faces, families, and the gender and skin tone variants of people.
SUBGROUPS = {
    *("monkey-face", "hand-fingers-open", "hand-fingers-partial", "hand-single-finger", "hand-fingers-closed", "hands"),
    *("body-parts", "person-fantasy", "person-sport", "person-activity", "person-role"),
    *("animal-mammal", "animal-bird", "animal-amphibian", "animal-reptile", "animal-marine", "animal-bug"),
    *("plant-flower", "plant-other", "food-fruit", "food-vegetable", "food-prepared", "food-asian", "food-marine"),
    *("food-sweet", "drink", "dishware", "place-map", "place-geographic", "place-building", "place-religious"),
    *("place-other", "transport-ground", "transport-water", "transport-air", "hotel", "sky-weather", "event"),
    *("award-medal", "sport", "game", "arts-crafts", "clothing", "sound", "music", "musical-instrument", "phone"),
    *("computer", "light-video", "book-paper", "money", "mail", "writing", "office", "lock", "tool", "science"),
    *("medical", "household", "other-object", "emotion", "face-costume", "time", "warning"),
}
EXCLUDED = re.compile(
    r"o.clock|thirty$|skin tone|^(woman|man|men|women)\b(?!.s (shoe|hat|boot|clothes|sandal))|mrs\.|"
    r"\bbutton$|facing right|^person: |^(high|low) brightness|antenna bars|vibration mode|speaker (low|medium|high)|"
    r"(non-)?potable|^no |prohibited|baggage|left luggage|customs|passport|litter|children crossing|information"
)

SYNONYMS = json.loads((HERE / "synonyms.json").read_text("utf-8"))
# Emoji that differ by direction, pose, number or colour, and for which people use one word.
MERGED = {old: new for new, olds in json.loads((HERE / "merged.json").read_text("utf-8")).items() for old in olds}


def words(text: str) -> str:
    """Lower case, and only what a label would hold: 'flag_in_hole' and 'Flag in Hole' are the same."""
    return re.sub(r"[^a-z0-9'&+.\- ]", " ", text.lower().replace("_", " ").replace("’", "'").replace("“", "").replace("”", "")).strip()


def squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def plural(name: str) -> str:
    if re.search(r"(s|x|z|ch|sh)$", name):
        return name + "es"
    if re.search(r"[^aeiou]y$", name):
        return name[:-1] + "ies"
    return name + "s"


def main(work: Path) -> None:
    modules = work / "node_modules"

    def load(path: str):
        return json.loads((modules / path).read_text("utf-8"))

    subgroup_keys = {g["order"]: g["key"] for g in load("emojibase-data/en/messages.json")["subgroups"]}
    subgroup_keys[46] = "food-sweet"
    shortcode_files = [load(f"emojibase-data/en/shortcodes/{n}.json") for n in ("emojibase", "github", "iamcal", "joypixels")]
    keywords = load("emojilib/dist/emoji-en-US.json")

    entries = []
    for entry in load("emojibase-data/en/data.json"):
        subgroup = subgroup_keys.get(entry.get("subgroup"))
        name = words(entry["label"])
        if subgroup in SUBGROUPS and not EXCLUDED.search(name) and entry.get("version", 0) < 15:
            entries.append((MERGED.get(name, name), name, subgroup, entry))
    unknown = set(MERGED) - {name for _, name, _, _ in entries}
    assert not unknown, f"merged.json names what is not there: {unknown}"
    names = {merged for merged, _, _, _ in entries}
    unknown = set(SYNONYMS) - names - set(MERGED)
    assert not unknown, f"synonyms.json names what is not there: {unknown}"

    concepts = {}
    for merged, name, subgroup, entry in entries:
        shortcodes = []
        for file in shortcode_files:
            value = file.get(entry["hexcode"], [])
            shortcodes += [words(s) for s in ([value] if isinstance(value, str) else value)]
        close = [merged, name, *shortcodes, *SYNONYMS.get(name, []), *SYNONYMS.get(merged, [])]
        close += [re.sub(r" face$", "", n) for n in close if n.endswith(" face")]
        close += [plural(n) for n in [merged, *SYNONYMS.get(merged, [])] if n.isalpha() and not n.endswith("s")]
        loose = [*(words(t) for t in entry.get("tags", [])), *(words(k) for k in keywords.get(entry["emoji"], []))]
        concept = concepts.setdefault(merged, {"name": merged, "group": subgroup, "hexcodes": [], "close": [], "loose": []})
        concept["hexcodes"].append(entry["hexcode"].lower().replace("-fe0f", ""))
        # A word that is the name of another concept belongs to that one.
        concept["close"] += [w for w in close if len(w) > 1 and (w == merged or w not in names)]
        concept["loose"] += [w for w in loose if len(w) > 1]
    concepts = list(concepts.values())
    for concept in concepts:
        concept["close"] = list(dict.fromkeys(concept["close"]))
        concept["loose"] = sorted(set(concept["loose"]) - set(concept["close"]))

    drawings = []
    by_hexcode, by_word = {}, {}
    for i, concept in enumerate(concepts):
        for hexcode in concept["hexcodes"]:
            by_hexcode[hexcode] = i
        for word in reversed(concept["close"]):
            by_word[squeezed(word)] = i
    for i, concept in enumerate(concepts):
        by_word[squeezed(concept["name"])] = i
    for set_name in (*TRAINING_SETS, SILHOUETTE_SET):
        seen = set()
        icons = load(f"@iconify-json/{set_name}/icons.json")["icons"]
        chars = load(f"@iconify-json/{set_name}/chars.json")
        pairs = [(by_hexcode.get(code.replace("-fe0f", "")), icon) for code, icon in sorted(chars.items())]
        if not chars:
            pairs = [(by_word.get(squeezed(re.sub(r"-\d$", "", icon))), icon) for icon in sorted(icons)]
        for concept, icon in pairs:
            if concept is None or icon not in icons or icon in seen:
                continue
            seen.add(icon)
            drawings.append({"concept": concept, "set": set_name, "icon": icon})
            if set_name in OUTLINED_SETS:
                variants = ("outline", "outline recoloured", "lines")
            else:
                variants = ("recoloured",) if set_name != SILHOUETTE_SET else ()
            drawings += [{"concept": concept, "set": set_name, "icon": icon, "variant": v} for v in variants]

    for set_name in (*ICON_SETS, *STYLE_VALIDATION_SETS):
        coloured = load(f"@iconify-json/{set_name}/info.json")["palette"]
        chosen = {}
        for icon in load(f"@iconify-json/{set_name}/icons.json")["icons"]:
            base = icon
            while squeezed(base) not in by_word and ICON_STYLE.search(base):
                base = ICON_STYLE.sub("", base)
            concept = by_word.get(squeezed(base))
            if concept is not None and base not in ICON_NAMES_EXCLUDED:
                # One of lines, one of areas.
                chosen.setdefault((concept, bool(FILLED_STYLE.search(icon))), icon)
        for (concept, _), icon in sorted(chosen.items()):
            drawing = {"concept": concept, "set": set_name, "icon": icon, "icons": True}
            if set_name in STYLE_VALIDATION_SETS:
                drawings.append({**drawing, "validates": True})
            else:
                drawings += [{**drawing, "mono": not coloured}, {**drawing, "variant": "recoloured" if coloured else "filled"}]

    # Concepts that fewer than three vendors draw cannot be learnt as such.
    vendors = defaultdict(set)
    for drawing in drawings:
        if "icons" not in drawing:
            vendors[drawing["concept"]].add(drawing["set"].split("-")[0])
    heldout = {p.stem.lower().replace("-fe0f", ""): p.relative_to(work) for p in (modules / "openmoji/color/svg").glob("*.svg")}
    kept = [i for i, c in enumerate(concepts) if len(vendors[i]) >= 3 and any(h in heldout for h in c["hexcodes"])]
    position = {old: new for new, old in enumerate(kept)}
    drawings = [{**d, "concept": position[d["concept"]]} for d in drawings if d["concept"] in position]
    concepts = [concepts[i] for i in kept]
    test = [{"concept": i, "file": str(heldout[h])} for i, c in enumerate(concepts) for h in c["hexcodes"] if h in heldout]
    for name, content in (("concepts", concepts), ("training", drawings), ("heldout", test)):
        (work / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False, indent=0), "utf-8")
    counts = defaultdict(int)
    for d in drawings:
        counts[d["set"] + " " + d.get("variant", "")] += 1
    print(f"{len(concepts)} concepts, {len(test)} held-out drawings, {len(drawings)} drawings to train on: {dict(counts)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
