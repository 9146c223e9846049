# Every target sets up .venv first, once, and again when a requirement changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FUZZ_SECONDS ?= 60
PACKAGES := detectors association tracker tools configs

.PHONY: demo test quick same lint types layers unit fast page browser screenshots pictures notebooks coverage fuzz audit site clean

demo: $(READY)
	$(BIN)/siamlink demo --output demo --overwrite

test: lint types layers unit

# the checks, and the tests that are not marked slow: about 90 seconds of CPU
quick: lint types layers fast

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# mypy finds the packages under their installed names through links; two processes check them
types: $(READY)
	$(BIN)/mypy -n 2 -p siamlink.detectors -p siamlink.association -p siamlink.tracker -p siamlink.tools
	MYPYPATH=website:$(MYPYPATH) $(BIN)/mypy website

layers: $(READY)
	$(BIN)/lint-imports

# slow tests in which time counts run one after the other; their files are named, as reading all takes half a minute
unit: $(READY)
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not (slow and alone)"
	$(BIN)/python -m pytest -q -m "slow and alone" $$(grep -rl pytest.mark.alone tests)

fast: $(READY)
	$(BIN)/python -m pytest -q -n 2 -m "not slow" --hypothesis-profile=quick

.PHONY: dist release-check
# the sdist and the wheel, in dist/
dist: $(READY)
	rm -rf dist
	mkdir -p build
	$(BIN)/python -m build --outdir dist . > build/dist.log 2>&1 || { cat build/dist.log; exit 1; }
	$(BIN)/twine check --strict dist/*

# the wheel installed with all that it requires into a new environment, and used there without the repository
release-check: dist
	$(BIN)/python tests/release/check.py dist

# the program and the style of the report, from their source; needs Node.js and npm
page:
	npm --prefix tools/report/page ci --ignore-scripts --no-audit --no-fund
	npm --prefix tools/report/page run build

# the report in Chromium, and whether its program is what the source gives; says what could not be tested
browser: $(READY)
	tests/browser/run

# pictures of the report of a synthetic street, in light and dark, wide and narrow, to be looked at in build/screenshots
screenshots: $(READY)
	rm -rf build/screenshots
	$(BIN)/siamlink demo --output build/screenshots
	$(BIN)/siamlink track build/screenshots/street --output build/screenshots/linked --no-video
	$(BIN)/siamlink report build/screenshots/linked/street.txt
	npm --prefix tests/browser ci --ignore-scripts --no-audit --no-fund
	node tests/browser/screenshots.js build/screenshots/linked/street.html build/screenshots

# the documentation as web pages, in build/site; a link that leads nowhere is an error
site: export NO_MKDOCS_2_WARNING := 1
site: $(READY)
	$(BIN)/mkdocs build --strict --quiet

# the pictures of the documents that show how it works, and the clip of the README
pictures: $(READY)
	$(BIN)/siamlink study pictures --output docs --overwrite

# runs the notebooks of docs/notebooks and stores their outputs in them
notebooks: $(READY)
	$(BIN)/python tests/run_notebooks.py write

# SHA-256 of the tracks of the sequences in SIAMLINK_DATA, compared with an earlier list: make same BEFORE=earlier.txt
same: $(READY)
	rm -f .same.txt
	$(BIN)/python tests/same.py write .same.txt
	$(if $(BEFORE),$(BIN)/python tests/same.py compare $(BEFORE) .same.txt)

# fails below 90 % of lines; programs that tests start are not counted, as most of them end by a signal or on a full disk
coverage: export COVERAGE_FILE := $(CURDIR)/.coverage
coverage: $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[coverage]'
	$(BIN)/python -m coverage run -m pytest
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

# each target for FUZZ_SECONDS; findings are in fuzz/ and can be run again: python tests/fuzz/fuzz.py TARGET FILE
fuzz: $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[fuzz]'
	@for corpus in tests/fuzz/corpus/*; do target=$$(basename $$corpus); mkdir -p fuzz/$$target; \
	  echo "$$target: $(FUZZ_SECONDS) s"; \
	  $(BIN)/python tests/fuzz/fuzz.py $$target -max_total_time=$(FUZZ_SECONDS) -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=fuzz/$$target- fuzz/$$target $$corpus || exit 1; done

# looks up every installed package in an advisory database; an unknown package counts as a failure
audit: $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[audit]'
	$(BIN)/python -m pip freeze --exclude-editable > .audit.txt
	@$(BIN)/pip-audit --strict --no-deps --disable-pip --timeout 15 -r .audit.txt || { \
	  echo "audit: a package above has a known fault, or is unknown to the advisory database, or the database cannot be reached"; \
	  exit 1; }

types: export MYPYPATH := $(VENV)/types

# without bytecode, as most of it is of modules that are never imported: a minute of CPU
$(READY): setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "siamlink needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable '.[dev]'
	mkdir -p $(VENV)/types/siamlink
	for package in $(PACKAGES); do ln -sfn ../../../$$package $(VENV)/types/siamlink/$$package; done
	touch $(READY)

clean:
	rm -rf $(VENV) build dist *.egg-info demo fuzz .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.* .same.txt \
	  .audit.txt tools/report/page/node_modules tests/browser/node_modules
