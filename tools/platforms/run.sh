#!/usr/bin/env bash
# Runs the tests of parity, labels and precision again, each time in a JVM of its own, on what looks like other machines:
# processors with fewer instructions, other kernels, one core, other JDKs, and 64-bit Arm, which is emulated.
#
#     tools/platforms/run.sh [NAME...]     # all, or those whose names are given; --list prints the names
#
# docs/platforms.md tells what each of them is for. Arm needs a Debian of x86-64 with apt-get, everything else a JDK and
# Maven. Ends with a line for each, and with 1 if one of them failed.
set -euo pipefail
cd "$(dirname "$0")/../.."

tests=ParityTests,LabelParityTests,KnownAnswersTests
# Where the processor may have instructions for other precisions than float32.
precise=$tests,'PrecisionTests#embeddings*+scores*'
# What an emulated processor has time for: every checkpoint, with one picture and one set of labels.
emulated=ParityTests,LabelParityTests
emulated_cases=(-Dzsic.parity.pictures=landscape.png -Dzsic.parity.labels=four)
work=${ZSIC_PLATFORMS_HOME:-$PWD/target/platforms}

names=(sse41 aten-default plain one-core)
# What a processor does not have, or has nothing above, is what the tests of the build run with.
if grep -q avx512f /proc/cpuinfo 2> /dev/null; then
  names+=(avx2 aten-avx2)
fi
if grep -q avx512_vnni /proc/cpuinfo 2> /dev/null; then
  names+=(avx512)
fi
newest=$(printf '%s\n' /usr/lib/jvm/*/bin/java | grep -E -- '-(2[1-9]|[3-9][0-9])[-/.]' | sort -V | tail -n 1 || true)
if [ -n "$newest" ]; then
  names+=(newest-jdk example)
fi
if command -v apt-get > /dev/null && [ "$(uname -m)" = x86_64 ]; then
  names+=(arm arm-sve)
fi
if [ "${1:-}" = --list ]; then
  printf '%s\n' "${names[@]}"
  exit 0
fi
if [ "$#" -gt 0 ]; then
  names=("$@")
fi

# The modules are built by the first run; the others find nothing to do.
test_with() { # surefire's options and properties
  # Some pictures with every checkpoint: the tests of the build have all.
  mvn -B -pl zsic-core -am test -Dsurefire.failIfNoSpecifiedTests=false -Dspring-javaformat.skip=true \
    -Dzsic.parity.pictures='(landscape|wide|rgba)\.png|photo\.jpg' "$@"
}

run() {
  case $1 in
    # Instructions that oneDNN may use; the default is in the tests of the build.
    sse41) ONEDNN_MAX_CPU_ISA=SSE41 test_with -Dtest="$tests" ;;
    avx2) ONEDNN_MAX_CPU_ISA=AVX2 test_with -Dtest="$tests" ;;
    avx512) ONEDNN_MAX_CPU_ISA=AVX512_CORE test_with -Dtest="$precise" ;;
    # Instructions that libtorch's own kernels may use.
    aten-default) ATEN_CPU_CAPABILITY=default test_with -Dtest="$precise" ;;
    aten-avx2) ATEN_CPU_CAPABILITY=avx2 test_with -Dtest="$precise" ;;
    plain) test_with -Dtest="$tests" -Dzsic.kernels=plain ;;
    # The tests of the build use all cores.
    one-core) JAVA_TOOL_OPTIONS=-XX:ActiveProcessorCount=1 test_with -Dtest="$precise" ;;
    newest-jdk) test_with -Dtest="$precise" -Djvm="$newest" ;;
    # The examples of the documentation, whose tests the build runs on its own JDK.
    example) mvn -B -pl docs/example -am test -Dsurefire.failIfNoSpecifiedTests=false -Dspring-javaformat.skip=true \
      -Dtest='io.github.zsic.example.**' -Djvm="$newest" ;;
    arm) arm neoverse-n1 "$emulated" ;;
    # The labels were encoded with the pictures.
    arm-sve) arm max,sve-default-vector-length=32 ParityTests ;;
    *) echo "There is no '$1'; see $0 --list" >&2; return 2 ;;
  esac
}

arm() { # the processor, and the tests
  tools/platforms/aarch64/prepare.sh "$work/aarch64" > /dev/null
  QEMU_CPU=$1 test_with -Dtest="$2" "${emulated_cases[@]}" \
    -Djvm="$work/aarch64/java/bin/java" -Dlibtorch.platform=linux-aarch64
}

mkdir -p "$work"
failed=0
summary=()
for name in "${names[@]}"; do
  log=$work/$name.log
  begin=$SECONDS
  if run "$name" > "$log" 2>&1; then
    result=passed
  else
    result=FAILED
    failed=1
    grep -E 'ERROR|FAIL|REFUSED|expected|difference' "$log" | head -n 40 || true
  fi
  # The last module's line of Surefire.
  count=$(grep -E 'Tests run: [0-9]+' "$log" | tail -n 1 | sed -E 's/\x1b\[[0-9;]*m//g; s/.*(Tests run: [^-]*[0-9]).*/\1/')
  summary+=("$(printf '%-14s %s, %s, %d s' "$name" "$result" "${count:-no test}" $((SECONDS - begin)))")
  echo "${summary[-1]}"
done
exit "$failed"
