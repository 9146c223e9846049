# 'make demo' and 'make test' set up everything they need in .venv, once, and again when a requirement changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PACKAGES := detectors association tracker tools configs

.PHONY: demo test lint types layers unit clean

demo: $(READY)
	$(BIN)/siamlink demo --output demo --overwrite

test: lint types layers unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# mypy finds the packages under their installed names through links
types: $(READY)
	$(BIN)/mypy -p siamlink.detectors -p siamlink.association -p siamlink.tracker -p siamlink.tools

layers: $(READY)
	$(BIN)/lint-imports

unit: $(READY)
	$(BIN)/python -m pytest

types: export MYPYPATH := $(VENV)/types

$(READY): setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "siamlink needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	mkdir -p $(VENV)/types/siamlink
	for package in $(PACKAGES); do ln -sfn ../../../$$package $(VENV)/types/siamlink/$$package; done
	touch $(READY)

clean:
	rm -rf $(VENV) build *.egg-info demo .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
