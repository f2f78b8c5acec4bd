// Holds workflows against what GitHub itself checks them with: node tools/lint/workflows.mjs FILE...
import { readFile } from "node:fs/promises";
import { register } from "node:module";

// The package imports JSON without saying so, which Node refuses.
const hook = `export const load = (url, context, next) =>
  next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const { validate } = await import("@actions/languageservice");
const { TextDocument } = await import("vscode-languageserver-textdocument");

let findings = 0;
for (const file of process.argv.slice(2)) {
  const document = TextDocument.create(`file:///.github/workflows/${file}`, "yaml", 1, await readFile(file, "utf8"));
  for (const { range, message } of await validate(document)) {
    console.log(`${file}:${range.start.line + 1}:${range.start.character + 1}: ${message}`);
    findings++;
  }
}
process.exit(findings === 0 ? 0 : 1);
