"""Phrases and what they mean, and the tokenizer for them."""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

import prompts

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))
import tiny_clip  # noqa: E402

# Words that stand for no concept, so that the text tower learns to look past what it does not know: in phrases, and the
# commonest of English in any order.
_FILLER = (
    *("in the park", "near the house", "at night", "on the table", "under a blue sky", "by the river", "from my holiday", "with a smile"),
    *("of our neighbour", "for a friend", "next to me", "that i like", "in the morning", "without a doubt", "as usual", "from above"),
)
_COMMON = """
the be to of and a in that have i it for not on with he as you do at this but his by from they we say her she or an will my
one all would there their what so up out if about who get which go me when make can like just him know take into your some
could them see other than then now look only come its over think also back after use how our work first well even new want
because any these give most us is are was were been has had did does very much more such here why ask too must may might
shall should let us show tell find need feel try leave call good great big old different own same able last long little
right best sure real really maybe perhaps quite rather often always never again once twice together yesterday tomorrow
someone somebody something anything nothing everything everyone thing kind sort way part place case point made drew found
many few several less least both each every either neither another other others others' during before until since while though
although because however therefore instead anyway already soon later early today tonight tomorrow morning evening week month year
said says told asked answered thought knew went came saw heard felt kept held brought bought sold gave took put set ran began
started stopped ended opened closed turned moved stayed lived died wrote read learned meant needed wanted liked loved hated helped
called named asked seemed looked sounded became grew fell rose sat stood lay spoke told talked listened waited met paid sent built
lost won broke cut caught chose ate drank slept woke wore washed cleaned carried pulled pushed threw dropped picked showed hid
small tiny huge short tall wide narrow thick thin heavy fast slow hard soft wet dry warm cool full empty rich poor young true false
important different similar possible impossible certain clear simple easy difficult strange common rare special usual whole half
first second third next last near far left middle inside outside behind between under over along across around through against
without within upon toward per via about above below beyond except despite my your its their ours yours mine hers whose whom
""".split()


class Phrases:
    """Close words (names, synonyms, shortcodes) mean their concepts; loose ones (keywords) all that share them."""

    def __init__(self, concepts: list[dict]):
        self.names = [c["name"] for c in concepts]
        self.close = [c["close"] for c in concepts]
        self.loose = [c["loose"] for c in concepts]
        owners, loose_owners = defaultdict(set), defaultdict(set)
        for i, c in enumerate(concepts):
            for w in c["close"]:
                owners[w].add(i)
            for w in c["loose"]:
                loose_owners[w].add(i)
        self.target = {}
        for word in set(owners) | set(loose_owners):
            target = torch.zeros(len(concepts))
            # Where a word is one concept's name or synonym, that outweighs being a keyword of others.
            for i in owners.get(word, ()):
                target[i] = 1
            if word not in owners:
                for i in loose_owners[word]:
                    target[i] = 1
            self.target[word] = target / target.sum()
        self.common = [w for w in _COMMON if w not in owners]

    def batch(self, n: int, rng: np.random.Generator):
        texts, targets = [], []
        for concept in rng.integers(len(self.names), size=n):
            kind = rng.random()
            if kind < 0.45:
                phrase = self.names[concept]
            elif kind < 0.85 or not self.loose[concept]:
                phrase = self.close[concept][rng.integers(len(self.close[concept]))]
            else:
                phrase = self.loose[concept][rng.integers(len(self.loose[concept]))]
            if rng.random() < 0.3:
                before, after = (" ".join(rng.choice(self.common, rng.integers(0, 8))) for _ in range(2))
                text = f"{before} {phrase} {after}".strip() + rng.choice(["", "", ".", "!", "?"])
            else:
                text = prompts.sample(rng).format(phrase)
            if rng.random() < 0.1:
                text += " " + " ".join(_FILLER[i] for i in rng.integers(len(_FILLER), size=rng.integers(1, 6)))
            texts.append(text)
            targets.append(self.target[phrase])
        return texts, torch.stack(targets)

    def corpus(self) -> str:
        rng = np.random.default_rng(3)
        lines = [prompts.sample(rng).format("") for _ in range(3000)]
        for i, name in enumerate(self.names):
            lines += [name] * 12 + self.close[i] * 4 + self.loose[i]
        return "\n".join([*lines, *_FILLER * 5, *_COMMON * 5])


def train_tokenizer(phrases: Phrases, merges: int):
    return tiny_clip.tokenizer(merges, 77, corpus=phrases.corpus())
