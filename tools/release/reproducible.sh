#!/usr/bin/env bash
# Builds what is committed twice, in different folders, time zones and languages, and compares the bundles byte by byte.
# The JDK and Maven are the same in both; another JDK writes other Javadoc. So is the umask, as jars keep the modes of files.
#
#     tools/release/reproducible.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
one=$work/one
two=$work/another/folder/zsic

build() { # folder; the environment is the caller's
  git clone -q . "$1"
  (cd "$1" && mvn -B -q -Prelease -DskipTests -pl '!zsic-sample-app,!docs/example' verify)
}

umask 022
(TZ=UTC LC_ALL=C build "$one")
# To a file system that has seconds only, the second must differ.
sleep 2
(TZ=Asia/Tokyo LC_ALL=C.UTF-8 build "$two")

failed=0
count=0
while read -r file; do
  count=$((count + 1))
  if ! cmp -s "$one/target/$file" "$two/target/$file"; then
    echo "differs: $file"
    failed=1
  fi
done < <(cd "$work" && { (cd "$one/target" && find . -type f); (cd "$two/target" && find . -type f); } |
  grep -v /maven-metadata | sort -u)
if [ "$failed" = 1 ]; then
  exit 1
fi
echo "$count files, twice the same: commit $(git rev-parse --short HEAD)"
(cd "$one/target" && sha256sum zsic-*-bundle.zip)
