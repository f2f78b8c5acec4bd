/** The page that evaluates the model on labelled pictures. */
import { classify, Problem } from './api.js';
import { announce, byId, element } from './dom.js';
import { figures } from './figures.js';
import { formatScore, plural } from './format.js';
import { chosen, dropped, labelled, NONE } from './labelled-files.js';

/** Requests at the same time; the server computes one picture after the other anyway. */
const REQUESTS = 2;

/** The server may fail to read a picture, but not all of them. */
const FAILURES = 20;

/** How many of those are named that could not be read. */
const NAMED = 50;

/** Fewer pictures than that say little. */
const FEW = 100;

const percent = (value) => `${(100 * value).toFixed(1)}\u2009%`;

let pictures = [];
let running = null;
let saved = null;
let previews = [];

function problem(title, detail) {
  byId('problem').hidden = !title;
  byId('problem').replaceChildren(...title ? [element('strong', {}, title), ` ${detail ?? ''}`] : []);
}

function take(files) {
  pictures = labelled(files);
  const labels = labelsOf(pictures);
  if (labels.length < 2) {
    problem('That cannot be evaluated.', labels.length ? `There is only one label, '${labels[0]}', and there must be two to choose `
      + 'from at least.' : 'There must be one subfolder for each label, with pictures in it.');
    return;
  }
  run();
}

const labelsOf = (list) => [...new Set(list.map(({ label }) => label))].filter((label) => label !== NONE).sort();

function query(labels) {
  const template = byId('template').value.trim();
  return { labels, templates: template ? [template] : [], scoring: '', top: 5,
    threshold: byId('threshold').value.trim().replace(/^(-?\d*),(\d+)$/, '$1.$2') };
}

async function run() {
  running?.abort();
  const controller = new AbortController();
  running = controller;
  const { signal } = controller;
  const asked = query(labelsOf(pictures));
  const open = [...pictures];
  const outcomes = [];
  const unread = [];
  let model = null;
  let failuresInARow = 0;
  problem(null);
  byId('report').hidden = true;
  byId('running').hidden = false;
  byId('running-bar').setAttribute('aria-valuemax', pictures.length);
  announce(`Evaluating ${plural(pictures.length, 'picture')} of ${plural(asked.labels.length, 'label')}`, 0);
  const next = async () => {
    while (open.length && !signal.aborted) {
      progress(outcomes.length + unread.length);
      const picture = open.shift();
      try {
        const { predictions, model: answered } = await patiently(picture.file, asked, signal);
        model ??= answered;
        outcomes.push({ ...picture, predictions });
        failuresInARow = 0;
      }
      catch (failure) {
        if (signal.aborted) {
          return;
        }
        // What is wrong with all of them is not about the picture.
        if (!(failure instanceof Problem) || failure.status >= 500 || ++failuresInARow >= Math.min(FAILURES, pictures.length)) {
          controller.abort();
          problem(failure.title ? `${failure.title}.` : 'The server cannot be reached.', failure.detail);
          return;
        }
        unread.push({ name: picture.name, detail: failure.detail });
      }
    }
  };
  await Promise.all(Array.from({ length: REQUESTS }, next));
  if (running !== controller) {
    return;
  }
  running = null;
  byId('running').hidden = true;
  if (!signal.aborted) {
    show(asked, outcomes, unread, model);
  }
}

/** Waits where the server is busy. */
async function patiently(file, asked, signal) {
  for (;;) {
    try {
      return await classify(file, asked, signal);
    }
    catch (failure) {
      if (signal.aborted || !(failure instanceof Problem) || !failure.retryAfter) {
        throw failure;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(failure.retryAfter, 15) * 1000));
    }
  }
}

function progress(done) {
  byId('running-text').textContent = `${done.toLocaleString('en')} of ${plural(pictures.length, 'picture')}`;
  byId('running-bar').setAttribute('aria-valuenow', done);
  byId('running-bar').firstElementChild.style.width = `${100 * done / pictures.length}%`;
}

