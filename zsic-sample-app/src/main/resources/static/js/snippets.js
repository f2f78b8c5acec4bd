/** What is on screen as a command, as Java and as configuration, ready to run. */
import { classifyAddress, fields } from './api.js';

/** Pictures in one command; the server limits those of a request. */
const PICTURES_PER_COMMAND = 16;

const WIDTH = 100;

function shell(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The value of curl's -F: a name with special characters goes in quotes of its own. */
function file(name) {
  const safe = name.startsWith('-') ? `./${name}` : name;
  return /[;,"\\]/.test(safe) ? `image=@"${safe.replace(/["\\]/g, '\\$&')}"` : `image=@${safe}`;
}

export function curl(pictures, query) {
  const address = classifyAddress();
  const names = pictures.map(({ name }) => name);
  const examples = pictures.filter(({ example }) => example)
    .map(({ example }) => `curl -sO ${shell(new URL(`examples/${example}`, document.baseURI).href)}\n`);
  const asked = fields(query).map(([name, value]) => `  --form-string ${shell(`${name}=${value}`)}`);
  const commands = [];
  for (let start = 0; start < Math.max(names.length, 1); start += PICTURES_PER_COMMAND) {
    const images = (names.length ? names.slice(start, start + PICTURES_PER_COMMAND) : ['picture.jpg'])
      .map((name) => `  -F ${shell(file(name))}`);
    commands.push([`curl -s ${shell(address)}`, ...images, ...asked].join(' \\\n') + '\n');
  }
  return examples.join('') + commands.join('');
}

/** A string literal; what JSON escapes, Java and YAML read in the same way. */
const literal = (text) => JSON.stringify(text);

/** A call with arguments, over as many lines as they need. */
function call(indent, name, argumentsOfCall) {
  const line = `${indent}${name}(${argumentsOfCall.join(', ')})`;
  if (line.length <= WIDTH) {
    return line;
  }
  const deeper = `${indent}\t\t`;
  const lines = [];
  for (const argument of argumentsOfCall) {
    const last = lines.at(-1);
    if (last && last.length + argument.length + 2 <= WIDTH - deeper.length * 2) {
      lines[lines.length - 1] = `${last}, ${argument}`;
    }
    else {
      lines.push(argument);
    }
  }
  return `${indent}${name}(\n${lines.map((each) => deeper + each).join(',\n')})`;
}

export function java(pictures, query) {
  const names = pictures.length ? pictures.map(({ name }) => name) : ['picture.jpg'];
  const files = names.map((name) => `ImageInput.of(Path.of(${literal(name)}))`);
  const steps = [
    files.length === 1 ? call('\t\t\t', '.image', files) : call('\t\t\t', '.images', [call('', 'List.of', files)]),
    call('\t\t\t', '.labels', query.labels.map(literal)),
  ];
  if (query.templates.length) {
    steps.push(call('\t\t\t', '.templates', query.templates.map(literal)));
  }
  if (query.scoring) {
    steps.push(`\t\t\t.scoring(Scoring.${query.scoring.toUpperCase()})`);
  }
  if (/^\d+$/.test(query.top)) {
    steps.push(`\t\t\t.top(${query.top})`);
  }
  if (query.threshold && Number.isFinite(Number(query.threshold))) {
    steps.push(`\t\t\t.threshold(${Number(query.threshold)}f)`);
  }
  return `import java.nio.file.Path;
import java.util.List;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
${query.scoring ? 'import io.github.zsic.Scoring;\n' : ''}import io.github.zsic.ZeroShotClassifier;

import org.springframework.stereotype.Component;

@Component
class Pictures {

	private final ZeroShotClassifier classifier;

	Pictures(ZeroShotClassifier classifier) {
		this.classifier = classifier;
	}

	List<Classification> classify() {
		ClassificationRequest request = ClassificationRequest.builder()
${steps.join('\n')}
			.build();
		return this.classifier.classify(request);
	}

}
`;
}

/** A string of YAML in which Spring finds no placeholder. */
function scalar(text) {
  return literal(text.replaceAll('${', '\\${'));
}

export function yaml(query, model) {
  const lines = ['zsic:', `  checkpoint: ${plainOrQuoted(model.checkpoint ?? 'openai/clip-vit-base-patch32')}`];
  if (model.revision) {
    lines.push(`  revision: ${plainOrQuoted(model.revision)}`);
  }
  if (query.scoring) {
    lines.push(`  scoring: ${query.scoring}`);
  }
  if (query.templates.length) {
    lines.push('  templates:', ...query.templates.map((template) => `    - ${scalar(template)}`));
  }
  return lines.join('\n') + '\n';
}

function plainOrQuoted(text) {
  return /^[a-z][\w./-]*(:[\w./-]+)?$/i.test(text) ? text : scalar(text);
}
