#!/usr/bin/env bash
# Fuzzes what reads files from outside, with Jazzer (coverage-guided):
#
#   tools/fuzz/fuzz.sh image 300            the decoders of pictures, for 300 seconds
#   tools/fuzz/fuzz.sh structures 300       the same, not with Jazzer: pictures damaged where their formats have a structure
#   tools/fuzz/fuzz.sh PICKLE 300           a reader of checkpoints: a constant of CheckpointFuzz
#
# What it finds is written to target/fuzz/TARGET as crash-…; the same script reads it again: fuzz.sh TARGET FILE
set -euo pipefail
cd "$(dirname "$0")/../.."

target=$1
what=${2:-60}
jazzer=0.26.0

mkdir -p "zsic-core/target/fuzz/$target/corpus"
if [ ! -f zsic-core/target/fuzz/classpath ]; then
  mvn -q -pl zsic-core -am test-compile -DskipTests
fi
if [ ! -f "zsic-core/target/fuzz/jazzer-$jazzer.jar" ] && [ "$target" != structures ]; then
  for artifact in jazzer jazzer-api; do
    mvn -q -pl zsic-core dependency:copy -Dartifact=com.code-intelligence:$artifact:$jazzer -DoutputDirectory=target/fuzz
  done
fi
if [ ! -f zsic-core/target/fuzz/classpath ]; then
  # Of all modules, as those of the project come from their target folders and not from a repository.
  mvn -q -pl zsic-core -am compile dependency:build-classpath -Dmdep.outputFile="$PWD/zsic-core/target/fuzz/classpath" \
    -DincludeScope=test
fi
classpath="target/test-classes:target/classes:$(cat zsic-core/target/fuzz/classpath)"
classpath="$classpath:target/fuzz/jazzer-$jazzer.jar:target/fuzz/jazzer-api-$jazzer.jar"

cd zsic-core
folder=target/fuzz/$target
if [ "$target" = structures ]; then
  exec java -Xmx512m -Djava.awt.headless=true -cp "$classpath" io.github.zsic.image.ImageFuzz src/test/resources/image "$what" "$folder"
fi
if [ "$target" = image ]; then
  class=io.github.zsic.image.ImageFuzz
  cp src/test/resources/image/*.* "$folder/corpus/"
  rm -f "$folder/corpus/"*.json
else
  class=io.github.zsic.checkpoint.CheckpointFuzz
  java -cp "$classpath" -Dzsic.fuzz.reader="$target" $class "$folder/corpus"
fi
if [ -f "$what" ]; then
  arguments=("$what")
else
  arguments=("$folder/corpus" -max_total_time="$what" -artifact_prefix="$folder/" --reproducer_path="$folder")
fi
exec java -Xmx512m -XX:MaxDirectMemorySize=1g -Djava.awt.headless=true -Dai.djl.offline=true -DOPT_OUT_TRACKING=true \
  -Dzsic.fuzz.reader="$target" -Dzsic.fuzz.maximum-seconds=5 \
  -cp "$classpath" com.code_intelligence.jazzer.Jazzer --target_class=$class \
  --instrumentation_includes='io.github.zsic.**:com.twelvemonkeys.**:com.google.gson.**' \
  "${arguments[@]}" -max_len=60000 -len_control=0 -timeout=10 -rss_limit_mb=3000
