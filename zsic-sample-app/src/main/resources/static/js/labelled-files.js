/** Files of folders, with the labels that their folders are named after. */

export const NONE = '_none';

/** The files that are dropped, with their paths; folders are read to their ends. */
export async function dropped(items) {
  // Taken before anything is awaited: the list is empty afterwards.
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [];
  for (const entry of entries) {
    await walk(entry, files);
  }
  return files;
}

async function walk(entry, files) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    files.push({ file, path: entry.fullPath.replace(/^\//, '') });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A browser gives a hundred of them at a time.
    const children = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!children.length) {
      return;
    }
    for (const child of children) {
      await walk(child, files);
    }
  }
}

/** The files that are chosen, with their paths. */
export const chosen = (files) => [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

/**
 * Gives files the labels that their folders have: the folders in the one that was chosen, or those that were dropped
 * themselves. Names that begin with a dot do not count, nor do files beside the folders.
 */
export function labelled(files) {
  const paths = files.map(({ file, path }) => ({ file, parts: path.split('/') }))
    .filter(({ parts }) => !parts.some((part) => part.startsWith('.')));
  const root = paths[0]?.parts[0];
  const inOne = paths.every(({ parts }) => parts[0] === root) && paths.some(({ parts }) => parts.length > 2);
  const level = inOne ? 1 : 0;
  return paths.filter(({ parts }) => parts.length > level + 1)
    .map(({ file, parts }) => ({ file, label: parts[level], name: parts.slice(level).join('/') }));
}
