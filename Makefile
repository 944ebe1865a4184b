# Everything a person needs: `make demo` (the main job) and `make test` (all tests).
# Both set up .venv on a fresh machine with Python 3.11 or newer.

# Set on some machines; it makes every import two to three times slower.
unexport PYTHONDONTWRITEBYTECODE
# One thread per process: the engine runs one process per core.
export OMP_NUM_THREADS ?= 1

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
WORKERS ?= 2
PORT ?= 8866
PROGRAM ?= cluster
PYTEST_ARGS ?=

.PHONY: demo test fast fuzz lint bench science picture pictures docs dashboards pages serve doctor clean

demo: $(VENV)/.installed
	$(BIN)/miri-widgets demo --program $(PROGRAM) --port $(PORT)

serve: $(VENV)/.installed
	$(BIN)/miri-widgets serve --port $(PORT)

doctor: $(VENV)/.installed
	$(BIN)/miri-widgets doctor

test: $(VENV)/.installed-test
	-$(BIN)/python tests/browser/get_chromium.py
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

fast: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not browser and not pipeline" $(PYTEST_ARGS)

# Laws on examples that were never drawn before, and every trial of a parameter; other runs make the share of their day.
fuzz: $(VENV)/.installed-test
	MIRI_WIDGETS_FUZZ=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile tests/core tests/products tests/steps/test_acting.py tests/steps/test_acting_rules.py tests/steps/test_conditions.py $(PYTEST_ARGS)

lint: $(VENV)/.installed-test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/mypy miri_widgets
	$(BIN)/lint-imports

bench: $(VENV)/.installed-test
	-$(BIN)/python tests/browser/get_chromium.py
	$(BIN)/python tests/benchmarks/bench.py

science: $(VENV)/.installed-test
	$(BIN)/python tests/benchmarks/science.py

# The pictures of the README and of the gallery, of the program that `make demo` shows.
picture: $(VENV)/.installed-test
	-$(BIN)/python tests/browser/get_chromium.py
	$(BIN)/python tests/browser/gallery.py

# Every dashboard, clicked through in Chromium by Voila and in JupyterLab: hours. make dashboards DASHBOARDS="persistence --host voila"
DASHBOARDS ?=
dashboards: $(VENV)/.installed-test
	-$(BIN)/python tests/browser/get_chromium.py
	$(BIN)/python tests/browser/every_dashboard.py $(DASHBOARDS)

# The page of a finished program, opened N times beside a job and a busy core, its kernel killed before half of them.
N ?= 200
pages: $(VENV)/.installed-test
	-$(BIN)/python tests/browser/get_chromium.py
	$(BIN)/python tests/browser/open_pages.py $(N)

# The site, into build/docs/html; no network is needed. Pictures of the last `make pictures`, else the kept ones.
docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx -b html -W --keep-going -d build/docs/doctrees docs build/docs/html

# Pictures of every panel on the program "artefacts", into build/screenshots; small ones are kept in docs/pictures.
pictures: $(VENV)/.installed-test $(VENV)/.installed-docs
	MIRI_WIDGETS_PICTURES=1 $(BIN)/python -m pytest tests/browser/test_pictures.py
	$(BIN)/python docs/_ext/keep_pictures.py

clean:
	rm -rf build $(VENV)

$(BIN)/uv:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with venv was found: install one, or call make PYTHON=/path/to/python3."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(VENV)/.installed: pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --editable .
	touch $@

$(VENV)/.installed-test: pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --editable '.[test]'
	touch $@ $(VENV)/.installed

$(VENV)/.installed-docs: pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --editable '.[docs]'
	touch $@ $(VENV)/.installed
