#!/usr/bin/env bash
# Compares packed products with plain ones on this machine, and exits with 1 where they differ. Without options a quick run;
# --widths quick|published|all|N, --rows few|all|N, --block 64|1 (1: as oneDNN packs without filling up),
# --precision float32,bfloat16,int8, --threads N.
set -euo pipefail
cd "$(dirname "$0")/../.."
paths=$(mktemp)
trap 'rm -f "$paths"' EXIT
mvn -q -pl zsic-core -am -DskipTests test-compile dependency:build-classpath -Dmdep.outputFile="$paths" -Dmdep.includeScope=test >&2
OPT_OUT_TRACKING=true java -Dlogback.configurationFile=tools/kernels/logback.xml \
  -cp "zsic-core/target/classes:$(cat "$paths")" tools/kernels/Sweep.java "$@"
