// Rasterises the drawings that concepts.py listed: node render.mjs WORK
// Each list of drawings becomes one file of raw RGBA, SIZE x SIZE x 4 bytes a drawing, in the order of the list.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const SIZE = 96;
const work = process.argv[2];
const sharp = createRequire(join(work, 'package.json'))('sharp');
const sets = new Map();

function iconifySvg(set, icon, outline) {
  if (!sets.has(set)) {
    sets.set(set, JSON.parse(readFileSync(join(work, 'node_modules/@iconify-json', set, 'icons.json'), 'utf8')));
  }
  const { icons, width = 16, height = 16 } = sets.get(set);
  const { body, left = 0, top = 0, width: w = width, height: h = height } = icons[icon];
  // Drawn with lines around every area, a flat style becomes one more way of drawing.
  const content = outline
    ? `<g stroke="#000" stroke-width="${w / 34}" stroke-linejoin="round" stroke-linecap="round">${body}</g>`
    : body;
  return `<svg width="128" height="128" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="${left} ${top} ${w} ${h}">${content}</svg>`;
}

function svg({ set, icon, file, outline }) {
  return file ? readFileSync(join(work, file), 'utf8') : iconifySvg(set, icon, outline);
}

for (const list of ['training', 'heldout']) {
  const drawings = JSON.parse(readFileSync(join(work, `${list}.json`), 'utf8'));
  const out = openSync(join(work, `${list}.rgba`), 'w');
  for (const drawing of drawings) {
    const pixels = await sharp(Buffer.from(svg(drawing)), { density: 72 * 1.5 })
      .resize(SIZE, SIZE, { fit: 'contain', background: { r: 0, g: 0, b: 0, alpha: 0 } })
      .ensureAlpha()
      .raw()
      .toBuffer();
    writeSync(out, pixels);
  }
  closeSync(out);
  console.log(`${list}: ${drawings.length} drawings`);
}
