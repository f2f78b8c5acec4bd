#!/usr/bin/env bash
# zsic and Python's huggingface_hub on one cache, in both directions, against the imitation of the Hub that the
# tests use. Usage: tools/hub/interop.sh <python with huggingface_hub>
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${1:?the path of a Python that has huggingface_hub}
work=$(mktemp -d)
classes=zsic-core/target/test-classes:zsic-core/target/classes
mvn -q -pl zsic-core -am test-compile dependency:build-classpath -Dmdep.outputFile="$work/classpath" -Dmdep.includeScope=test
classpath=$classes:$(cat "$work/classpath")

mkdir -p "$work/repositories/acme"
cp -r zsic-core/src/test/resources/parity/checkpoints/gelu-modern-eos "$work/repositories/acme/owl-clip"
java -cp "$classpath" io.github.zsic.hub.HubServer 8764 "$work/repositories" > "$work/server" &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
until grep -q HF_ENDPOINT "$work/server"; do sleep 0.2; done
export HF_ENDPOINT=http://127.0.0.1:8764

# What was asked since the last time, contents apart from questions about them.
requests() {
  sleep 0.5
  total=$(wc -l < "$work/server")
  contents=$(tail -n +$((seen + 1)) "$work/server" | grep -cE 'method=GET, path=/(repos|api/resolve-cache)/' || true)
  echo "  $((total - seen)) requests, $contents of them for contents"
  seen=$total
}
seen=$(wc -l < "$work/server")

echo "== zsic downloads, Python reads"
export HF_HUB_CACHE=$work/zsic
java -cp "$classpath" io.github.zsic.Prefetch acme/owl-clip 2>/dev/null | sed "s|$work/||"
requests
"$python" tools/hub/interop.py check acme/owl-clip
requests
"$python" tools/hub/interop.py fill acme/owl-clip
requests

echo "== Python downloads, zsic reads"
export HF_HUB_CACHE=$work/python
"$python" tools/hub/interop.py fill acme/owl-clip
requests
java -cp "$classpath" io.github.zsic.Prefetch acme/owl-clip 2>/dev/null | sed "s|$work/||"
requests
HF_HUB_OFFLINE=1 java -cp "$classpath" io.github.zsic.Prefetch acme/owl-clip 2>/dev/null | sed "s|$work/||"
requests
(cd "$HF_HUB_CACHE" && find . ! -type d ! -name '*.lock' | sort > "$work/python.files")
(cd "$work/zsic" && find . ! -type d ! -name '*.lock' | sort > "$work/zsic.files")
echo "== files that only one of them has in its cache"
diff "$work/python.files" "$work/zsic.files" || true
