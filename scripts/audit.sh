#!/usr/bin/env bash
# audit.sh [FILE...]   looks up known vulnerabilities of all that the requirements files pin
#
# It asks osv.dev, which has the advisories of PyPI and GitHub among others, and sends it the names
# and versions alone. Where osv.dev cannot be reached it says so and ends well, unless
# AUDIT_REQUIRED=1. AUDIT_SERVICE asks another address.
#
# pip-audit has an environment of its own, made when it is missing: it brings a pip and 15 more
# packages that nothing else here needs.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VENV=.local/audit
readonly SERVICE=${AUDIT_SERVICE:-https://api.osv.dev/v1/query}

# Vulnerabilities that do not concern us, one a line: an id, and after # why. There are none.
readonly IGNORED=()

scripts/own_environment.sh audit

# requirements-dev.txt holds all of requirements.txt too.
files=("$@")
((${#files[@]})) || files=(requirements-dev.txt scripts/uv.txt scripts/checkov.txt scripts/audit.txt)

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
failed=0
for file in "${files[@]}"; do
  status=0
  said=$("$VENV/bin/python" -m pip_audit --progress-spinner off --disable-pip --require-hashes \
    --vulnerability-service osv --osv-url "$SERVICE" --format columns --desc on \
    ${IGNORED[@]+"${IGNORED[@]/#/--ignore-vuln=}"} -r "$file" 2>"$answer") || status=$?
  if ((status == 0)); then
    echo "$file: no known vulnerability"
  elif [[ -n $said ]]; then
    printf '%s:\n%s\n' "$file" "$said"
    failed=1
  elif grep -qE '(ConnectionError|Timeout|ConnectionRefused|NameResolution)' "$answer"; then
    echo "not audited: the advisories at $SERVICE cannot be reached from here" >&2
    exit "$((failed | ${AUDIT_REQUIRED:-0}))"
  else
    cat "$answer" >&2
    exit 2
  fi
done
exit "$failed"
