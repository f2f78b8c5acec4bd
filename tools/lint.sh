#!/usr/bin/env bash
# Looks at what the build does not: shell scripts, Python, the page's scripts, workflows.
#
#     tools/lint.sh             # all that is installed; what is not is named
#     tools/lint.sh --required  # and fails where something is not installed
#
# shellcheck is a package of most systems, ruff one of pip; eslint and what GitHub checks workflows with come from
# npm with tools/lint/package.json.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=0
failed=0
have() {
  if ! command -v "$1" > /dev/null; then
    echo "not looked at: $2, as there is no $1"
    missing=1
    return 1
  fi
}
look() { # name, command...
  local name=$1
  shift
  if "$@"; then
    echo "fine: $name"
  else
    echo "FAILED: $name"
    failed=1
  fi
}

if have shellcheck 'shell scripts'; then
  mapfile -t scripts < <(git ls-files -z | xargs -0 grep -lE '^#!/(usr/bin/env bash|bin/sh)' | grep -v '^mvnw')
  look 'shell scripts' shellcheck -S warning -x "${scripts[@]}"
fi
if have ruff Python; then
  look Python ruff check --quiet .
fi
if have npm 'the page and workflows'; then
  (cd tools/lint && { [ -d node_modules ] || npm ci --silent --no-audit --no-fund; })
  look 'the page' tools/lint/node_modules/.bin/eslint --config tools/lint/eslint.config.mjs "zsic-sample-app/src/main/resources/static/js/**/*.js"
  look workflows node --no-warnings tools/lint/workflows.mjs .github/workflows/*.yml
fi
if [ "$missing" = 1 ] && [ "${1:-}" = --required ]; then
  failed=1
fi
exit "$failed"
