# Python 3.11 or newer, Node 20 or newer and make are all that is assumed; everything else is set
# up by the first command that needs it.
SHELL := bash
PYTHON := .venv/bin/python
TOOL := $(PYTHON) -m
FUNCTION_APP := $(if $(wildcard function_app.py),-m function_app)

.DEFAULT_GOAL := help
.PHONY: help setup run demo test nightly soak figures bench pictures check openapi lock clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup:  ## set up what is missing (the other commands do so by themselves)
	@scripts/setup.sh

run: setup  ## start everything, play the tour, keep serving; ICS=file.ics fills the mailbox
	@$(TOOL) sandbox.tour --serve $(if $(ICS),--ics "$(ICS)")

demo: setup  ## play the tour and stop; fails if a step did not see what it should
	@$(TOOL) sandbox.tour $(if $(ICS),--ics "$(ICS)")

test: setup  ## run the tests; ARGS="-k name" goes to pytest
	@scripts/chromium.sh
	@$(TOOL) pytest -n 2 --dist worksteal $(ARGS)

nightly: setup  ## play NIGHTLY=200 random programs, and cut every flow at each of its steps
	@CRASH_POINTS=all NIGHTLY=$(or $(NIGHTLY),200) $(TOOL) pytest -n 2 --dist worksteal tests/flows/convergence \
		tests/flows/test_crash_points*.py tests/flows/test_r08_mixes.py $(ARGS)

soak: setup  ## 200 calendars, 10,000 edits, everything going wrong; SOAK_MINUTES=30, ARGS="--write"
	@$(TOOL) bench.soak $(ARGS)

figures: setup  ## `make nightly`, then `make soak`, and what they counted into docs/guarantees.md
	@mkdir -p .local
	@COUNTED=.local/counted.json $(MAKE) nightly
	@$(TOOL) bench.soak --write --counted .local/counted.json $(ARGS)

bench: setup  ## measure what docs/performance.md tells, and write it; ARGS="P1 P3" only prints those
	@$(TOOL) bench $(ARGS)

pictures: setup  ## take the pictures of docs/settings-page.md anew
	@scripts/chromium.sh
	@PICTURES=1 $(TOOL) pytest tests/browser/test_pictures.py $(ARGS)

check: setup  ## lint, formatting, types, import rules, requirements, known vulnerabilities
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy -p shared -p sandbox -p bench $(FUNCTION_APP)
	@.venv/bin/lint-imports
	@.venv/bin/bandit --quiet --configfile pyproject.toml --recursive shared function_app.py scripts
	@scripts/lock.sh --check
	@scripts/audit.sh

openapi: setup  ## write docs/openapi.json anew
	@$(PYTHON) scripts/openapi.py

lock: setup  ## compile the requirements files again; ARGS="--upgrade" takes newer versions
	@scripts/lock.sh $(ARGS)

clean:  ## remove all that was set up or made
	@rm -rf .venv sandbox/node_modules web/node_modules web/built .local .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
