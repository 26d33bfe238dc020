#!/usr/bin/env bash
# lock.sh           compiles the requirements files, keeping the versions that still fit
# lock.sh --check   fails when one no longer belongs to what it was compiled from (no network)
# Further arguments go to uv: lock.sh --upgrade, lock.sh --upgrade-package aiohttp
set -euo pipefail
cd "$(dirname "$0")/.."

readonly UV=.venv/bin/uv

# One line naming what a compiled file was made from. It does not depend on line endings.
fingerprint() {
  printf '# compiled from %s, sha256 ' "$*"
  cat "$@" | .venv/bin/python -c \
    'import hashlib, sys; print(hashlib.sha256("\n".join(sys.stdin.read().splitlines()).encode()).hexdigest())'
}

# compile OUTPUT SOURCE... : the first source is what uv reads, the others are what it refers to.
compile() {
  local output=$1 sources=("${@:2}")
  "$UV" pip compile --quiet --universal --generate-hashes --python-version 3.11 \
    --custom-compile-command 'make lock' "${sources[0]}" -o "$output" "${OPTIONS[@]+"${OPTIONS[@]}"}"
  { fingerprint "${sources[@]}" && cat "$output"; } >"$output.new"
  mv "$output.new" "$output"
}

check() {
  local output=$1
  shift
  [[ $(head -n 1 "$output") == "$(fingerprint "$@")" ]] && return
  echo "$output is out of date with $*: run make lock" >&2
  return 1
}

if [[ ${1:-} == --check ]]; then
  step=check
  OPTIONS=()
else
  step=compile
  OPTIONS=("$@")
fi
"$step" requirements.txt requirements.in
"$step" requirements-dev.txt requirements-dev.in requirements.in requirements.txt
"$step" scripts/uv.txt scripts/uv.in
"$step" scripts/checkov.txt scripts/checkov.in
"$step" scripts/audit.txt scripts/audit.in
