'use strict';

/** Knows drawings only, so that photographs as examples would disappoint. */
const EMOJI_CHECKPOINT = 'classpath:zsic/emoji-clip';

const byId = (id) => document.getElementById(id);
const form = byId('form');
const picker = byId('image');
const drop = byId('drop');

/** The pictures to send, from wherever they came. */
let pictures = [];

function element(tag, className, text) {
  const result = document.createElement(tag);
  if (className) {
    result.className = className;
  }
  if (text !== undefined) {
    result.textContent = text;
  }
  return result;
}

function choose(files) {
  picker.files = files;
  pictures = [...files];
  const previews = byId('previews');
  previews.querySelectorAll('img').forEach((image) => URL.revokeObjectURL(image.src));
  previews.replaceChildren(...pictures.map((file) => {
    const image = element('img');
    image.src = URL.createObjectURL(file);
    image.alt = file.name;
    const item = element('li');
    item.append(image);
    return item;
  }));
  showError(null);
}

function showCheckpoint(checkpoint, revision, device) {
  if (!checkpoint) {
    return;
  }
  const details = [revision, device].filter(Boolean);
  byId('checkpoint').textContent = checkpoint + (details.length ? ` (${details.join(', ')})` : '');
  byId('checkpoint-line').hidden = false;
  byId('emoji-note').hidden = checkpoint !== EMOJI_CHECKPOINT;
  byId('photographs').hidden = checkpoint === EMOJI_CHECKPOINT;
}

function showError(problem) {
  const box = byId('error');
  box.hidden = !problem;
  box.replaceChildren();
  if (problem) {
    box.append(element('strong', '', problem.title), problem.detail);
    box.scrollIntoView({ block: 'nearest' });
  }
}

/** Percents for scores in [0, 1], plain numbers for cosines and logits. */
function formatScore(score, asPercent) {
  return asPercent ? `${(score * 100).toFixed(2)} %` : score.toFixed(4);
}

function formatTime(milliseconds) {
  return `${milliseconds.toFixed(milliseconds < 1 ? 3 : 1)} ms`;
}

function predictionList(predictions, scoring) {
  const list = element('ol', 'predictions');
  const scores = predictions.map((prediction) => prediction.score);
  const withinOne = scores.every((score) => score >= 0 && score <= 1);
  const asPercent = withinOne && scoring !== 'cosine' && scoring !== 'logits';
  const lowest = Math.min(...scores);
  const range = Math.max(...scores) - lowest;
  for (const prediction of predictions) {
    const share = withinOne ? prediction.score : (range > 0 ? (prediction.score - lowest) / range : 1);
    const bar = element('div', 'bar');
    bar.style.width = `${share * 100}%`;
    const track = element('div', 'track');
    track.setAttribute('aria-hidden', 'true');
    track.append(bar);
    const item = element('li', 'prediction');
    item.append(element('span', 'name', prediction.label),
      element('span', 'score', formatScore(prediction.score, asPercent)), track);
    list.append(item);
  }
  return list;
}

function showResults(answer, scoring, elapsed) {
  showCheckpoint(answer.checkpoint, answer.revision, answer.device);
  byId('status').textContent = `Answered in ${Math.round(elapsed)} ms.`;
  byId('results').replaceChildren(...answer.images.map((image) => {
    const result = element('article', 'result');
    result.append(element('h2', '', image.name));
    if (image.predictions.length) {
      result.append(predictionList(image.predictions, scoring));
    }
    else {
      result.append(element('p', '', 'No label reached the lowest score.'));
    }
    const { decode, image: encode, text, score } = image.timings;
    result.append(element('p', 'timings', `decode ${formatTime(decode)} · image ${formatTime(encode)} · `
      + `labels ${formatTime(text)} · score ${formatTime(score)}`));
    return result;
  }));
}

async function tryExample(button) {
  const url = button.querySelector('img').src;
  const picture = await (await fetch(url)).blob();
  const transfer = new DataTransfer();
  transfer.items.add(new File([picture], url.split('/').pop(), { type: picture.type }));
  choose(transfer.files);
  byId('labels').value = button.dataset.labels;
  form.requestSubmit();
}

async function readProblem(response) {
  try {
    const problem = await response.json();
    return { title: problem.title || `Error ${response.status}`, detail: problem.detail || '' };
  }
  catch {
    return { title: `Error ${response.status}`, detail: response.statusText };
  }
}

async function classify() {
  const body = new FormData();
  pictures.forEach((file) => body.append('image', file));
  body.append('labels', byId('labels').value.split('\n').join(','));
  byId('template').value.split('\n').filter((template) => template.trim())
    .forEach((template) => body.append('template', template));
  ['scoring', 'top', 'threshold'].forEach((name) => body.append(name, byId(name).value));
  const start = performance.now();
  const response = await fetch('api/classify', { method: 'POST', body });
  if (!response.ok) {
    throw await readProblem(response);
  }
  showResults(await response.json(), byId('scoring').value, performance.now() - start);
  byId('status').scrollIntoView({ block: 'nearest' });
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (!pictures.length) {
    showError({ title: 'No picture', detail: 'Choose a picture first.' });
    picker.focus();
    return;
  }
  showError(null);
  byId('results').replaceChildren();
  byId('status').textContent = 'Classifying…';
  byId('submit').disabled = true;
  try {
    await classify();
  }
  catch (problem) {
    byId('status').textContent = '';
    showError(problem.detail !== undefined ? problem
      : { title: 'No answer', detail: 'The server cannot be reached.' });
  }
  finally {
    byId('submit').disabled = false;
  }
});

byId('examples').addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button) {
    tryExample(button).catch(() => showError({ title: 'No answer', detail: 'The server cannot be reached.' }));
  }
});

picker.addEventListener('change', () => choose(picker.files));

// A picture that misses the field must not replace the page.
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.classList.add('over');
});
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) {
    drop.classList.remove('over');
  }
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  if (event.dataTransfer.files.length) {
    choose(event.dataTransfer.files);
  }
});
document.addEventListener('paste', (event) => {
  if (event.clipboardData.files.length) {
    choose(event.clipboardData.files);
  }
});

fetch('actuator/info')
  .then((response) => response.json())
  .then((info) => showCheckpoint(info.zsic && info.zsic.checkpoint))
  .catch(() => {});
