#!/usr/bin/env bash
# A file of 2 GB from the imitation of the Hub on this machine, by curl and by zsic with a heap of 64 MB, in turns. zsic
# fetches a small repository first, so that loading classes and starting the log, which an application has done, do not count.
# Usage: tools/hub/throughput.sh [<turns> [<folder to write to>]]
set -euo pipefail
cd "$(dirname "$0")/../.."
turns=${1:-5}
work=$(mktemp -d -p "${2:-/tmp}")
classes=zsic-core/target/test-classes:zsic-core/target/classes
mvn -q -pl zsic-core -am test-compile dependency:build-classpath -Dmdep.outputFile="$work/classpath" -Dmdep.includeScope=test
classpath=$classes:$(cat "$work/classpath")

repository=$work/repositories/acme/large
mkdir -p "$repository"
cp zsic-core/src/test/resources/parity/checkpoints/gelu-modern-eos/*.json "$repository"
cp -r zsic-core/src/test/resources/parity/checkpoints/gelu-modern-eos "$work/repositories/acme/small"
truncate -s 2147483653 "$repository/model.safetensors"
java -cp "$classpath" io.github.zsic.hub.HubServer 8763 "$work/repositories" > "$work/server" &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
until grep -q HF_ENDPOINT "$work/server"; do sleep 0.2; done
endpoint=http://127.0.0.1:8763

for turn in $(seq "$turns"); do
  curl=$(curl -sSL -o "$work/curl" -w '%{speed_download}' "$endpoint/acme/large/resolve/main/model.safetensors")
  rm "$work/curl"
  milliseconds=$(java -Xmx64m -cp "$classpath" io.github.zsic.hub.HubProgram "$endpoint" "$work/cache" acme/small acme/large 2>&1 > "$work/log" |
    sed -n 's/ ms$//p' | tail -n 1)
  rm -r "$work/cache"
  awk -v turn="$turn" -v curl="$curl" -v ms="$milliseconds" \
    'BEGIN { zsic = 2147483653 / ms * 1000; printf "turn %d: curl %.0f MB/s, zsic %.0f MB/s, ratio %.2f\n", turn, curl / 1e6, zsic / 1e6, zsic / curl }'
done | tee "$work/turns"
awk '{ print $NF }' "$work/turns" | sort -n | awk '{ r[NR] = $1 } END { print "median ratio", r[int((NR + 1) / 2)] }'
echo "$(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg)"
