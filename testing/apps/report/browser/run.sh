#!/usr/bin/env bash
# Installs the packages of package.json into the folder that it is called in, and runs the tests there. 77: skipped.
set -euo pipefail
source="$(cd "$(dirname "$0")" && pwd)"

if ! cmp -s "$source/package.json" package.json || [ ! -d node_modules ]; then
  rm -rf node_modules
  cp "$source/package.json" .
  if ! npm install --no-package-lock --no-audit --no-fund --ignore-scripts --silent; then
    rm -f package.json
    echo "npm cannot install the packages of $source/package.json; is there a network?"
    exit 77
  fi
fi
exec node --test "$source/report.test.mjs"
