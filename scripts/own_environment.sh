#!/usr/bin/env bash
# own_environment.sh NAME   makes .local/NAME from scripts/NAME.txt where it is missing or older
#
# For tools whose packages nothing else here needs, or would not bear beside its own.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly LOCK=scripts/$1.txt VENV=.local/$1
readonly STAMP=$VENV/.installed-$1.txt

install() {
  if [[ -x .venv/bin/uv ]]; then
    .venv/bin/uv pip install --quiet --python "$VENV/bin/python" --require-hashes -r "$LOCK"
  else
    "$VENV/bin/python" -m pip install --quiet --require-hashes -r "$LOCK"
  fi
}

if ! cmp -s "$LOCK" "$STAMP"; then
  rm -rf "$VENV"
  .venv/bin/python -m venv "$VENV"
  install >&2
  cp "$LOCK" "$STAMP"
fi
