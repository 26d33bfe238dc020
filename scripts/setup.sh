#!/usr/bin/env bash
# Sets up what is missing, and only that: .venv from requirements-dev.txt, node_modules of the
# sandbox from its package-lock.json, and what the page takes from npm, bundled. What was installed
# is kept beside the result as a copy of its lock file, so a run with nothing to do compares files
# and ends.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VENV=.venv
readonly UV_STAMP=$VENV/.installed-uv.txt
readonly PYTHON_STAMP=$VENV/.installed-requirements-dev.txt
readonly AZURITE=sandbox/node_modules/.installed-package-lock.json
readonly BUNDLE=web/built/.installed-package-lock.json
readonly OLDEST_NODE=20

fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

begin() {
  printf '[%s/4] %s … ' "$1" "$2"
  SECONDS=0
}

end() { printf 'done in %s s%s\n' "$SECONDS" "${1:+ ($1)}"; }

# Runs a command quietly; shows what it said only when it fails.
quietly() {
  local said status=0
  said=$("$@" 2>&1) || status=$?
  if ((status)); then printf '\n%s\n' "$said" >&2; fi
  return "$status"
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# The first that runs, is new enough and can make environments. Azure Functions runs 3.11-3.13,
# so these come before whatever newer version python3 may be.
find_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.11 python3 python; do
    if is_new_enough "$candidate" && "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  fail "Python 3.11 or newer with its venv module is needed, and none was found." \
    "  macOS: brew install python@3.13" \
    "  Debian, Ubuntu: sudo apt install python3 python3-venv" \
    "  others: https://www.python.org/downloads/"
}

make_environment() {
  local python
  if is_new_enough "$VENV/bin/python" && cmp -s scripts/uv.txt "$UV_STAMP"; then return; fi
  is_new_enough "$VENV/bin/python" || python=$(find_python)
  begin 1 "virtual environment"
  if [[ -n ${python:-} ]]; then
    rm -rf "$VENV"
    quietly "$python" -m venv "$VENV"
  fi
  # uv only makes the next step faster: without it pip does the same work.
  "$VENV/bin/python" -m pip install --quiet --require-hashes -r scripts/uv.txt >/dev/null 2>&1 || true
  cp scripts/uv.txt "$UV_STAMP"
  end "$("$VENV/bin/python" --version)"
}

install_with_uv() {
  [[ -x $VENV/bin/uv ]] &&
    VIRTUAL_ENV=$PWD/$VENV "$VENV/bin/uv" pip install --quiet --require-hashes \
      -r requirements-dev.txt >/dev/null 2>&1
}

install_with_pip() {
  quietly "$VENV/bin/python" -m pip install --quiet --require-hashes -r requirements-dev.txt
}

install_python_packages() {
  if cmp -s requirements-dev.txt "$PYTHON_STAMP"; then return; fi
  begin 2 "Python packages"
  if install_with_uv; then
    cp requirements-dev.txt "$PYTHON_STAMP"
    end uv
  elif install_with_pip; then
    cp requirements-dev.txt "$PYTHON_STAMP"
    end pip
  else
    fail "The Python packages could not be installed; the reason is above."
  fi
}

check_node() {
  local version
  version=$(node --version 2>/dev/null) || version=v0
  version=${version#v}
  if ((${version%%.*} < OLDEST_NODE)) || ! command -v npm >/dev/null; then
    fail "Node $OLDEST_NODE or newer with npm is needed; found ${version/#0/none}." \
      "  macOS: brew install node" \
      "  others: https://nodejs.org/en/download"
  fi
}

install_node_packages() {
  quietly npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error ||
    fail "The Node packages could not be installed; the reason is above."
}

install_azurite() {
  if cmp -s sandbox/package-lock.json "$AZURITE"; then return; fi
  check_node
  begin 3 "Azurite"
  install_node_packages sandbox
  cp sandbox/package-lock.json "$AZURITE"
  end "Node $(node --version)"
}

# Changes of web/calendar/ alone need `npm run build --prefix web`.
bundle_page() {
  if cmp -s web/package-lock.json "$BUNDLE"; then return; fi
  check_node
  begin 4 "the page's calendar"
  install_node_packages web
  quietly npm run --silent --prefix web build || fail "The page's calendar could not be bundled."
  cp web/package-lock.json "$BUNDLE"
  end
}

[[ -e $AZURITE ]] || check_node  # before the long steps, not after them
make_environment
install_python_packages
install_azurite
bundle_page
