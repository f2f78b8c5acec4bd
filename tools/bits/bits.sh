#!/usr/bin/env bash
# Prints a SHA-256 of what small checkpoints make of pictures and texts in each precision (Bits.java). To tell whether a
# change of a program keeps every bit: tools/bits/bits.sh > before, change it, tools/bits/bits.sh | diff before -
set -euo pipefail
cd "$(dirname "$0")/../.."
paths=$(mktemp)
trap 'rm -f "$paths"' EXIT
mvn -q -pl zsic-core -am -DskipTests test-compile dependency:build-classpath -Dmdep.outputFile="$paths" -Dmdep.includeScope=test >&2
OPT_OUT_TRACKING=true java -Dlogback.configurationFile=tools/kernels/logback.xml \
  -cp "zsic-core/target/classes:$(cat "$paths")" tools/bits/Bits.java "$@"
