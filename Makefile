# Two commands do all the set-up: `make demo` runs the bridge, `make test` proves it.
.DEFAULT_GOAL := help
.PHONY: help demo test chaos check fmt venv bench lock clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
PACKAGES := bridge adapters storage
ARGS ?=
# Many tests wait for a process or a server: twice as many at once as there are cores.
WORKERS := $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN))

help: ## Show the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-7s %s\n", $$1, $$2}'

# What the bridge needs to run, and, on top, what its developers need, among it the sources of the
# package that has the examples of CommonMark. Each stamp is renewed only when its lock file changes,
# so that a second call starts at once.
$(VENV)/.runtime: requirements.lock pyproject.toml
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "b24bridge needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.developer: requirements-dev.lock $(VENV)/.runtime
	@$(PIP) --require-hashes -r requirements-dev.lock
	@sed -n '/^markdown-it-py==/,/[^\\]$$/p' requirements-dev.lock > $(VENV)/sources.lock
	@$(BIN)/python -m pip --disable-pip-version-check --quiet download --require-hashes --no-deps \
		--no-binary :all: --no-build-isolation -r $(VENV)/sources.lock --dest $(VENV)/sources
	@touch $@

venv: $(VENV)/.developer ## Build the environment alone

demo: $(VENV)/.runtime ## Run the bridge with a sandbox portal; ARGS="--once '/b24notify @anna hi'"
	@$(BIN)/b24bridge demo $(ARGS)

test: check ## Check, then run all tests; ARGS go to pytest
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

chaos: $(VENV)/.developer ## Kill, freeze and break things for minutes, and count what is lost
	$(BIN)/python -m pytest -m chaos -s tests/chaos $(ARGS)

check: $(VENV)/.developer ## Lint, formatting, types and the walls between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

fmt: $(VENV)/.developer ## Format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.developer ## Run the benchmarks and print their ratios
	@for file in tests/benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

lock: $(VENV)/.developer ## Renew both lock files
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url pyproject.toml --group build -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url -c requirements.lock pyproject.toml --group dev \
		-o requirements-dev.lock

clean: ## Remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
