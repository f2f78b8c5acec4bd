#!/usr/bin/env bash
# Compares packed products with plain ones on this machine, and exits with 1 where they differ. Without options a quick run;
# --widths quick|published|all|N, --rows few|all|N, --block 64|1 (1: as oneDNN packs without filling up),
# --precision float32,bfloat16,int8, --threads N, --convolutions yes|no.
set -euo pipefail
cd "$(dirname "$0")/../.."
paths=$(mktemp)
classes=$(mktemp -d)
trap 'rm -rf "$paths" "$classes"' EXIT
mvn -q -pl zsic-core -am -DskipTests test-compile dependency:build-classpath -Dmdep.outputFile="$paths" -Dmdep.includeScope=test >&2
path="zsic-core/target/classes:$(cat "$paths")"
javac -d "$classes" -cp "$path" tools/kernels/Sweep.java
OPT_OUT_TRACKING=true java -Dlogback.configurationFile=tools/kernels/logback.xml \
  -cp "$classes:$path" io.github.zsic.engine.Sweep "$@"
