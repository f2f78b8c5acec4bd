/** Scores of several pictures as files. */

/** Text that a spreadsheet would run as a formula is kept from it with an apostrophe. */
function cell(value) {
  let text = String(value);
  if (typeof value === 'string' && /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(text)) {
    text = `'${text}`;
  }
  return /[",\n\r]|^\s|\s$|^'/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line per picture, one column per label; starts with a byte order mark, by which spreadsheets know UTF-8. */
export function toCsv(pictures, query) {
  const head = ['picture', 'best', ...query.labels, 'problem'];
  const lines = pictures.map((picture) => {
    const scores = new Map((picture.answer?.predictions ?? []).map(({ label, score }) => [label, score]));
    return [picture.name, picture.answer?.predictions[0]?.label ?? '', ...query.labels.map((label) => scores.get(label) ?? ''),
      picture.problem?.detail ?? ''];
  });
  return '\ufeff' + [head, ...lines].map((line) => line.map(cell).join(',')).join('\r\n') + '\r\n';
}

/** What was asked, of which model, and what it answered, as the API tells it. */
export function toJson(pictures, query) {
  const model = pictures.find((picture) => picture.answer)?.answer.model ?? {};
  return JSON.stringify({
    ...model,
    ...query,
    images: pictures.map(({ name, answer, problem }) => (answer
      ? { name, predictions: answer.predictions, timings: answer.timings }
      : { name, problem: problem?.detail ?? problem?.title ?? null })),
  }, null, 2) + '\n';
}
