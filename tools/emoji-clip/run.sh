#!/usr/bin/env bash
# Data, training, evaluation: everything from nothing to the checkpoint.
#   tools/emoji-clip/run.sh WORK
# WORK is a folder outside the repository; started again, training goes on where it was. README.md tells what it needs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)
cp "$here/package.json" "$work/"
(cd "$work" && npm install --no-audit --no-fund --no-package-lock)
python "$here/concepts.py" "$work"
node "$here/render.mjs" "$work"
python "$here/train.py" "$work" "$work/emoji-clip"
python "$here/evaluate.py" "$work" "$work/emoji-clip"
