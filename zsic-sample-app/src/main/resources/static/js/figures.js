/** What the answers to labelled pictures come to; the definitions are those of the command --evaluate. */
import { NONE } from './labelled-files.js';

const PAIRS = 10;
const EXAMPLES = 4;

const share = (part, whole) => (whole ? part / whole : 0);

/**
 * Counts.
 * @param labels the labels to choose from
 * @param outcomes for each picture its label, the predictions, and the file
 */
export function figures(labels, outcomes) {
  const byLabel = new Map(labels.map((label) => [label,
    { label, count: 0, correct: 0, answered: 0, rejected: 0 }]));
  const pairs = new Map();
  let top1 = 0;
  let top5 = 0;
  const none = { count: 0, rejected: 0, labelledRejected: 0 };
  for (const { label, predictions, file, name } of outcomes) {
    const answer = predictions[0]?.label;
    if (answer !== undefined) {
      byLabel.get(answer).answered++;
    }
    if (label === NONE) {
      none.count++;
      none.rejected += answer === undefined;
      continue;
    }
    const own = byLabel.get(label);
    own.count++;
    top5 += predictions.slice(0, 5).some((prediction) => prediction.label === label);
    if (answer === label) {
      own.correct++;
      top1++;
    }
    else if (answer === undefined) {
      own.rejected++;
      none.labelledRejected++;
    }
    else {
      const key = JSON.stringify([label, answer]);
      const pair = pairs.get(key) ?? { label, answer, count: 0, examples: [] };
      pairs.set(key, pair);
      pair.count++;
      pair.examples.push({ file, name, score: predictions[0].score });
      pair.examples.sort((one, other) => other.score - one.score).splice(EXAMPLES);
    }
  }
  const results = [...byLabel.values()].map((result) => ({ ...result, recall: share(result.correct, result.count),
    precision: share(result.correct, result.answered), f1: share(2 * result.correct, result.count + result.answered) }));
  const withPictures = results.filter(({ count }) => count);
  const count = withPictures.reduce((sum, result) => sum + result.count, 0);
  return {
    count,
    top1: share(top1, count),
    top5: share(top5, count),
    meanRecall: share(withPictures.reduce((sum, { recall }) => sum + recall, 0), withPictures.length),
    labels: results,
    confusedPairs: [...pairs.values()].sort((one, other) => other.count - one.count).slice(0, PAIRS),
    none: none.count + none.labelledRejected ? none : null,
  };
}
