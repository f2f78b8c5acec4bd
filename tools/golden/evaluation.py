"""Writes the golden file of zsic-evaluation: scores of pictures that do not exist, and what scikit-learn says of them.

    python tools/golden/evaluation.py

It needs numpy, and scikit-learn with scipy; README.md beside this file says which.
"""

import json
import pathlib

import numpy
from scipy import optimize, stats
from sklearn import metrics

OUT = pathlib.Path(__file__).parents[2] / "zsic-evaluation/src/test/resources/evaluation.json"
LABELS = ["bear", "bike", "car", "cat", "fox", "owl", "tree"]
NEVER_PREDICTED = LABELS.index("fox")
WITHOUT_PICTURES = LABELS.index("tree")
NONE = "_none"
BINS = 15

random = numpy.random.default_rng(7)


def softmax(logits):
    powers = numpy.exp(logits - logits.max())
    return (powers / powers.sum()).astype(numpy.float32)


def picture():
    """A truth and a score for each label; rounded, so that there are equal ones."""
    truth = int(random.choice([0, 0, 0, 1, 1, 2, 3, 3, NEVER_PREDICTED, 5, -1]))
    logits = random.normal(size=len(LABELS))
    if truth >= 0:
        logits[truth] += 2.5
    logits[NEVER_PREDICTED] = -9
    scores = numpy.round(softmax(logits), 2)
    return truth, scores.astype(numpy.float32)


def first(scores):
    return int(numpy.argmax(scores))  # of equal ones the first, as zsic has it


def figures(pictures, threshold):
    truths = numpy.array([truth for truth, _ in pictures])
    scores = numpy.stack([scores for _, scores in pictures])
    firsts = numpy.array([first(row) for row in scores])
    best = scores.max(axis=1)
    answers = numpy.where(best >= numpy.float32(threshold), firsts, -1)
    labelled = truths >= 0
    positions = list(range(len(LABELS)))

    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        truths, answers, labels=positions, zero_division=0)
    with_pictures = [i for i in positions if (truths == i).any()]
    order = numpy.argsort(-scores, axis=1, kind="stable")[:, :5]
    among_five = [truth in row and values[truth] >= numpy.float32(threshold)
                  for truth, row, values in zip(truths[labelled], order[labelled], scores[labelled])]

    confidence = best[labelled].astype(numpy.float64)
    right = (firsts == truths)[labelled]
    bins = numpy.searchsorted(numpy.linspace(0, 1, BINS + 1)[1:-1], confidence)
    calibration = []
    ece = 0
    for i in range(BINS):
        inside = bins == i
        if inside.any():
            calibration.append([i, int(inside.sum()), confidence[inside].mean(), right[inside].mean()])
            ece += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())

    return {
        "threshold": threshold,
        "top1": metrics.accuracy_score(truths[labelled], answers[labelled]),
        "top5": float(numpy.mean(among_five)),
        "meanRecall": metrics.recall_score(truths, answers, labels=with_pictures, average="macro"),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "confusion": metrics.confusion_matrix(truths, answers, labels=positions).tolist(),
        "nones": int((~labelled).sum()),
        "nonesRejected": int((answers[~labelled] == -1).sum()),
        "labelledRejected": int((answers[labelled] == -1).sum()),
        "auroc": metrics.roc_auc_score(labelled, best),
        "ece": ece,
        "bins": calibration,
    }


def temperature():
    """Cosines of 80 pictures, and the temperature that makes their labels most likely."""
    truths = random.integers(4, size=80)
    cosines = random.normal(0.2, 0.03, size=(80, 4))
    cosines[range(80), truths] += 0.04
    cosines = numpy.round(cosines, 4).astype(numpy.float32)
    exact = cosines.astype(numpy.float64)

    def loss(logarithm):
        logits = exact / numpy.exp(logarithm)
        return (numpy.logaddexp.reduce(logits, axis=1) - logits[range(80), truths]).sum()

    found = optimize.minimize_scalar(loss, bounds=(-7, 0), method="bounded", options={"xatol": 1e-9})
    return {"pictures": [[int(truth), [str(cosine) for cosine in row]] for truth, row in zip(truths, cosines)],
            "temperature": float(numpy.exp(found.x))}


def main():
    pictures = [picture() for _ in range(400)]
    result = {
        "labels": LABELS,
        "pictures": [[LABELS[truth] if truth >= 0 else NONE, [str(score) for score in scores]]
                     for truth, scores in pictures],
        "temperature": temperature(),
        "mcnemar": [[first, second, float(stats.binomtest(first, first + second).pvalue)]
                    for first, second in ((1, 0), (5, 5), (3, 14), (60, 31), (2000, 1700))],
        "expected": [figures(pictures, threshold) for threshold in (0, 0.5)],
    }
    OUT.write_text(json.dumps(result).replace('], ["', '],\n["') + "\n")


if __name__ == "__main__":
    main()
