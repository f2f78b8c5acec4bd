/** The HTTP API as the page uses it. */

/** What the server answers when it cannot do what was asked: a title and a sentence. */
export class Problem extends Error {

  constructor(status, title, detail, retryAfter) {
    super(detail);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }

}

/** What went wrong, in words that need no knowledge of HTTP; the sentence below tells more. */
const TITLES = {
  400: 'That cannot be used',
  408: 'The picture arrived too slowly',
  413: 'That is too large',
  415: 'That is no picture in a known format',
  422: 'That cannot be used',
  500: 'The server failed',
  503: 'The server cannot answer now',
};

/** The address of the API for programs outside of the page. */
export const classifyAddress = () => new URL('api/classify', document.baseURI).href;

/** Of labels in one field. */
const WIDTH = 80;

/** With a label in each. */
const FIELDS = 100;

/** The fields of a form that ask for a query, in the order in which snippets show them. */
export function fields(query) {
  const result = labels(query.labels);
  query.templates.forEach((template) => result.push(['template', template]));
  for (const name of ['scoring', 'top', 'threshold']) {
    if (query[name]) {
      result.push([name, query[name]]);
    }
  }
  return result;
}

/**
 * A field that is there once is taken apart at commas, unless it is a list of JSON, and one that is repeated is not. So a
 * short list is one field; one that would be hard to read in a snippet has a field for each label, of which there may not be
 * too many.
 */
function labels(list) {
  const line = list.join(',');
  const few = list.length > 1 && list.length <= FIELDS;
  if (list.some((label) => label.startsWith('['))) {
    return [['labels', JSON.stringify(list)]];
  }
  if (list.some((label) => label.includes(','))) {
    return few ? list.map((label) => ['labels', label]) : [['labels', JSON.stringify(list)]];
  }
  return few && line.length > WIDTH ? list.map((label) => ['labels', label]) : [['labels', line]];
}

/** Classifies one picture. */
export async function classify(file, query, signal) {
  // Asked before, as a request that fails while it is sent looks like a server that is gone.
  if (!await readable(file)) {
    throw new Problem(0, 'The file cannot be read',
      `${file.name} is empty or a folder, or was changed or removed after it was chosen.`);
  }
  const form = new FormData();
  form.append('image', file, file.name);
  fields(query).forEach(([name, value]) => form.append(name, value));
  const start = performance.now();
  const response = await fetch('api/classify', { method: 'POST', body: form, signal, headers: { accept: 'application/json' } });
  if (!response.ok) {
    throw await readProblem(response);
  }
  const { images, ...model } = await response.json();
  return { ...images[0], model, elapsed: performance.now() - start };
}

/** A file that is gone fails to be read, or has no bytes, by browser. */
const readable = (file) => file.slice(0, 1).arrayBuffer().then((bytes) => bytes.byteLength > 0, () => false);

async function readProblem(response) {
  const retryAfter = Number(response.headers.get('retry-after')) || undefined;
  try {
    const { detail } = await response.json();
    return new Problem(response.status, TITLES[response.status] ?? 'The server refused that', detail || '', retryAfter);
  }
  catch {
    return new Problem(response.status, 'The server cannot be understood', `It answered with the status ${response.status}.`,
      retryAfter);
  }
}

/** The JSON at an address of the actuator, undefined if nothing is exposed there; also what a 503 tells. */
export async function ask(path) {
  const response = await fetch(path, { headers: { accept: 'application/json' }, cache: 'no-store' });
  if (response.status !== 200 && response.status !== 503) {
    return undefined;
  }
  return response.json().catch(() => undefined);
}
