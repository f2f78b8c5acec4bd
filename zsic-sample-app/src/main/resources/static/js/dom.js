/** Short ways to find, make and name what is on the page. */

export const byId = (id) => document.getElementById(id);

/** Makes an element; text goes in as text, never as markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'class') {
      made.className = value;
    }
    else if (name.startsWith('on')) {
      made.addEventListener(name.slice(2), value);
    }
    else if (value !== undefined && value !== null && value !== false) {
      made.setAttribute(name, value === true ? '' : value);
    }
  }
  made.append(...children);
  return made;
}

let announcement;

/** Tells a screen reader, once nothing has happened for a moment. */
export function announce(text, delay = 700) {
  clearTimeout(announcement);
  announcement = setTimeout(() => {
    byId('announcer').textContent = text;
  }, delay);
}

/** Copies text and says so on the button; also where the clipboard needs a secure origin that there is not. */
export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  }
  catch {
    const area = element('textarea', { 'aria-hidden': 'true', class: 'visually-hidden' });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
    button.focus();
  }
  button.dataset.label ??= button.textContent;
  button.textContent = 'Copied';
  announce('Copied', 0);
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    button.textContent = button.dataset.label;
  }, 1600);
}
