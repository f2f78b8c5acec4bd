/**
 * What is on screen, in the part of the address behind '#': a reload keeps it and a link shares it. That part is not sent to
 * the server, which limits the length of addresses.
 */

export function readAddress() {
  const state = new URLSearchParams(location.hash.slice(1));
  return {
    labels: state.has('labels') ? state.get('labels').split(',').filter((label) => label) : null,
    templates: state.getAll('template'),
    scoring: state.get('scoring') ?? '',
    threshold: state.get('threshold') ?? '',
    top: state.get('top') ?? '',
    example: state.get('example'),
  };
}

let timer;

export function writeAddress({ labels, templates, scoring, threshold, top }, example) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const state = new URLSearchParams();
    state.set('labels', labels.join(','));
    templates.forEach((template) => state.append('template', template));
    Object.entries({ scoring, threshold, top, example }).filter(([, value]) => value)
      .forEach(([name, value]) => state.set(name, value));
    history.replaceState(null, '', `#${state.toString().replaceAll('%2C', ',')}`);
  }, 200);
}
