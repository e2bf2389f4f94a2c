# Two commands matter: `make demo` shows the whole story, `make test` checks everything CI checks.
PYTHON ?= python3
# The version with a CPU build for Python 3.11 that the tests were written against; any torch >= 2.4 works.
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
# A second huggingface_hub, because ComfyUI installs are found with anything from 0.36 to 2.x.
OLD_HUB := .cache/huggingface_hub-0.36

.PHONY: setup demo test check unit hub-clients web fix bench clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml requirements.txt Makefile
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); }
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(BIN)/pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@

demo: setup
	$(BIN)/modelget demo --keep demo-comfyui

test: check unit hub-clients web

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32
	$(BIN)/mypy --platform darwin
	$(BIN)/lint-imports

unit: setup
	$(BIN)/pytest -n auto

$(OLD_HUB)/.ready:
	$(BIN)/pip install --quiet --disable-pip-version-check --target $(OLD_HUB) "huggingface_hub==0.36.2"
	@touch $@

hub-clients: setup $(OLD_HUB)/.ready
	PYTHONPATH=$(OLD_HUB) $(BIN)/pytest -n auto -m hub_client

web:
	@ls tests/web/*.test.js >/dev/null 2>&1 && node --test tests/web/*.test.js || true

fix: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .cache demo-comfyui
