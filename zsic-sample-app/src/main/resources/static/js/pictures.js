/** The pictures: chosen, dropped, pasted or bundled; one of them is on the stage. */
import { announce, byId, element } from './dom.js';
import { plural } from './format.js';

const DRAWINGS = [
  ['owl.png', 'owl', 'fox, bear, seagull, owl'],
  ['bear.png', 'bear', 'fox, bear, seagull, owl'],
  ['tree.png', 'tree', 'tree, car, bike, cat'],
  ['car.png', 'car', 'tree, car, bike, cat'],
  ['bike.png', 'bicycle', 'tree, car, bike, cat'],
  ['cat.png', 'cat', 'tree, car, bike, cat'],
];

const PHOTOGRAPHS = [
  ['chelsea.jpg', 'cat', 'cat, dog, coffee, astronaut, rocket launch'],
  ['coffee.jpg', 'cup of coffee', 'cat, dog, coffee, astronaut, rocket launch'],
  ['astronaut.jpg', 'astronaut', 'cat, dog, coffee, astronaut, rocket launch'],
  ['rocket.jpg', 'rocket at its launch', 'cat, dog, coffee, astronaut, rocket launch'],
];

const IMAGE_NAME = /\.(jpe?g|jfif|png|gif|webp|bmp|tiff?)$/i;

/**
 * Sets up the stage. `onChange` hears when pictures come, go or are selected, `onExample` of the labels that suit an example,
 * `onPasteText` of text that is pasted outside of a field, and `onFailure` when an example cannot be fetched.
 */
