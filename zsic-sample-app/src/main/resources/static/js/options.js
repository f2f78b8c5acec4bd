/** Scoring, templates, threshold and top. */
import { byId } from './dom.js';

const SCORINGS = {
  '': 'What the model was trained for: softmax for CLIP, sigmoid for SigLIP.',
  softmax: 'Scores share out 100\u2009%: each label competes with the others.',
  sigmoid: 'Each label on its own, from 0 to 100\u2009%. Meant for models such as SigLIP.',
  cosine: 'The angle between picture and label, from \u22121 to 1. Bars go from the lowest to the highest.',
  logits: 'What the model computes before any scoring. Bars go from the lowest to the highest.',
};

export function createOptions({ onChange }) {
  const form = byId('options-form');

  /** A template that is being typed has no place for the label yet. */
  function templates() {
    const lines = form.elements.templates.value.split('\n').map((line) => line.trim()).filter((line) => line);
    return document.activeElement === form.elements.templates ? lines.filter((line) => /\{0?\}/.test(line)) : lines;
  }

  function values() {
    return {
      scoring: form.elements.scoring.value,
      templates: templates(),
      threshold: form.elements.threshold.value.trim().replace(/^(-?\d*),(\d+)$/, '$1.$2'),
      top: form.elements.top.value.trim(),
    };
  }

  function render() {
    const { scoring, templates, threshold, top } = values();
    byId('scoring-hint').textContent = SCORINGS[scoring];
    const parts = [scoring || 'auto'];
    if (templates.length) {
      parts.push(templates.length === 1 ? `\u201c${templates[0]}\u201d` : `ensemble of ${templates.length} templates`);
    }
    if (threshold) {
      parts.push(`from ${threshold}`);
    }
    if (top) {
      parts.push(`top ${top}`);
    }
    byId('options-now').textContent = parts.join(' \u00b7 ');
  }

  form.addEventListener('input', () => {
    render();
    onChange();
  });
  form.elements.templates.addEventListener('blur', () => {
    render();
    onChange();
  });
  form.addEventListener('reset', () => setTimeout(() => {
    render();
    onChange();
  }));
  form.addEventListener('submit', (event) => event.preventDefault());

  return {
    values,
    set({ scoring = '', templates = [], threshold = '', top = '' }) {
      form.elements.scoring.value = scoring in SCORINGS ? scoring : '';
      form.elements.templates.value = templates.join('\n');
      form.elements.threshold.value = threshold;
      form.elements.top.value = top;
      byId('options').open = Boolean(scoring || templates.length || threshold || top);
      render();
    },
  };
}
