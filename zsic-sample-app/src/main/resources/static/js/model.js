/** The model: what it is, how it fares, and how far it is while it is loaded or exchanged. */
import { ask } from './api.js';
import { announce, byId, element } from './dom.js';
import { formatBytes } from './format.js';

/** Knows drawings only. */
const DRAWINGS_ONLY = 'classpath:zsic/emoji-clip';

const SLOWLY = 5000;
const QUICKLY = 1000;

const STATES = {
  IDLE: ['', 'loads on first use'],
  DOWNLOADING: ['busy', 'downloading'],
  LOADING: ['busy', 'loading'],
  READY: ['good', 'ready'],
  SWAPPING: ['busy', 'swapping'],
  FAILED: ['bad', 'failed'],
  CLOSED: ['bad', 'shutting down'],
  DOWN: ['bad', 'failing'],
  GONE: ['bad', 'no connection'],
  UNKNOWN: ['', ''],
};

/** Watches the model. `onReady` hears when there is one, or another one; `onChange` of every change of state. */
export function createModel({ onReady, onChange }) {
  let state = 'UNKNOWN';
  let details = {};
  let identity = null;
  let endpoint = true;
  let timer;
  let speed = null;

  async function look() {
    clearTimeout(timer);
    try {
      show(await lookUp());
    }
    catch {
      show({ ...details, state: 'GONE' });
    }
    if (!document.hidden) {
      timer = setTimeout(look, state === 'READY' || state === 'UNKNOWN' || state === 'IDLE' ? SLOWLY : QUICKLY);
    }
  }

  /** The endpoint answers 200 while the model is loaded, so it is asked first; health adds whether calls succeed. */
  async function lookUp() {
    let found;
    if (endpoint) {
      const answer = await ask('actuator/zsic');
      endpoint = Boolean(answer?.classifiers);
      found = answer?.classifiers?.default ?? Object.values(answer?.classifiers ?? {})[0];
    }
    if (!found || found.state === 'READY' || found.state === 'FAILED') {
      const health = await ask('actuator/health/zsic');
      const component = health?.components?.default ?? health;
      if (component?.details) {
        found = { ...found, ...component.details, health: component.status };
      }
      else if (component?.status) {
        found = { ...found, health: component.status };
      }
    }
    if (!found?.checkpoint) {
      const info = await ask('actuator/info');
      found = { ...found, ...info?.zsic };
    }
    if (found.health === 'DOWN' && (found.state === 'READY' || found.state === 'SWAPPING')) {
      found.state = 'DOWN';
    }
    return found;
  }

  function show(found) {
    const before = state;
    details = found;
    state = found.state in STATES ? found.state : 'UNKNOWN';
    const [mood, words] = STATES[state];
    byId('model-dot').className = `dot ${mood}`;
    byId('model-name').textContent = shortName(found.checkpoint) ?? 'Model';
    byId('model-state').textContent = [found.device, words].filter(Boolean).join(' \u00b7 ');
    showFacts(words);
    showLoading();
    showBanner();
    const drawings = found.checkpoint === DRAWINGS_ONLY;
    byId('drawings-only').hidden = !drawings;
    const now = ready() ? `${found.checkpoint}@${found.revision ?? ''}@${found.device ?? ''}` : null;
    if (now && now !== identity) {
      identity = now;
      onReady(drawings);
    }
    else if (now && before === 'GONE') {
      onReady(drawings);
    }
    if (state !== before) {
      if (before !== 'UNKNOWN') {
        announce(`Model: ${words}`);
      }
      onChange();
    }
  }

  function ready() {
    return ['READY', 'SWAPPING', 'IDLE', 'DOWN', 'UNKNOWN'].includes(state);
  }

  function showFacts(words) {
    const { checkpoint, revision, modelType, device, precision, loadTime, calls, cache } = details;
    const facts = [
      ['Checkpoint', checkpoint],
      // Only of a model that is there is it known that it has none.
      ['Revision', revision ?? (modelType ? 'none (class path or folder)' : null)],
      ['Type', modelType],
      ['Device', [device, precision].filter(Boolean).join(', ')],
      ['Health', [words || 'not exposed', details.problem].filter(Boolean).join(': ')],
      ['Loaded in', loadTime !== undefined ? `${loadTime.toFixed(1)}\u2009s` : null],
      ['Calls', calls && `${calls.succeeded} succeeded, ${calls.failed} failed`],
      ['Label cache', cache && `${cache.texts} prompts, ${cache.hits} hits, ${cache.misses} misses`],
    ];
    byId('model-facts').replaceChildren(...facts.filter(([, value]) => value)
      .flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));
  }

  function showLoading() {
    const loading = ['DOWNLOADING', 'LOADING', 'SWAPPING'].includes(state);
    byId('loading').hidden = !loading;
    if (!loading) {
      speed = null;
      return;
    }
    const { download, loading: next, checkpoint } = details;
    const name = next ?? checkpoint;
    byId('loading-title').textContent = `${{ DOWNLOADING: 'Downloading', LOADING: 'Loading', SWAPPING: 'Swapping to' }[state]} ${name}.`;
    byId('loading-text').textContent = progressText(download);
    const bar = byId('loading-bar');
    const known = download && download.bytes < download.size;
    bar.classList.toggle('unknown', !known);
    bar.firstElementChild.style.width = known ? `${100 * download.bytes / download.size}%` : '';
    if (known) {
      bar.setAttribute('aria-valuenow', download.percent);
    }
    else {
      bar.removeAttribute('aria-valuenow');
    }
    byId('loading-files').replaceChildren(...(known ? download.files.filter((file) => !file.complete) : [])
      .map((file) => element('li', {}, `${file.name} ${formatBytes(file.bytes)} of ${formatBytes(file.size)}`)));
  }

  function progressText(download) {
    const old = state === 'SWAPPING' ? 'The old model answers until the new one is ready. ' : '';
    if (!download || download.bytes >= download.size) {
      return old || 'This takes a moment. ';
    }
    const now = performance.now();
    if (!speed || download.bytes < speed.bytes) {
      speed = { start: now, first: download.bytes, bytes: download.bytes };
    }
    speed.bytes = download.bytes;
    const rate = (download.bytes - speed.first) / (now - speed.start) * 1000;
    const left = rate > 0 ? (download.size - download.bytes) / rate : null;
    return `${old}${download.percent}\u2009%, ${formatBytes(download.bytes)} of ${formatBytes(download.size)}`
      + (left !== null && now - speed.start > 3000 ? `, about ${duration(left)} to go` : '');
  }

  function showBanner() {
    const banner = byId('banner');
    const text = {
      FAILED: ['The model cannot be loaded.', details.failure, details.action].filter(Boolean).join(' '),
      DOWN: `The model is in trouble. ${details.problem ?? ''}`,
      GONE: 'The server cannot be reached. The page asks again every second and goes on by itself.',
    }[state] ?? '';
    banner.hidden = !text;
    banner.classList.toggle('bad', Boolean(text));
    if (banner.textContent !== text) {
      banner.textContent = text;
    }
  }

  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) {
      look();
    }
  });
  const card = byId('model');
  card.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && card.open) {
      card.open = false;
      card.querySelector('summary').focus();
    }
  });
  document.addEventListener('pointerdown', (event) => {
    if (!card.contains(event.target)) {
      card.open = false;
    }
  });

  return {
    look,
    ready,
    state: () => state,
    details: () => details,
    /** Whether the server answers at all. */
    async reachable() {
      await look();
      return state !== 'GONE';
    },
    /** An answer tells its model sooner than the next look. */
    answered({ checkpoint, revision, device }) {
      if (state === 'UNKNOWN' || checkpoint !== details.checkpoint || (revision ?? undefined) !== details.revision) {
        details = { ...details, checkpoint, revision: revision ?? undefined, device };
        look();
      }
    },
  };
}

function shortName(checkpoint) {
  return checkpoint?.replace(/\/+$/, '').split(/[/:\\]/).pop();
}

function duration(seconds) {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))}\u2009s` : `${Math.round(seconds / 60)}\u2009min`;
}
