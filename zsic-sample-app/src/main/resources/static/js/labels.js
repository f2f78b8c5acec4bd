/** The labels: chips to add, edit and remove, by mouse, touch or keyboard, and lists to paste. */
import { announce, byId, copy, element } from './dom.js';
import { plural } from './format.js';

/** Takes a list apart as people have it: lines, commas, bullets, or an array of a program. */
export function parseLabels(text) {
  const list = text.includes(',') ? text.trim().replace(/^(?:[\w.]+\s*=?\s*)?[[({]([^[\](){}]*)[\])}];?$/, '$1') : text;
  return list.split(/[\n\r\t,]+/)
    .map((part) => clean(part).replace(/^[-*\u2022]\s+/, '').replace(/^(["'`])(.*)\1$/, '$2').trim())
    .filter((part) => part);
}

function clean(text) {
  return text.replace(/\p{Cc}/gu, ' ').replace(/\s+/g, ' ').trim();
}

const SEPARATOR = /[\n\r\t,]/;

/**
 * Sets up the chips. `onChange` hears of every change; what is being typed counts as a label already.
 */
export function createLabels({ onChange }) {
  const box = byId('chip-box');
  const list = byId('chips');
  const input = byId('new-label');
  let labels = [];
  let current = 0;
  let editing = null;
  let refused = new Map();

  function values() {
    const all = labels.flatMap((label, index) => (index === editing?.index ? parseLabels(editing.field.value) : [label]));
    return [...new Set([...all, ...parseLabels(input.value)])];
  }

  function changed(how) {
    const count = values().length;
    byId('label-count').textContent = count ? String(count) : '';
    byId('clear-labels').disabled = byId('copy-labels').disabled = !count;
    onChange(values(), how);
  }

  function chip(label, index) {
    const name = element('button', { type: 'button', class: 'chip-label', tabindex: index === current ? 0 : -1, title: label,
      'aria-label': refused.has(label) ? `${label}, left out, edit` : `${label}, edit`, 'aria-describedby': 'labels-hint' }, label);
    const remove = element('button', { type: 'button', class: 'chip-remove', tabindex: -1, 'aria-label': `Remove ${label}` });
    remove.innerHTML = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 4l8 8M12 4l-8 8"/></svg>';
    const flag = refused.has(label) ? [element('span', { class: 'chip-flag', 'aria-hidden': 'true' }, 'left out')] : [];
    return element('li', { class: flag.length ? 'chip refused' : 'chip' }, ...flag, name, remove);
  }

  /** Why labels are left out, in few words: their texts are in the chips. */
  function showRefused() {
    const reasons = new Set([...refused.values()].map((detail) => detail.match(/ has (\d.*?[a-z\d])\. /)?.[1]
      ?? detail.match(/ has (\d.*)\.$/)?.[1] ?? detail));
    const note = byId('labels-refused');
    note.hidden = !refused.size;
    note.textContent = refused.size
      ? `${plural(refused.size, 'label')} left out, too long for the model: ${[...reasons].join('; ')}.` : '';
  }

  function render() {
    current = Math.max(0, Math.min(current, labels.length - 1));
    list.replaceChildren(...labels.map(chip));
    input.placeholder = labels.length ? 'Add a label' : 'Type labels, or paste a list';
  }

  function focusChip(index) {
    if (!labels.length) {
      input.focus();
      return;
    }
    const buttons = list.querySelectorAll('.chip-label');
    buttons[current]?.setAttribute('tabindex', '-1');
    current = Math.max(0, Math.min(index, labels.length - 1));
    buttons[current].setAttribute('tabindex', '0');
    buttons[current].focus();
  }

  /** Adds what is not there yet. */
  function add(more, at = labels.length) {
    const added = [...new Set(more)].filter((label) => !labels.includes(label));
    labels.splice(at, 0, ...added);
    return added.length;
  }

  function commitNew() {
    const typed = parseLabels(input.value);
    input.value = '';
    if (typed.length) {
      const count = add(typed);
      current = labels.length - 1;
      render();
      box.scrollTop = box.scrollHeight;
      announce(count ? `${plural(count, 'label')} added` : 'That label is there already', 0);
    }
    changed('user');
  }

  function remove(index) {
    const [label] = labels.splice(index, 1);
    render();
    announce(`${label} removed`, 0);
    changed('user');
  }

  function edit(index) {
    const field = element('input', { class: 'chip-edit', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false',
      'aria-label': `Edit ${labels[index]}` });
    field.value = labels[index];
    editing = { index, field };
    list.children[index].replaceChildren(field);
    field.focus();
    field.select();
    field.addEventListener('input', () => changed('typing'));
    field.addEventListener('keydown', (event) => {
      if (event.isComposing) {
        return;
      }
      if (event.key === 'Enter' || event.key === 'Escape') {
        event.preventDefault();
        endEdit(event.key === 'Enter', true);
      }
      event.stopPropagation();
    });
    field.addEventListener('blur', () => endEdit(true, false));
  }

  function endEdit(keep, refocus) {
    if (!editing) {
      return;
    }
    const { index, field } = editing;
    editing = null;
    if (keep) {
      labels.splice(index, 1);
      add(parseLabels(field.value), index);
    }
    render();
    if (refocus) {
      focusChip(index);
    }
    changed('user');
  }

  list.addEventListener('click', (event) => {
    const item = event.target.closest('.chip');
    const index = [...list.children].indexOf(item);
    if (event.target.closest('.chip-remove')) {
      remove(index);
      focusChip(Math.min(index, labels.length - 1));
    }
    else if (event.target.closest('.chip-label')) {
      edit(index);
    }
  });

  list.addEventListener('keydown', (event) => {
    const index = [...list.children].indexOf(event.target.closest('.chip'));
    const move = { ArrowLeft: index - 1, ArrowUp: index - 1, ArrowRight: index + 1, ArrowDown: index + 1, Home: 0,
      End: labels.length - 1 }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      if (move >= labels.length) {
        input.focus();
      }
      else {
        focusChip(move);
      }
    }
    else if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      remove(index);
      focusChip(event.key === 'Backspace' ? index - 1 : index);
    }
    else if (event.key === 'F2') {
      event.preventDefault();
      edit(index);
    }
  });

  input.addEventListener('keydown', (event) => {
    if (event.isComposing) {
      return;
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      commitNew();
    }
    else if (event.key === 'Escape' && input.value) {
      input.value = '';
      changed('typing');
    }
    else if ((event.key === 'Backspace' || event.key === 'ArrowLeft') && input.selectionEnd === 0 && labels.length) {
      event.preventDefault();
      focusChip(labels.length - 1);
    }
  });

  input.addEventListener('input', (event) => {
    if (!event.isComposing && SEPARATOR.test(input.value)) {
      commitNew();
    }
    else {
      changed('typing');
    }
  });

  input.addEventListener('blur', () => {
    if (input.value.trim()) {
      commitNew();
    }
  });

  // A field of one line would swallow the ends of lines.
  input.addEventListener('paste', (event) => {
    const text = event.clipboardData.getData('text/plain');
    if (SEPARATOR.test(text.trim())) {
      event.preventDefault();
      input.value += (input.value ? ',' : '') + parseLabels(text).join(',');
      commitNew();
    }
  });

  box.addEventListener('pointerdown', (event) => {
    if (event.target === box) {
      event.preventDefault();
      input.focus();
    }
  });

  byId('clear-labels').addEventListener('click', () => {
    labels = [];
    input.value = '';
    render();
    input.focus();
    announce('All labels removed', 0);
    changed('user');
  });

  byId('copy-labels').addEventListener('click', (event) => copy(values().join('\n'), event.currentTarget));

  return {
    values,
    /** Marks labels that cannot be used, with the reason. */
    mark(others) {
      const same = others.size === refused.size && [...others.keys()].every((label) => refused.has(label));
      refused = new Map(others);
      showRefused();
      if (!same && !editing) {
        const focused = list.contains(document.activeElement);
        render();
        if (focused) {
          focusChip(current);
        }
      }
    },
    /** Replaces all labels by others that the user did not make. */
    suggest(others) {
      labels = [...new Set(others)];
      render();
      changed('suggestion');
    },
    /** Adds a list that was pasted somewhere on the page. */
    paste(text) {
      const count = add(parseLabels(text));
      render();
      box.scrollTop = box.scrollHeight;
      announce(`${plural(count, 'label')} pasted`, 0);
      changed('user');
    },
  };
}
