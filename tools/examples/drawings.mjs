// Writes the example drawings of the sample's page: node tools/examples/drawings.mjs WORK
// WORK is a folder in which "npm install sharp@0.35.5" was run.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sharp = createRequire(join(process.argv[2], 'package.json'))('sharp');
const here = fileURLToPath(new URL('.', import.meta.url));
const out = join(here, '../../zsic-sample-app/src/main/resources/static/examples');

for (const name of readdirSync(here).filter((file) => file.endsWith('.svg'))) {
  await sharp(join(here, name)).resize(256, 256).flatten({ background: '#fff' }).png({ compressionLevel: 9, palette: true })
    .toFile(join(out, name.replace('.svg', '.png')));
}