export function createPictures({ onChange, onExample, onPasteText, onFailure }) {
  let pictures = [];
  let current = null;
  let pastes = 0;
  let changes = 0;
  let inStrip = [];

  const picker = byId('picker');
  const image = byId('shown-image');

  function select(picture) {
    current = picture;
    changes++;
    render();
    onChange();
  }

  /** Own pictures take the place of examples and join those that are there. */
  function add(files) {
    const likely = [...files].filter((file) => file.type.startsWith('image/') || IMAGE_NAME.test(file.name));
    // If there is no picture among them, the server says so.
    const usable = likely.length ? likely : [...files];
    if (!usable.length) {
      return;
    }
    const kept = pictures.filter((picture) => !picture.example);
    drop(pictures.filter((picture) => picture.example));
    const added = usable.map((file) => ({ file, name: file.name, url: URL.createObjectURL(file) }));
    pictures = [...kept, ...added];
    announce(`${plural(added.length, 'picture')} added`, 0);
    select(added[0]);
  }

  function drop(gone) {
    gone.forEach((picture) => URL.revokeObjectURL(picture.url));
    pictures = pictures.filter((picture) => !gone.includes(picture));
  }

  function remove(picture) {
    const index = pictures.indexOf(picture);
    drop([picture]);
    announce(`${picture.name} removed`, 0);
    select(pictures[Math.min(index, pictures.length - 1)] ?? null);
    byId(pictures.length ? 'remove-picture' : 'choose').focus();
  }

  async function fetchExample([name]) {
    const response = await fetch(`examples/${name}`);
    if (!response.ok) {
      throw new Error(`Example ${name}: ${response.status}`);
    }
    const file = new File([await response.blob()], name, { type: response.headers.get('content-type') });
    return { file, name, example: name, url: URL.createObjectURL(file) };
  }

  async function showExamples(examples) {
    const before = changes;
    let fetched;
    try {
      fetched = await Promise.all(examples.map(fetchExample));
    }
    catch (failure) {
      onFailure(failure);
      return;
    }
    if (changes !== before) {
      // Something else was chosen in the meantime.
      fetched.forEach((picture) => URL.revokeObjectURL(picture.url));
      return;
    }
    drop(pictures.filter((picture) => picture.example));
    pictures = [...pictures, ...fetched];
    select(fetched[0]);
    onExample([...new Set(examples.flatMap(([, , labels]) => labels.split(', ')))]);
  }

  function renderExamples(photographs) {
    const examples = photographs ? [...PHOTOGRAPHS, ...DRAWINGS] : DRAWINGS;
    byId('examples-title').textContent = photographs ? 'Or try one of these' : 'Or try a drawing';
    byId('example-row').replaceChildren(
      ...examples.map((example) => {
        const kind = PHOTOGRAPHS.includes(example) ? 'Photograph' : 'Drawing';
        return element('button', { type: 'button', 'data-example': example[0], 'aria-pressed': 'false',
          onclick: () => showExamples([example]) },
        element('img', { src: `examples/${example[0]}`, alt: `${kind}: ${example[1]}`, width: 64, height: 64 }));
      }),
      element('button', { type: 'button', class: 'every', 'aria-label': 'Try all of these at once',
        onclick: () => showExamples(photographs ? PHOTOGRAPHS : DRAWINGS) }, 'All'));
    markExample();
  }

  function markExample() {
    byId('example-row').querySelectorAll('[data-example]').forEach((button) =>
      button.setAttribute('aria-pressed', String(current?.example === button.dataset.example)));
  }

  /** A thumbnail, or the ending of the name for what browsers do not show, such as TIFF. */
  function thumbnail(picture) {
    if (picture.unseen) {
      return element('span', { class: 'unseen' }, ending(picture.name));
    }
    const small = element('img', { src: picture.url, alt: '', loading: 'lazy', decoding: 'async' });
    small.addEventListener('error', () => {
      picture.unseen = true;
      small.replaceWith(element('span', { class: 'unseen' }, ending(picture.name)));
    });
    return small;
  }

  function render() {
    byId('invitation').hidden = Boolean(current);
    byId('shown').hidden = byId('file-name').hidden = byId('remove-picture').hidden = !current;
    byId('clear-pictures').hidden = pictures.length < 2;
    byId('pictures-title').textContent = pictures.length > 1 ? 'Pictures' : 'Picture';
    byId('choose').textContent = current ? 'Add pictures' : 'Choose pictures';
    byId('choose').className = current ? 'quiet' : 'primary';
    if (current) {
      byId('file-name').textContent = current.name;
      byId('file-name').title = current.name;
      if (image.src !== current.url) {
        image.src = current.url;
        image.alt = current.name;
        image.hidden = false;
        byId('no-preview').hidden = true;
      }
    }
    else {
      image.removeAttribute('src');
    }
    byId('strip').hidden = pictures.length < 2;
    byId('examples').hidden = pictures.length > 1;
    renderStrip();
    markExample();
  }

  /** Buttons stay what they are while their pictures do, and keep the focus. */
  function renderStrip() {
    const strip = byId('strip');
    const wanted = pictures.length < 2 ? [] : pictures;
    if (wanted.length !== inStrip.length || wanted.some((picture, index) => picture !== inStrip[index])) {
      inStrip = [...wanted];
      strip.replaceChildren(...wanted.map((picture) => element('li', {}, element('button', { type: 'button',
        'aria-label': picture.name, onclick: () => select(picture) }, thumbnail(picture)))));
    }
    [...strip.children].forEach((item, index) => {
      item.firstChild.setAttribute('aria-current', String(wanted[index] === current));
      item.firstChild.classList.toggle('failed', Boolean(wanted[index].problem));
    });
  }

  image.addEventListener('error', () => {
    image.hidden = true;
    byId('no-preview').hidden = false;
    byId('no-preview').textContent = 'No preview: this browser cannot show the file.';
  });
  image.addEventListener('load', () => {
    image.classList.toggle('small', image.naturalWidth < 320 && image.naturalHeight < 320);
  });

  byId('choose').addEventListener('click', () => picker.click());
  picker.addEventListener('change', () => {
    add(picker.files);
    picker.value = '';
  });
  byId('remove-picture').addEventListener('click', () => remove(current));
  byId('clear-pictures').addEventListener('click', () => {
    drop(pictures);
    announce('All pictures removed', 0);
    select(null);
    byId('choose').focus();
  });
  byId('strip').addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = step && pictures[pictures.indexOf(current) + step];
    if (next) {
      event.preventDefault();
      select(next);
      byId('strip').querySelector('[aria-current=true]').focus();
    }
  });

  // A picture may be dropped anywhere: what misses the stage must not replace the page.
  const withFiles = (event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragover', (event) => {
    if (withFiles(event)) {
      event.preventDefault();
      document.body.classList.add('dragging');
    }
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) {
      document.body.classList.remove('dragging');
    }
  });
  document.addEventListener('drop', (event) => {
    document.body.classList.remove('dragging');
    if (withFiles(event)) {
      event.preventDefault();
      add(event.dataTransfer.files);
    }
  });

  document.addEventListener('paste', (event) => {
    const files = [...event.clipboardData.files];
    if (files.length) {
      event.preventDefault();
      // The clipboard names every picture alike.
      add(files.map((file) => (/^image\.\w+$/.test(file.name)
        ? new File([file], `pasted-${++pastes}.${file.name.split('.').pop()}`, { type: file.type }) : file)));
    }
    else if (!event.target.closest?.('input, textarea')) {
      onPasteText(event.clipboardData.getData('text/plain'));
    }
  });

  renderExamples(false);
  render();

  return {
    all: () => pictures,
    current: () => current,
    select,
    thumbnail,
    /** Photographs are offered as examples where the model knows them. */
    offerPhotographs: renderExamples,
    /** Shows a bundled example by its name, if there is one of that name. */
    async example(name) {
      const found = [...DRAWINGS, ...PHOTOGRAPHS].find(([file]) => file === name);
      if (found) {
        await showExamples([found]);
      }
    },
    /** Marks pictures that could not be classified. */
    refresh: renderStrip,
  };
}

function ending(name) {
  return (name.match(/\.(\w{1,5})$/)?.[1] ?? 'such').toUpperCase();
}
