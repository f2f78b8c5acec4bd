// Rasterises the drawings that concepts.py listed: node render.mjs WORK
// Each list of drawings becomes one file of raw RGBA, SIZE x SIZE x 4 bytes a drawing, in the order of the list.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const SIZE = 96;
const work = process.argv[2];
const sharp = createRequire(join(work, 'package.json'))('sharp');
const sets = new Map();

// A number from 0 to 1 that depends on the text alone (FNV-1a), so that a second run draws the same.
function chance(text) {
  let hash = 0x811c9dc5;
  for (const c of text) {
    hash = Math.imul(hash ^ c.codePointAt(0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

// Another colour for every colour of a drawing: equal ones stay equal, near ones stay near.
function recoloured(body, seed) {
  const turn = (chance(seed + 'turn') - 0.5) * 0.9;
  return body.replace(/#([0-9a-f]{6}|[0-9a-f]{3})\b(?=["';\s])/gi, (match, hex) => {
    const long = hex.length === 3 ? [...hex].map((c) => c + c).join('') : hex;
    const rgb = [0, 2, 4].map((i) => parseInt(long.slice(i, i + 2), 16) / 255);
    const grey = 0.3 * rgb[0] + 0.59 * rgb[1] + 0.11 * rgb[2];
    const shift = (chance(seed + long) - 0.5) * 0.3;
    const strength = 0.4 + 1.1 * chance(seed + 'strength');
    const [i, q] = [0.6 * rgb[0] - 0.27 * rgb[1] - 0.32 * rgb[2], 0.21 * rgb[0] - 0.52 * rgb[1] + 0.31 * rgb[2]];
    const angle = turn + 1.2 * (chance(seed + long + 'hue') - 0.5);
    const ii = strength * (i * Math.cos(angle) - q * Math.sin(angle));
    const qq = strength * (i * Math.sin(angle) + q * Math.cos(angle));
    const y = grey + shift;
    const out = [y + 0.956 * ii + 0.619 * qq, y - 0.272 * ii - 0.647 * qq, y - 1.106 * ii + 1.703 * qq];
    return '#' + out.map((v) => Math.round(Math.min(1, Math.max(0, v)) * 255).toString(16).padStart(2, '0')).join('');
  });
}

// As a colouring book has it: areas nearly white, dark ones grey, everything drawn by its lines.
function lines(body) {
  return body.replace(/#([0-9a-f]{6}|[0-9a-f]{3})\b(?=["';\s])/gi, (match, hex) => {
    const long = hex.length === 3 ? [...hex].map((c) => c + c).join('') : hex;
    const [r, g, b] = [0, 2, 4].map((i) => parseInt(long.slice(i, i + 2), 16));
    const grey = 0.3 * r + 0.59 * g + 0.11 * b;
    const level = grey < 70 ? 40 : 225 + Math.round((grey / 255) * 30);
    return '#' + level.toString(16).padStart(2, '0').repeat(3);
  });
}

function iconifySvg({ set, icon, variant = '' }) {
  if (!sets.has(set)) {
    sets.set(set, JSON.parse(readFileSync(join(work, 'node_modules/@iconify-json', set, 'icons.json'), 'utf8')));
  }
  const { icons, width = 16, height = 16 } = sets.get(set);
  const { body, left = 0, top = 0, width: w = width, height: h = height } = icons[icon];
  const seed = `${set} ${icon} `;
  let content = body;
  if (variant.endsWith('recoloured')) {
    content = recoloured(body, seed);
  } else if (variant === 'lines') {
    content = lines(body);
  }
  if (variant.startsWith('outline') || variant === 'lines') {
    // Drawn with lines around every area, a flat style becomes one more way of drawing.
    const thickness = variant === 'outline' ? 34 : 22 + 30 * chance(seed + variant);
    content = `<g stroke="#000" stroke-width="${w / thickness}" stroke-linejoin="round" stroke-linecap="round">${content}</g>`;
  }
  return `<svg width="128" height="128" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="${left} ${top} ${w} ${h}">${content}</svg>`;
}

// What the lines of an icon enclose gets a colour, one for each area; where they enclose little, the icon itself does.
function fill(pixels, seed) {
  const area = new Int32Array(SIZE * SIZE);
  let areas = 0;
  const sizes = [0];
  for (let start = 0; start < area.length; start++) {
    if (area[start] !== 0 || pixels[4 * start + 3] > 110) {
      continue;
    }
    areas++;
    sizes.push(0);
    const open = [start];
    area[start] = areas;
    let outside = false;
    while (open.length > 0) {
      const at = open.pop();
      const [x, y] = [at % SIZE, Math.floor(at / SIZE)];
      sizes[areas]++;
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        const [nx, ny] = [x + dx, y + dy];
        if (nx < 0 || ny < 0 || nx >= SIZE || ny >= SIZE) {
          outside = true;
        } else if (area[ny * SIZE + nx] === 0 && pixels[4 * (ny * SIZE + nx) + 3] <= 110) {
          area[ny * SIZE + nx] = areas;
          open.push(ny * SIZE + nx);
        }
      }
    }
    if (outside) {
      sizes[areas] = -1;
    }
  }
  const enclosed = sizes.filter((s) => s > 0).reduce((a, b) => a + b, 0);
  const main = hue(chance(seed + 'main'), seed);
  for (let at = 0; at < area.length; at++) {
    const own = pixels[4 * at + 3] / 255;
    if (enclosed < 0.04 * area.length) {
      pixels.set(main, 4 * at);
    } else if (sizes[area[at]] > 0) {
      // Two thirds of the areas have the main colour, so that the whole stays one thing.
      const color = chance(seed + area[at]) < 0.66 ? main : hue(chance(seed + area[at] + 'hue'), seed + area[at]);
      for (let c = 0; c < 3; c++) {
        pixels[4 * at + c] = Math.round(pixels[4 * at + c] * own + color[c] * (1 - own));
      }
      pixels[4 * at + 3] = 255;
    }
  }
}

// Light and dark, pale and strong ones.
function hue(turn, seed) {
  const value = 0.45 + 0.55 * chance(seed + 'value');
  const saturation = chance(seed + 'saturation');
  return [0, 1 / 3, 2 / 3].map((offset) => {
    const wave = Math.min(1, Math.max(0, Math.abs((((turn + offset) % 1) * 6) - 3) - 1));
    return Math.round(255 * value * (1 - saturation + saturation * wave));
  });
}

function svg(drawing) {
  return drawing.file ? readFileSync(join(work, drawing.file), 'utf8') : iconifySvg(drawing);
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
    if (drawing.variant === 'filled') {
      fill(pixels, `${drawing.set} ${drawing.icon} `);
    }
    writeSync(out, pixels);
  }
  closeSync(out);
  console.log(`${list}: ${drawings.length} drawings`);
}