function show(asked, outcomes, unread, model) {
  const found = figures(asked.labels, outcomes);
  if (!found.count) {
    problem('That cannot be evaluated.', 'No picture of a label could be read.');
    return;
  }
  saved = { ...found, confusedPairs: found.confusedPairs.map((pair) => ({ ...pair,
    examples: pair.examples.map(({ name, score }) => ({ file: name, score })) })),
  unreadableCount: unread.length, unreadable: unread.map(({ name, detail }) => ({ file: name, reason: detail })),
  checkpoint: model.checkpoint, revision: model.revision, templates: asked.templates,
  threshold: asked.threshold ? Number(asked.threshold) : null };
  byId('report-title').textContent = `Right for ${percent(found.top1)} of ${plural(found.count, 'picture')}`;
  const frequent = found.labels.reduce((one, other) => (other.count > one.count ? other : one));
  byId('report-note').textContent = `${asked.labels.length} labels, ${model.checkpoint}. Always to answer '${frequent.label}' would be `
    + `right for ${percent(frequent.count / found.count)}.`
    + (found.count < FEW ? ' These are few pictures: others may give quite different figures.' : '');
  byId('figures').replaceChildren(
    figure('Right at the first guess', percent(found.top1)),
    ...asked.labels.length > 5 ? [figure('Among the first five', percent(found.top5))] : [],
    figure('Mean recall of the labels', percent(found.meanRecall)),
    ...found.none ? [figure('None of these, rejected', `${found.none.rejected} of ${found.none.count}`),
      figure('Rejected with a label', `${found.none.labelledRejected} of ${found.count}`)] : []);
  previews.forEach((url) => URL.revokeObjectURL(url));
  previews = [];
  byId('mistakes').replaceChildren(...found.confusedPairs.map(mistake));
  byId('mistakes-section').hidden = !found.confusedPairs.length;
  byId('by-label').replaceChildren(...found.labels.map(row));
  byId('unread').replaceChildren(...unread.slice(0, NAMED).map(({ name, detail }) => element('li', {}, `${name}: ${detail}`)),
    ...unread.length > NAMED ? [element('li', {}, `and ${unread.length - NAMED} more`)] : []);
  byId('unread-section').hidden = !unread.length;
  byId('report').hidden = false;
  byId('report-title').focus();
}

const figure = (name, value) => element('div', {}, element('dt', {}, name), element('dd', {}, value));

function mistake({ label, answer, count, examples }) {
  return element('li', {}, element('bdi', {}, label), ' taken for ', element('bdi', {}, answer), `: ${plural(count, 'picture')}`,
    element('div', { class: 'mistake-pictures' }, ...examples.map(({ file, name, score }) => {
      const url = URL.createObjectURL(file);
      previews.push(url);
      const image = element('img', { src: url, alt: name, title: `${name}, ${formatScore(score, '')}`, loading: 'lazy' });
      // Browsers do not show all that the server reads, such as TIFF.
      image.addEventListener('error', () => image.replaceWith(element('span', {}, name)));
      return image;
    })));
}

function row({ label, count, answered, recall, precision }) {
  const cell = (text) => element('td', { class: 'number' }, text);
  return element('tr', {}, element('th', { scope: 'row' }, element('bdi', {}, label)), cell(count.toLocaleString('en')),
    cell(count ? percent(recall) : '\u2013'), cell(answered ? percent(precision) : '\u2013'));
}

byId('choose').addEventListener('click', () => byId('picker').click());
byId('picker').addEventListener('change', () => {
  take(chosen(byId('picker').files));
  byId('picker').value = '';
});
byId('settings').addEventListener('submit', (event) => {
  event.preventDefault();
  if (pictures.length) {
    run();
  }
});
byId('again').addEventListener('click', run);
byId('stop').addEventListener('click', () => {
  running?.abort();
  announce('Stopped', 0);
  byId('choose').focus();
});
byId('save-json').addEventListener('click', () => {
  const url = URL.createObjectURL(new Blob([`${JSON.stringify(saved, null, 2)}\n`], { type: 'application/json' }));
  element('a', { href: url, download: 'evaluation.json' }).click();
  setTimeout(() => URL.revokeObjectURL(url));
});

// A folder may be dropped anywhere: what misses the stage must not replace the page.
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('dragging');
});
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) {
    document.body.classList.remove('dragging');
  }
});
document.addEventListener('drop', async (event) => {
  event.preventDefault();
  document.body.classList.remove('dragging');
  try {
    take(await dropped(event.dataTransfer.items));
  }
  catch {
    problem('The folder cannot be read.', 'It may have been moved or removed meanwhile.');
  }
});

document.body.dataset.started = 'true';
