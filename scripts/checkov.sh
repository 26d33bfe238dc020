#!/usr/bin/env bash
# Runs checkov with the arguments given. It has an environment of its own, made when it is missing:
# it brings 95 packages that nothing else here needs, one of them an older pycep-parser than that of
# the tests. It asks no network: neither for rules nor for its newest version.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VENV=.local/checkov
readonly STAMP=$VENV/.installed-checkov.txt

install() {
  if [[ -x .venv/bin/uv ]]; then
    .venv/bin/uv pip install --quiet --python "$VENV/bin/python" --require-hashes -r scripts/checkov.txt
  else
    "$VENV/bin/python" -m pip install --quiet --require-hashes -r scripts/checkov.txt
  fi
}

if ! cmp -s scripts/checkov.txt "$STAMP"; then
  rm -rf "$VENV"
  .venv/bin/python -m venv "$VENV"
  install >&2
  cp scripts/checkov.txt "$STAMP"
fi
CKV_SKIP_PACKAGE_UPDATE_CHECK=true exec "$VENV/bin/python" -m checkov.main --skip-download "$@"
