#!/usr/bin/env bash
# Makes a Java for 64-bit Arm that runs on an x86-64 Debian, under emulation:
#
#     prepare.sh FOLDER
#
# Afterwards FOLDER/java/bin/java is a Java like any other. Everything comes from the machine's own
# sources of Debian packages and lies in FOLDER: no package is installed, apt's and dpkg's state
# stays as it is, and root is not needed. A second run has nothing to do.
set -euo pipefail

if [ "$#" -lt 1 ]; then
  echo "usage: $0 FOLDER" >&2
  exit 2
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
host=$(dpkg --print-architecture)

# What Java loads when it is used (fonts, colours) is only recommended by its package, or not at all.
packages=(openjdk-17-jre-headless libstdc++6 libgomp1 libfreetype6 libfontconfig1 libharfbuzz0b
  liblcms2-2 libjpeg62-turbo)

done=$folder/.prepared
recipe=$(cat "$0" | sha256sum)
if [ -f "$done" ] && [ "$(cat "$done")" = "$recipe" ]; then
  exit 0
fi
rm -rf "$folder/apt" "$folder/root" "$folder/java" "$done"

# An apt that knows the sources of this machine, but believes that no package is installed.
mkdir -p "$folder"/apt/{lists,archives}/partial
: > "$folder/apt/status"
cat > "$folder/apt/apt.conf" <<CONF
Dir::State "$folder/apt";
Dir::State::lists "$folder/apt/lists";
Dir::State::status "$folder/apt/status";
Dir::State::extended_states "$folder/apt/extended_states";
Dir::Cache "$folder/apt";
Dir::Cache::archives "$folder/apt/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Log "$folder/apt";
#clear APT::Architectures;
APT::Architecture "arm64";
APT::Architectures { "arm64"; "$host"; };
APT::Get::AllowUnauthenticated "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
CONF
private_apt() {
  APT_CONFIG=$folder/apt/apt.conf apt-get -q "$@"
}

private_apt update
private_apt install --yes --download-only --no-install-recommends "${packages[@]}"
mkdir "$folder/root"
for package in "$folder"/apt/archives/*.deb; do
  dpkg-deb --extract "$package" "$folder/root"
done
(cd "$folder/apt" && private_apt download "qemu-user-static:$host")
dpkg-deb --fsys-tarfile "$folder"/apt/qemu-user-static_*.deb |
  tar -x -C "$folder" --strip-components=3 ./usr/bin/qemu-aarch64-static
rm -rf "$folder/apt"

# The emulator looks for files below root first, but leaves links to the kernel, which knows of no
# other root: an absolute link would lead to the machine's own file.
find "$folder/root" -type l -lname '/*' | while read -r link; do
  ln -sfn --relative "$folder/root$(readlink "$link")" "$link"
done

# The launcher that Maven and tests start, themselves perhaps in this Java, becomes a script. The
# second compiler is left out, as it takes longer than it gains; processes are started without
# the helper program, which the kernel could not run.
jvm=$folder/root/usr/lib/jvm/java-17-openjdk-arm64
mv "$jvm/bin/java" "$jvm/bin/java.arm64"
cat > "$jvm/bin/java" <<'SCRIPT'
#!/bin/sh
bin=$(dirname "$(readlink -f "$0")")
root=$bin/../../../../..
exec "$root/../qemu-aarch64-static" -L "$root" "$bin/java.arm64" \
  -XX:TieredStopAtLevel=1 -Djdk.lang.Process.launchMechanism=VFORK "$@"
SCRIPT
chmod +x "$jvm/bin/java"
ln -s --relative "$jvm" "$folder/java"

"$folder/java/bin/java" -version
echo "$recipe" > "$done"
