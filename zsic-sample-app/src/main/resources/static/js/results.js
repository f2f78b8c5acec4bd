/** What the model says about the picture on the stage. */
import { announce, byId, element } from './dom.js';
import { bars, formatScore, formatTime, plural } from './format.js';

const AT_FIRST = 10;
const STAGES = [['decode', 'decode'], ['queue', 'wait'], ['image', 'picture'], ['text', 'labels'], ['score', 'score']];

export function createResults() {
  const list = byId('bars');
  const rows = new Map();
  let all = false;
  let last = null;

  byId('more-bars').addEventListener('click', () => {
    all = !all;
    show(last);
  });

  /** Bars keep their element while their label stays, and slide to where it belongs now. */
  function showBars(predictions, scoring, empty) {
    const shown = all ? predictions : predictions.slice(0, AT_FIRST);
    const before = new Map(shown.length <= 50 ? [...rows].map(([label, row]) => [label, row.getBoundingClientRect().top]) : []);
    const reach = empty ? [] : bars(predictions.map(({ score }) => score), scoring);
    const kept = new Set(shown.map(({ label }) => label));
    for (const label of rows.keys()) {
      if (!kept.has(label)) {
        rows.delete(label);
      }
    }
    const ordered = shown.map(({ label, score }, index) => {
      let row = rows.get(label);
      if (!row) {
        const fill = element('div', { class: 'bar-fill', 'aria-hidden': 'true' });
        fill.style.transform = 'scaleX(0)';
        row = element('li', { class: 'bar' }, fill, element('span', { class: 'bar-name' }, label), ' ',
          element('span', { class: 'bar-score' }));
        rows.set(label, row);
      }
      row.lastChild.textContent = empty ? '' : formatScore(score, scoring);
      return { row, reach: empty ? 0 : reach[index] };
    });
    list.replaceChildren(...ordered.map(({ row }) => row));
    list.classList.toggle('empty', empty);
    // All of many labels scroll within the list, so that the way back stays in sight, and a keyboard can scroll them.
    const scrolls = all && shown.length > AT_FIRST;
    list.classList.toggle('scrolls', scrolls);
    list.toggleAttribute('tabindex', scrolls);
    if (scrolls) {
      list.tabIndex = 0;
    }
    list.hidden = !shown.length;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    requestAnimationFrame(() => ordered.forEach(({ row, reach }) => {
      row.firstChild.style.transform = `scaleX(${reach})`;
    }));
    if (!still) {
      for (const [label, row] of rows) {
        const moved = before.has(label) ? before.get(label) - row.getBoundingClientRect().top : 0;
        if (Math.abs(moved) > 1 && Math.abs(moved) < 2000) {
          row.animate([{ transform: `translateY(${moved}px)` }, { transform: 'none' }],
            { duration: 320, easing: 'cubic-bezier(.2,.8,.2,1)' });
        }
      }
    }
    const more = byId('more-bars');
    more.hidden = predictions.length <= AT_FIRST;
    more.textContent = all ? `Show the best ${AT_FIRST} only` : `Show all ${predictions.length.toLocaleString('en')}`;
  }

  function showBest(text, score, waiting) {
    byId('best').hidden = !text;
    byId('best').classList.toggle('waiting', waiting);
    byId('best-label').textContent = text;
    byId('best-label').classList.toggle('long', text.length > 24);
    byId('best-score').textContent = score;
  }

  function showTimings(answer) {
    byId('timings').hidden = !answer;
    if (!answer) {
      return;
    }
    const { timings } = answer;
    byId('timing-bar').replaceChildren(...STAGES.map(([stage]) => {
      const part = element('div', { class: stage });
      part.style.flexGrow = timings[stage];
      return part;
    }));
    byId('timing-list').replaceChildren(
      ...STAGES.map(([stage, name]) => element('div', {}, element('dt', {}, element('span', { class: `swatch ${stage}`,
        'aria-hidden': 'true' }), ` ${name}`), element('dd', {}, formatTime(timings[stage])))),
      element('div', { class: 'total' }, element('dt', {}, 'round trip'), element('dd', {}, formatTime(answer.elapsed))));
  }

  function showProblem(problem) {
    const box = byId('problem');
    box.hidden = !problem;
    if (problem) {
      box.replaceChildren(element('strong', {}, problem.title), problem.detail);
    }
    else {
      box.replaceChildren();
    }
  }

  function note(text) {
    byId('verdict-note').hidden = !text;
    byId('verdict-note').textContent = text;
  }

  /** Shows a picture with its answer or problem, or what has to be done first. */
  function show(state) {
    last = state;
    const { picture, query, busy, waiting } = state;
    const answer = picture?.answer;
    byId('verdict').classList.toggle('busy', Boolean(answer && (busy || waiting)));
    showProblem(waiting ? null : picture?.problem);
    if (!query.labels.length) {
      showBest('Add a label to begin', '', true);
      note('');
      showBars([], '', true);
      showTimings(null);
      return;
    }
    if (!answer) {
      if (picture?.problem && !waiting) {
        showBest('', '', false);
        note('');
        showBars([], '', true);
      }
      else {
        showBest(waiting || (picture ? 'Looking\u2026' : 'Add a picture to see the scores'), '', true);
        note('');
        showBars(query.labels.map((label) => ({ label, score: 0 })), '', true);
      }
      showTimings(null);
      return;
    }
    const { scoring } = picture.query;
    const [best] = answer.predictions;
    if (best) {
      showBest(best.label, formatScore(best.score, scoring), false);
      note(answer.predictions.length === 1 && picture.query.labels.length === 1 && best.score > .999
        ? 'A single label gets everything there is to share out. Add others for it to compete with, or choose another scoring.' : '');
    }
    else {
      showBest('None of these', '', false);
      note(`No label reached the threshold of ${picture.query.threshold}.`);
    }
    showBars(answer.predictions, scoring, false);
    showTimings(answer);
    if (!busy) {
      announce(best ? `${best.label}, ${formatScore(best.score, scoring)}, of ${plural(picture.query.labels.length, 'label')}`
        : 'None of the labels reached the threshold');
    }
  }

  return { show };
}
