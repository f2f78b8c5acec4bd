#!/usr/bin/env bash
# Builds and runs small programs that use what would be published, and nothing else of this checkout:
#
#     tools/release/bundle.sh --unsigned
#     tools/consumers/run.sh [JAVA_HOME...]     # with each of these JDKs, or with the one of the environment
#
# The bundle is a repository, as a registry would be, and the local repository is a new one, so that no build of this
# machine helps. What others published comes from ~/.m2/repository where it is there, else from where Maven gets it.
# A program is right if it says of the picture of an owl that it is one. Needs curl.
set -euo pipefail
cd "$(dirname "$0")/../.."

bundle=$(ls target/zsic-*-bundle.zip)
version=${bundle#target/zsic-}
version=${version%-bundle.zip}
picture=$PWD/zsic-sample-app/src/main/resources/static/examples/owl.png
work=$(mktemp -d)
server=
end() {
  [ -z "$server" ] || kill "$server" 2> /dev/null || true
  rm -rf "$work"
}
trap end EXIT

mkdir "$work/bundle"
(cd "$work/bundle" && jar -xf "$OLDPWD/$bundle")
repository() { # id, folder
  cat << XML
        <repository>
          <id>$1</id>
          <url>file://$2</url>
          <releases><checksumPolicy>${3:-fail}</checksumPolicy></releases>
          <snapshots><enabled>false</enabled></snapshots>
        </repository>
XML
}
all=$(repository bundle "$work/bundle")
if [ -d ~/.m2/repository ]; then
  # A local repository keeps no checksums of some files.
  all="$all
$(repository shared ~/.m2/repository ignore)"
fi
cat > "$work/settings.xml" << XML
<settings>
  <localRepository>$work/repository</localRepository>
  <profiles>
    <profile>
      <id>bundle</id>
      <repositories>
$all
      </repositories>
      <pluginRepositories>
${all//repository>/pluginRepository>}
      </pluginRepositories>
    </profile>
  </profiles>
  <activeProfiles><activeProfile>bundle</activeProfile></activeProfiles>
</settings>
XML

# The sources are those that the documentation shows.
cp -r tools/consumers "$work/programs"
mkdir -p "$work/programs/core/src/main/java"
awk '/^<!-- Compiled and run by ReadmeTests/ { found = 1 } found && /^```$/ { exit } found && code { print } /^```java$/ { code = found }' \
  README.md > "$work/programs/core/src/main/java/Triage.java"
awk '/^A Spring Boot 4.1 application then adds/ { found = 1 } found && /^```$/ { exit } found && code { print } /^```xml$/ { code = found }' \
  README.md | sed "s/0\.1\.0-SNAPSHOT/$version/; s/linux-x86_64/\${libtorch.platform}/" > "$work/snippet"
sed -i -e "/<!-- README -->/{r $work/snippet
d}" "$work/programs/mvc/pom.xml"
for program in mvc webflux; do
  mkdir -p "$work/programs/$program/src/main/java/io/github/zsic/example"
  cp -r "docs/example/src/main/java/io/github/zsic/example/$program" "$work/programs/$program/src/main/java/io/github/zsic/example/"
done

case $(uname -sm) in
  'Linux aarch64') platform=linux-aarch64 ;;
  Darwin*) platform=osx-aarch64 ;;
  *) platform=linux-x86_64 ;;
esac
maven() {
  mvn -q -B -s "$work/settings.xml" -Dzsic.version="$version" -Dlibtorch.platform="$platform" "$@"
}

expect() { # what, what was printed
  if ! grep -q "owl" <<< "$2"; then
    echo "FAILED $1: $2"
    exit 1
  fi
  echo "passed $1"
}

java_program() { # name, main class
  (cd "$work/programs/$1" && maven clean compile org.apache.maven.plugins:maven-dependency-plugin:3.9.0:build-classpath -Dmdep.outputFile="$work/classpath")
  expect "$1, $jdk" "$("$JAVA_HOME/bin/java" -cp "$work/programs/$1/target/classes:$(cat "$work/classpath")" "$2" "$picture" \
    2> "$work/log" | tail -n 1 || cat "$work/log")"
}

server_program() { # name
  (cd "$work/programs/$1" && maven clean package)
  "$JAVA_HOME/bin/java" -jar "$work/programs/$1/target/application.jar" --server.port=0 > "$work/log" 2>&1 &
  server=$!
  for ((i = 0; i < 120; i++)); do
    port=$(sed -n 's/.* started on port \([0-9]*\).*/\1/p' "$work/log")
    if [ -n "$port" ] || ! kill -0 "$server" 2> /dev/null; then
      break
    fi
    sleep 1
  done
  answer=
  if [ -n "$port" ]; then
    answer=$(curl -s "http://localhost:$port/triage" -F "picture=@$picture")
  fi
  kill "$server" 2> /dev/null || true
  wait "$server" || true
  server=
  expect "$1, $jdk" "${answer:-$(tail -n 40 "$work/log")}"
}

if [ $# = 0 ]; then
  set -- "${JAVA_HOME:-$(java -XshowSettings:properties -version 2>&1 | sed -n 's/ *java.home = //p')}"
fi
for home in "$@"; do
  export JAVA_HOME=$home
  jdk="JDK $("$home/bin/java" -XshowSettings:properties -version 2>&1 | sed -n 's/ *java.version = //p')"
  java_program core Triage
  java_program kotlin TriageKt
  server_program mvc
  server_program webflux
done

# What was used is what would be published.
(cd "$work/bundle" && find . -name '*.jar' ! -name '*-sources.jar' ! -name '*-javadoc.jar') | while read -r jar; do
  if [ -f "$work/repository/$jar" ]; then
    cmp "$work/bundle/$jar" "$work/repository/$jar"
  fi
done
