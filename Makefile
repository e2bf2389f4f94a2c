# Two commands matter: `make demo` shows the whole story, `make test` checks everything CI checks.
PYTHON ?= python3
# The version with a CPU build for Python 3.11 that the tests were written against; any torch >= 2.4 works.
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
# ComfyUI installs are found with anything from 0.36 to 2.x; the virtual environment has the newest.
OLDER_HUBS := 0.36.2 1.33.0

.PHONY: setup demo test check panel unit browser chromium host-test hub-clients soak live gpu-test fix bench clean
.PRECIOUS: .cache/huggingface_hub-%/.ready

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml requirements.txt Makefile
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); }
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(BIN)/pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@

demo: setup
	$(BIN)/modelget demo --keep demo-comfyui

test: check panel hub-clients unit browser

check: setup .cache/pack/comfyui_modelget
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32
	$(BIN)/mypy --platform darwin
	PYTHONPATH=.cache/pack $(BIN)/lint-imports

# The repository is itself a package, under whatever name it was cloned; checkers need to know one.
.cache/pack/comfyui_modelget:
	mkdir -p $(@D)
	ln -sfn ../.. $@

# The panel is plain modules: types by JSDoc, and what needs no page by Node's own test runner.
panel: node_modules/.ready
	npx tsc --project .
	node --test tests/web/

node_modules/.ready: package.json package-lock.json
	@command -v npm >/dev/null || { apt-get update -qq && apt-get install -y -qq nodejs npm; }
	npm ci --no-audit --no-fund --silent
	@touch $@

unit: setup
	$(BIN)/pytest -n auto --ignore tests/browser

# The panel in ComfyUI's real page. A file's tests share a host, so they stay together.
browser: setup chromium
	$(BIN)/pytest -n auto --dist loadfile tests/browser

chromium:
	@test -n "$$MODELGET_CHROMIUM" || command -v chromium || command -v chromium-browser || command -v google-chrome || \
	  if command -v apt-get && test "$$(id -u)" = 0; then apt-get update -qq && apt-get install -y -qq chromium; \
	  else echo "The browser's tests need Chromium: install it, or name one in MODELGET_CHROMIUM"; exit 2; fi >&2

# The same contract against a real ComfyUI: make host-test COMFYUI_DIR=… COMFYUI_PYTHON=…
host-test: setup chromium
	@test -f "$(COMFYUI_DIR)/main.py" || { echo "COMFYUI_DIR must name the folder with ComfyUI's main.py"; exit 2; }
	COMFYUI_DIR=$(abspath $(COMFYUI_DIR)) COMFYUI_PYTHON=$(COMFYUI_PYTHON) $(BIN)/pytest tests/host tests/browser

.cache/huggingface_hub-%/.ready: | setup
	$(BIN)/pip install --quiet --disable-pip-version-check --target $(@D) "huggingface_hub==$*"
	@touch $@

hub-clients: $(OLDER_HUBS:%=hub-client-%)

hub-client-%: .cache/huggingface_hub-%/.ready
	PYTHONPATH=$(<D) $(BIN)/pytest -n auto -m hub_client

# What depends on chance (kills, power cuts, faults in any order), for hours instead of seconds.
soak: setup
	$(BIN)/pytest -n auto --soak tests/faults

# The places as they are: one small public file each. Needs the network, and is no part of `make test`.
live: setup
	$(BIN)/pytest -n auto -m live -rs tests/live

# Needs a CUDA build of torch (TORCH=…); without a device all is skipped, and why is said.
gpu-test: setup
	$(BIN)/pytest -m gpu tests/gpu

fix: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .cache node_modules demo-comfyui
