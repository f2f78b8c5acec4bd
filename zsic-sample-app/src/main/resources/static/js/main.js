/** Puts the parts of the page together. */
import { readAddress, writeAddress } from './address.js';
import { Problem } from './api.js';
import { createClassification } from './classification.js';
import { byId } from './dom.js';
import { formatBytes } from './format.js';
import { createLabels } from './labels.js';
import { createModel } from './model.js';
import { createOptions } from './options.js';
import { createPictures } from './pictures.js';
import { createResults } from './results.js';
import { createTable } from './table.js';
import { createTakeAway } from './take-away.js';

const FIRST_LABELS = ['fox', 'bear', 'seagull', 'owl'];

/** How long nothing must be typed before the server is asked. */
const TYPING = 180;

/** Whether the labels are the user's own, so that no example may replace them. */
let ownLabels = false;
let started = false;

const query = () => ({ labels: labels.values(), ...options.values() });

function update(delay) {
  if (!started) {
    return;
  }
  writeAddress(query(), pictures.all().length === 1 ? pictures.current().example : null);
  takeAway.show();
  classification.schedule(delay);
}

const labels = createLabels({
  onChange(values, how) {
    ownLabels ||= how !== 'suggestion';
    update(how === 'typing' ? TYPING : 0);
  },
});

const options = createOptions({ onChange: () => update(TYPING) });

const pictures = createPictures({
  onChange: () => update(0),
  onExample: (suggested) => {
    if (!ownLabels) {
      labels.suggest(suggested);
    }
  },
  onPasteText: (text) => labels.paste(text),
  onFailure: () => model.look(),
});

const results = createResults();
const table = createTable({ pictures, query });

const classification = createClassification({
  pictures,
  query,
  ready: () => model.ready(),
  onRefused: (refused) => labels.mark(refused),
  onUpdate(picture) {
    if (picture?.answer) {
      model.answered(picture.answer.model);
    }
    if (!picture || picture === pictures.current()) {
      results.show({ picture: pictures.current(), query: query(), busy: classification.busy(), waiting: waiting() });
    }
    table.show(picture);
    pictures.refresh();
  },
  async onUnreachable({ name, file }) {
    return await model.reachable() ? new Problem(0, 'The server hung up',
      `It is there, but did not answer this request. ${name} has ${formatBytes(file.size)}, which may be too much.`) : null;
  },
});

const model = createModel({
  onReady(drawingsOnly) {
    pictures.offerPhotographs(!drawingsOnly);
    takeAway.show();
    classification.restart();
  },
  onChange: () => classification.schedule(),
});

const takeAway = createTakeAway({ pictures, query, model: () => model.details() });

/** What a picture waits for, if it is not its turn. */
function waiting() {
  if (!pictures.current()) {
    return null;
  }
  return { DOWNLOADING: 'Waiting for the model\u2026', LOADING: 'Waiting for the model\u2026', GONE: 'Waiting for the server\u2026',
    FAILED: 'There is no model' }[model.state()] ?? null;
}

async function start() {
  const state = readAddress();
  options.set(state);
  labels.suggest(state.labels ?? FIRST_LABELS);
  ownLabels = state.labels !== null;
  started = true;
  takeAway.show();
  classification.schedule();
  await model.look();
  if (state.example) {
    await pictures.example(state.example);
  }
  byId('model').closest('body').dataset.started = 'true';
}

// Another address was pasted, or a link to one followed.
addEventListener('hashchange', () => location.reload());

start();
