#!/usr/bin/env bash
# Runs a command on an emulated x86-64 processor with AVX-512, prints what it prints and exits with
# its status. prepare.sh comes first.
#
# usage: run.sh amd|amd-vnni|amd-caches FOLDER COMMAND [ARGUMENT...]
#   amd: AVX-512 with VNNI and bfloat16 like a Zen 4 or 5; CPUID's leaf 0x8000001D says nothing about
#     caches, as in a virtual machine that hides them
#   amd-vnni: the same without bfloat16, which oneDNN then emulates
#   amd-caches: amd, but the leaf tells of the caches: a processor that is in order
#   FOLDER: is copied to /job, the working directory; what the command writes there is lost
#   COMMAND: runs with the JDK on the path, DJL's cache in DJL_CACHE_DIR, and busybox for a shell.
#     Its standard error comes out with its standard output.
# environment:
#   AVX512_HOME: where prepare.sh put everything (default: ~/.cache/zsic-avx512)
#   AVX512_THREADS: how many threads libtorch computes with (default: 2), on one emulated processor
#   AVX512_MEMORY: the guest's memory in MiB (default: 2048, the most)
#   AVX512_TIMEOUT: in seconds (default: 3600)
#   AVX512_LOGS: a folder to keep the emulator's logs in
set -euo pipefail

home=${AVX512_HOME:-$HOME/.cache/zsic-avx512}
[ $# -ge 3 ] || { sed -n '/^# usage/,/^set/s/^# //p' "$0" >&2; exit 2; }
cpu='model=sapphire_rapids, exclude_features="amx amx_int8 amx_bf16 avx512fp16 avx_vnni vmx la57"'
case $1 in
  amd) ;;
  amd-vnni) cpu='model=corei7_icelake_u' ;;
  amd-caches) export BOCHS_CACHES=1 ;;
  *) echo "amd, amd-vnni or amd-caches, not $1" >&2; exit 2 ;;
esac
folder=$2
shift 2

work=$(mktemp -d)
emulator=
reader=
stop() {
  [ -z "$emulator" ] || kill "$emulator" 2>/dev/null || true
  [ -z "$reader" ] || kill "$reader" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

# --- a disk with the folder and the command

mkdir -p "$work/disk"
cp -rL "$folder" "$work/disk/job"
{
  echo 'export PATH=/jdk/bin:/bin JAVA_HOME=/jdk DJL_CACHE_DIR=/djl HOME=/tmp DJL_OFFLINE=true'
  # oneDNN chooses layouts by how many threads there are. MKL, by which libtorch sets that number, would
  # count the processors. Threads that wait for each other in a loop would hold each other up.
  threads=${AVX512_THREADS:-2}
  echo "export OMP_NUM_THREADS=$threads MKL_NUM_THREADS=$threads MKL_DYNAMIC=FALSE GOMP_SPINCOUNT=0"
  echo 'cd /job'
  printf 'exec'
  for argument in "$@"; do
    printf " '%s'" "${argument//\'/\'\\\'\'}"
  done
  echo
} >"$work/disk/command"
cylinder=$((16 * 63 * 512))
bytes=$(($(du -s --apparent-size --block-size=1 "$work/disk" | cut -f 1) * 11 / 10 + (64 << 20)))
truncate -s $(((bytes / cylinder + 1) * cylinder)) "$work/job.img"
/sbin/mke2fs -q -t ext2 -L job -d "$work/disk" -F "$work/job.img"

# --- the emulated machine

# "ips" sets how fast the guest's clock goes: about as many instructions as the emulator does in a
# second. The screen is one that nobody looks at; the console is the serial port.
cat >"$work/bochsrc" <<END
config_interface: textconfig
display_library: nogui
cpu: $cpu, count=1, ips=100000000, reset_on_triple_fault=0
memory: guest=${AVX512_MEMORY:-2048}, host=${AVX512_MEMORY:-2048}
romimage: file=$home/tools/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=$home/tools/usr/share/vgabios/vgabios.bin
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15
ata0-master: type=disk, mode=volatile, path=$home/boot.img, journal=$work/boot.journal
ata0-slave: type=disk, mode=volatile, path=$home/system.img, journal=$work/system.journal
ata1-master: type=disk, mode=flat, path=$work/job.img
boot: disk
clock: sync=none
com1: enabled=1, mode=file, dev=$work/serial
log: $work/log
panic: action=fatal
error: action=ignore
info: action=report
debug: action=ignore
END
touch "$work/serial"
timeout "${AVX512_TIMEOUT:-3600}" "$home/bin/bochs-amd" -q -f "$work/bochsrc" \
  >"$work/out" 2>&1 </dev/null &
emulator=$!
# What lies between the two marks is the command's.
tail -n +1 -f --pid="$emulator" "$work/serial" |
  sed -un '/^avx512-start/,/^avx512-status/{/^avx512-/!p}' &
reader=$!
wait "$emulator" || true
emulator=
wait "$reader" || true
reader=
[ -z "${AVX512_LOGS:-}" ] || cp "$work"/{out,serial,log,bochsrc} "$AVX512_LOGS/" 2>/dev/null || true
status=$(sed -n 's/^avx512-status \([0-9]*\).*/\1/p' "$work/serial" | tail -n 1)
if [ -z "$status" ]; then
  echo "the emulated machine stopped before the command did:" >&2
  tail -n 20 "$work/serial" "$work/out" "$work/log" >&2
  exit 249
fi
exit "$status"
