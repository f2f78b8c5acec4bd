/** The tabs with what is on screen as code. */
import { byId, copy } from './dom.js';
import { curl, java, yaml } from './snippets.js';

const TABS = ['tab-curl', 'tab-java', 'tab-yaml'];

export function createTakeAway({ pictures, query, model }) {
  let selected = TABS[0];

  function text() {
    switch (selected) {
      case 'tab-java': return java(pictures.all(), query());
      case 'tab-yaml': return yaml(query(), model());
      default: return curl(pictures.all(), query());
    }
  }

  function show() {
    const now = text();
    if (byId('code').textContent !== now) {
      byId('code').textContent = now;
    }
  }

  function select(tab) {
    selected = tab;
    for (const id of TABS) {
      byId(id).setAttribute('aria-selected', String(id === tab));
      byId(id).tabIndex = id === tab ? 0 : -1;
    }
    byId('code-panel').setAttribute('aria-labelledby', tab);
    show();
  }

  TABS.forEach((id, index) => {
    byId(id).addEventListener('click', () => select(id));
    byId(id).addEventListener('keydown', (event) => {
      const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: TABS.length - 1 }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        const tab = TABS[(to + TABS.length) % TABS.length];
        select(tab);
        byId(tab).focus();
      }
    });
  });
  byId('copy-code').addEventListener('click', (event) => copy(text(), event.currentTarget));

  return { show };
}
