#!/usr/bin/env bash
# Runs the commands of the documentation, those that the tests leave out because they need Python or take long, too:
# the ones marked "check.sh:" in exceptions.txt beside this file. What they print is compared with what the pages show.
# Usage: tools/docs/check.sh <python with torch, torchvision, transformers, huggingface_hub 1.33.0 and openai>
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(command -v "${1:?the path of a Python that has torch, torchvision, transformers, huggingface_hub and openai}")
exec mvn -B -pl zsic-sample-app -am test -Dtest=DocumentationSnippetTests -Dsurefire.failIfNoSpecifiedTests=false \
  -Dzsic.docs.python="$python"
