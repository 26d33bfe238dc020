#!/usr/bin/env bash
# Makes sure that there is a Chromium for the browser tests: the system's, else Playwright's own.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly STAMP=.venv/.installed-chromium

if command -v chromium >/dev/null || [[ -e $STAMP ]]; then exit 0; fi
printf 'Chromium … '
if .venv/bin/python -m playwright install chromium >/dev/null 2>&1; then
  touch "$STAMP"
elif command -v apt-get >/dev/null && [[ $(id -u) == 0 ]]; then
  { apt-get update -q && apt-get install -y -q chromium; } >/dev/null
else
  printf '\nchromium: install it with the package manager of this system\n' >&2
  exit 1
fi
echo done
