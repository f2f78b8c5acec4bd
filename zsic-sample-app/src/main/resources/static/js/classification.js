/** Asks the server: soon but not at every key, the picture on the stage first, and only the latest answer counts. */
import { classify, Problem } from './api.js';

const BUSY = new Set([429, 503]);

/** Requests at the same time; the server computes one picture after the other anyway. */
const REQUESTS = 2;

/** How much of a label the server quotes. */
const QUOTED = 100;

/** Whether a problem is about one label, which the server names by its place or its beginning. */
function blames({ status, detail }, label, index) {
  const points = [...label];
  const quoted = points.length > QUOTED ? `${points.slice(0, QUOTED).join('')}\u2026` : label;
  return (status === 400 && detail.startsWith(`The label '${quoted}'`))
    || (status === 422 && detail.startsWith(`Label ${index + 1} has `));
}

/**
 * Sets up the asking. `pictures` and `query` tell what is on screen, `ready` whether there is a model, `onUpdate` hears
 * of every picture that has a new answer or problem, and of the end, and `onRefused` which labels the model cannot read.
 */
export function createClassification({ pictures, query, ready, onUpdate, onUnreachable, onRefused }) {
  /** Labels that the model cannot read, with the reason; the others are asked without them. */
  const refused = new Map();
  let templates = '';
  let timer;
  let due = false;
  let running = null;

  /** Asks after a while without another change. */
  function schedule(delay = 0) {
    clearTimeout(timer);
    running?.abort();
    running = null;
    due = true;
    timer = setTimeout(run, delay);
    onUpdate();
  }

  async function run() {
    due = false;
    const whole = query();
    if (templates !== String(whole.templates)) {
      templates = String(whole.templates);
      refused.clear();
    }
    for (const label of refused.keys()) {
      if (!whole.labels.includes(label)) {
        refused.delete(label);
      }
    }
    onRefused(refused);
    const asked = without(whole, refused);
    if (!asked.labels.length || !pictures.all().length || !ready()) {
      onUpdate();
      return;
    }
    const key = JSON.stringify(asked);
    const controller = new AbortController();
    running = controller;
    const first = pictures.current();
    const open = pictures.all().filter((picture) => picture.key !== key)
      .sort((one, other) => (other === first) - (one === first));
    onUpdate();
    const next = async () => {
      while (open.length && !controller.signal.aborted) {
        await one(open.shift(), asked, key, controller);
      }
    };
    if (open[0] === first) {
      await one(open.shift(), asked, key, controller);
    }
    await Promise.all(Array.from({ length: REQUESTS }, next));
    if (running === controller) {
      running = null;
      onUpdate();
    }
  }

  /** If no label is left, the answer has to say why. */
  function without(whole, labels) {
    const left = whole.labels.filter((label) => !labels.has(label));
    return left.length ? { ...whole, labels: left } : whole;
  }

  async function one(picture, question, key, controller) {
    const { signal } = controller;
    let asked = without(question, refused);
    for (;;) {
      try {
        const answer = await classify(picture.file, asked, signal);
        if (!signal.aborted) {
          Object.assign(picture, { key, answer, query: asked, problem: null });
          onUpdate(picture);
        }
        return;
      }
      catch (failure) {
        if (signal.aborted) {
          return;
        }
        if (failure instanceof Problem && BUSY.has(failure.status) && failure.retryAfter) {
          picture.problem = failure;
          onUpdate(picture);
          if (!ready()) {
            return;
          }
          await pause(Math.min(failure.retryAfter, 15) * 1000, signal);
        }
        else if (failure instanceof Problem && refuse(failure, asked.labels)) {
          asked = without(question, refused);
        }
        else if (failure instanceof Problem) {
          Object.assign(picture, { key, answer: null, problem: failure });
          onUpdate(picture);
          return;
        }
        else {
          // No answer at all. If the server is there, it has cut off this one request.
          const problem = await onUnreachable(picture);
          if (signal.aborted) {
            return;
          }
          if (problem) {
            Object.assign(picture, { key, answer: null, problem });
            onUpdate(picture);
          }
          else {
            controller.abort();
          }
          return;
        }
        if (signal.aborted) {
          return;
        }
      }
    }
  }

  /** Marks labels that are to blame; whether others are left to go on with. */
  function refuse(problem, labels) {
    const blamed = labels.filter((label, index) => blames(problem, label, index));
    blamed.forEach((label) => refused.set(label, problem.detail));
    if (blamed.length) {
      onRefused(refused);
    }
    return blamed.length > 0 && blamed.length < labels.length;
  }

  return {
    schedule,
    busy: () => due || running !== null,
    /** Forgets all answers, as another model gives others. */
    restart() {
      refused.clear();
      pictures.all().forEach((picture) => {
        picture.key = null;
      });
      schedule();
    },
  };
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
