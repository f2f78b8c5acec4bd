/** Numbers as people read them. */

const PROBABILITIES = new Set(['', 'auto', 'softmax', 'sigmoid']);

/** Percent for probabilities, plain numbers for cosines and logits. */
export function formatScore(score, scoring) {
  if (!PROBABILITIES.has(scoring)) {
    return score.toFixed(3).replace('-', '\u2212');
  }
  const percent = score * 100;
  if (percent > 0 && percent < .01) {
    return '<\u20090.01\u2009%';
  }
  return `${percent.toFixed(2)}\u2009%`;
}

/** How far a bar reaches, from 0 to 1: probabilities as they are, other scores between the lowest and the highest. */
export function bars(scores, scoring) {
  if (PROBABILITIES.has(scoring)) {
    return scores.map((score) => Math.min(Math.max(score, 0), 1));
  }
  const lowest = Math.min(...scores);
  const range = Math.max(...scores) - lowest;
  return scores.map((score) => (range > 0 ? .04 + .96 * (score - lowest) / range : 1));
}

export function formatTime(milliseconds) {
  return `${milliseconds.toFixed(milliseconds < 10 ? (milliseconds < .1 ? 2 : 1) : 0)}\u2009ms`;
}

export function formatBytes(bytes) {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)}\u2009${units[unit]}`;
}

export function plural(count, noun) {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
