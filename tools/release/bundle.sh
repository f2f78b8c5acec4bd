#!/usr/bin/env bash
# Makes what would be released, target/zsic-VERSION-bundle.zip, and holds it against the rules of Maven Central:
#
#     tools/release/bundle.sh               # signed: by gpg, or with the key in MAVEN_GPG_KEY and its MAVEN_GPG_PASSPHRASE
#     tools/release/bundle.sh --unsigned    # to look at it
#
# docs/releasing.md tells more.
set -euo pipefail
cd "$(dirname "$0")/../.."

umask 022
profiles=release,sign
options=()
if [ "${1:-}" = --unsigned ]; then
  profiles=release
elif [ -n "${MAVEN_GPG_KEY:-}" ]; then
  options+=(-Dgpg.signer=bc)
  # To verify with.
  printf '%s' "$MAVEN_GPG_KEY" | gpg --batch --quiet --import
fi
# Without what is not published, which takes a third of the time.
mvn -B -q -P"$profiles" "${options[@]}" -DskipTests -pl '!zsic-sample-app,!docs/example' clean verify
bundle=$(ls target/zsic-*-bundle.zip)
java tools/release/CheckBundle.java "$@" "$bundle"
echo "$bundle"
