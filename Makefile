# Set up, try out, check. `make` alone lists the targets; nothing outside this folder changes, system packages aside.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

PORT ?= 8080
DATA ?= var/demo
SIMULATE ?= all
ARGS ?=
SEEDS ?= 20
ROOMS := tests/messaging tests/gateway tests/contract tests/partners

PY := .venv/bin/python
BROWSER_PARTS := package.json package-lock.json gateway/web/vendoring.py

COMPILE := .venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1

.PHONY: help setup demo test test-real test-packages check format faults bench lock clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

setup: .venv/.packages .venv/.browser-parts ## Python packages into .venv, browser parts into gateway/web/static/vendor

demo: setup ## everything embedded on sample data with simulated partners; PORT=8080 DATA=var/demo SIMULATE=all|none|CODE,CODE
	@exec $(PY) main.py demo --port $(PORT) --data "$(DATA)" --simulate $(SIMULATE)

test: setup test-packages ## every test (real browser and all) and stories and faults on the real stack; ARGS="tests/rules -k calendar" narrows it
	@if test -n "$(ARGS)"; then CHROMIUM="$$(.ci/chromium)" $(PY) -m pytest $(ARGS); else .ci/test; fi

test-real: setup test-packages ## rooms, stories and faults on PostgreSQL and RabbitMQ; ARGS="tests/stories" narrows it
	@CHROMIUM="$$(.ci/chromium)" TONGBAN_TEST_STACK=real $(PY) -m pytest $(if $(ARGS),$(ARGS),$(ROOMS) tests/stories tests/faults)

test-packages: # what tests need from the system
	@.ci/packages chromium fonts curl openssl postgresql rabbitmq

check: setup ## style, types, import contracts and guards of the house, in under a minute
	@echo "ruff: style and formatting"
	@$(PY) -m ruff check --quiet --output-format concise .
	@$(PY) -m ruff format --check --quiet . || { echo "Not formatted; run: make format" >&2; exit 1; }
	@echo "mypy: strict types"
	@$(PY) -m mypy --no-error-summary
	@echo "import-linter: who may import whom"
	@.venv/bin/lint-imports --no-logo
	@echo "pytest: guards of the house"
	@$(PY) -m pytest -q tests/house

format: setup ## rewrite Python files in the agreed form
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format --quiet .

faults: setup test-packages ## kill -9, full disks, bad lines: every fault point with SEEDS=20 seeds
	@FAULT_SEEDS=$(SEEDS) CHROMIUM="$$(.ci/chromium)" $(PY) -m pytest -o faulthandler_timeout=3600 tests/faults tests/gateway/proof $(ARGS)
	@FAULT_SEEDS=$(SEEDS) TONGBAN_TEST_STACK=real $(PY) -m pytest -o faulthandler_timeout=3600 tests/faults tests/benchmarks $(ARGS)

bench: setup test-packages ## measure machine, yardsticks and product, and write bench.json; ARGS="--long" or "--only flows,latency"
	@CHROMIUM="$$(.ci/chromium)" $(PY) -m tests.benchmarks.bench --out bench.json $(ARGS)

lock: .venv/.packages ## write both lock files anew from pyproject.toml, newest versions that its ranges allow
	@test -x .venv/lock/bin/uv || { $(PY) -m venv .venv/lock && .venv/lock/bin/pip install -qq 'uv>=0.13,<0.14'; }
	@$(COMPILE) --upgrade --extra dev -o requirements.lock pyproject.toml
	@$(COMPILE) --no-annotate -c requirements.lock -o docker/requirements.lock pyproject.toml
	@echo "requirements.lock and docker/requirements.lock are written; run make setup, make check and make test before committing them"

clean: ## remove what setup and the tools made; data under var/ stays
	@rm -rf .venv node_modules gateway/web/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: each step runs again only when what it was made from has changed.

.venv/bin/pip:
	@python="$$(.ci/python)"; .ci/packages venv; echo "Making .venv with $$python"; "$$python" -m venv --clear .venv

.venv/.packages: requirements.lock | .venv/bin/pip
	@echo "Installing the Python packages of requirements.lock into .venv"
	@$(PY) -m pip install -qq --require-hashes -r requirements.lock \
		|| { echo "pip could not install the packages: it needs a package index (network, or pip's own settings for a mirror)" >&2; exit 1; }
	@touch $@

.venv/.browser-parts: $(BROWSER_PARTS) .venv/.packages
	@echo "Fetching the browser parts of package-lock.json"
	@$(PY) -m gateway.web.vendoring
	@touch $@
