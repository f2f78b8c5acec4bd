#!/usr/bin/env bash
# Makes a Java for 64-bit Arm that runs, emulated, on an x86-64 Debian 12:
#
#     prepare.sh FOLDER
#
# Afterwards FOLDER/java/bin/java is a Java like any other, for "mvn -Djvm=…" too. Everything comes
# from the machine's own sources of Debian packages and lies in FOLDER: no package is installed, the
# state of apt and dpkg stays as it is, and root is not needed. A second run has nothing to do.
#
# The processor is a Neoverse N1, which has no SVE, unless the environment names another one:
# QEMU_CPU=max,sve-default-vector-length=32 has SVE of 256 bits. One of before Armv8.1, such as
# cortex-a72, is no use: DJL's native library needs the atomic instructions of Armv8.1.
set -euo pipefail

if [ "$#" -ne 1 ]; then
  echo "usage: $0 FOLDER" >&2
  exit 2
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)

# A folder that another version of this script made, or only half of one, is made anew.
recipe=$(sha256sum < "$0")
if [ "$(cat "$folder/prepared" 2> /dev/null)" = "$recipe" ]; then
  exit 0
fi
rm -rf "$folder/prepared" "$folder/apt" "$folder/root" "$folder/java"

# An apt that knows the machine's sources, but believes that nothing is installed: so it finds all
# that Java needs by itself, and there is nothing that it could break.
host=$(dpkg --print-architecture)
apt=$folder/apt
mkdir -p "$apt"/{lists,archives}/partial
: > "$apt/status"
cat > "$apt/apt.conf" << CONF
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Cache::archives "$apt/archives";
Dir::Log "$apt";
APT::Architecture "arm64";
#clear APT::Architectures;
APT::Architectures { "arm64"; "$host"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONF
apt-get -qq -c "$apt/apt.conf" update
apt-get -qq -c "$apt/apt.conf" install --yes --download-only --no-install-recommends \
  openjdk-17-jre-headless
(cd "$apt" && apt-get -qq -c "$apt/apt.conf" download "qemu-user-static:$host")

root=$folder/root
mkdir "$root"
for package in "$apt"/archives/*.deb; do
  dpkg-deb --extract "$package" "$root"
done
dpkg-deb --fsys-tarfile "$apt"/qemu-user-static_*.deb |
  tar -x -C "$folder" --strip-components=3 ./usr/bin/qemu-aarch64-static
rm -r "$apt"

# The emulator looks for a file below root first, but the kernel, which knows of no other root,
# follows the links: an absolute one would lead to the machine's own file.
find "$root" -type l -lname '/*' | while read -r link; do
  ln -sfn --relative "$root$(readlink "$link")" "$link"
done

# Where Linux tells which Arm processor this is. Without the file oneDNN complains on standard error.
identification=$root/sys/devices/system/cpu/cpu0/regs/identification
mkdir -p "$identification"
echo 0x00000000413fd0c1 > "$identification/midr_el1"

# The launcher becomes a script, so that a process that a test starts is emulated as well. Java
# would start it through a helper program of its own, which the kernel could not run, and spend
# more time in the second compiler than that saves.
jvm=$root/usr/lib/jvm/java-17-openjdk-arm64
mv "$jvm/bin/java" "$jvm/bin/java.arm64"
cat > "$jvm/bin/java" << 'SCRIPT'
#!/bin/sh
bin=$(dirname "$(readlink -f "$0")")
root=$(readlink -f "$bin/../../../../..")
export QEMU_CPU="${QEMU_CPU:-neoverse-n1}"
exec "$root/../qemu-aarch64-static" -L "$root" "$bin/java.arm64" \
  -XX:TieredStopAtLevel=1 -Djdk.lang.Process.launchMechanism=VFORK "$@"
SCRIPT
chmod +x "$jvm/bin/java"
ln -s --relative "$jvm" "$folder/java"

"$folder/java/bin/java" -version
echo "$recipe" > "$folder/prepared"
