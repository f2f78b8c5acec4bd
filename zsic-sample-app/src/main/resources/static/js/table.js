/** Several pictures: a table to compare them and to save them. */
import { byId, element } from './dom.js';
import { toCsv, toJson } from './export.js';
import { formatScore } from './format.js';

export function createTable({ pictures, query }) {
  let shown = [];

  function row(picture) {
    picture.row = element('tr', {}, element('td', {}, element('button', { type: 'button', class: 'row-picture',
      onclick: () => {
        pictures.select(picture);
        byId('stage').scrollIntoView({ block: 'nearest' });
      } }, pictures.thumbnail(picture), element('span', { title: picture.name }, picture.name))));
    fill(picture);
    return picture.row;
  }

  /** Everything but the first cell, which may have the focus. */
  function fill(picture) {
    const cells = [];
    if (picture.problem) {
      // Where the last column is not shown, a cell across it would make another one.
      cells.push(element('td', { class: 'failure', colspan: 2 }, picture.problem.detail || picture.problem.title),
        element('td', { class: 'wide-only' }));
    }
    else if (picture.answer) {
      const { scoring } = picture.query;
      const [best, next] = picture.answer.predictions;
      cells.push(element('td', { class: 'best-cell' }, best ? best.label : 'none of these'),
        element('td', { class: 'number' }, best ? formatScore(best.score, scoring) : ''),
        element('td', { class: 'wide-only next' }, next ? `${next.label} ${formatScore(next.score, scoring)}` : ''));
    }
    else {
      cells.push(element('td', { class: 'next' }, '\u2026'), element('td'), element('td', { class: 'wide-only' }));
    }
    while (picture.row.children.length > 1) {
      picture.row.lastChild.remove();
    }
    picture.row.append(...cells);
  }

  function save(type, ending, text) {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = element('a', { href: url, download: `zsic-scores.${ending}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  byId('save-csv').addEventListener('click', () =>
    save('text/csv;charset=utf-8', 'csv', toCsv(pictures.all(), query())));
  byId('save-json').addEventListener('click', () =>
    save('application/json', 'json', toJson(pictures.all(), query())));

  return {
    /** Shows what is known now, with what is new about one picture. */
    show(picture) {
      const all = pictures.all().length < 2 ? [] : pictures.all();
      byId('all').hidden = !all.length;
      if (all.length !== shown.length || all.some((each, index) => each !== shown[index])) {
        shown = [...all];
        byId('rows').replaceChildren(...all.map(row));
      }
      else if (picture && all.length) {
        fill(picture);
      }
      all.forEach((each) => each.row.classList.toggle('current', each === pictures.current()));
      const now = JSON.stringify(query());
      const done = all.filter((each) => each.key === now).length;
      byId('all-count').textContent = done < all.length ? `${done} of ${all.length}` : String(all.length);
      byId('save-csv').disabled = byId('save-json').disabled = done < all.length;
    },
  };
}
