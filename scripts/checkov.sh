#!/usr/bin/env bash
# Runs checkov with the arguments given. It has an environment of its own, made when it is missing:
# it brings 95 packages that nothing else here needs, one of them an older pycep-parser than that of
# the tests. It asks no network: neither for rules nor for its newest version.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VENV=.local/checkov

scripts/own_environment.sh checkov
CKV_SKIP_PACKAGE_UPDATE_CHECK=true exec "$VENV/bin/python" -m checkov.main --skip-download "$@"
