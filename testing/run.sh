#!/usr/bin/env bash
# Installs, builds, and passes every test. Benchmarks are left out: ctest --preset release -L benchmark
set -euo pipefail
cd "$(dirname "$0")/.."

bash apps/install-packages.sh browser
cmake --preset release >/dev/null
cmake --build --preset release
ctest --preset release -LE benchmark -j "$(nproc)"
