PYTHON ?= python3
BIN := .venv/bin
# The tests that need no framework, no browser and no second at length.
QUICK := not frameworks and not browser and not slow
# The tests that may run beside each other: no worker of theirs is timed.
SIDE_BY_SIDE := tests/pages $(addprefix tests/core/,data evaluation figures advice codegen)
# The installed sets leave a stamp each, so that a second call starts at once.
APP := .venv/.app
DEV := .venv/.dev
PEERS := .venv-peers/.installed
ETTH1 ?= ETTh1.csv

.PHONY: run test check lint browser pictures bench performance accuracy peers fuzz faults calibration take-away clean

run: $(APP)  ## the server on http://127.0.0.1:8501
	$(BIN)/streamlit run app.py

test: lint $(DEV)  ## everything: style, types, architecture, unit, contract, pages, browser
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not frameworks and not browser" $(SIDE_BY_SIDE)
	$(BIN)/python -m pytest -q -m "frameworks or browser" $(SIDE_BY_SIDE)
	$(BIN)/python -m pytest -q $(SIDE_BY_SIDE:%=--ignore=%)

check: lint $(DEV)  ## the quick part, on every core, within a minute
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "$(QUICK)"

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

browser: $(DEV)  ## the main job in a real Chromium
	$(BIN)/python -m pytest -q -m browser

pictures: $(DEV)  ## docs/pictures, taken from the real pages
	$(BIN)/python -m tests.browser.pictures

bench: $(DEV)  ## docs/figures.md, measured on this machine (about 15 minutes)
	$(BIN)/python -m benchmarks

performance: $(DEV) $(PEERS)  ## docs/performance.md, measured on this machine (about 15 minutes)
	$(BIN)/python -m benchmarks.performance training loops growth single_forecast

accuracy: $(DEV)  ## published errors in docs/performance.md, from ETTH1=path/to/ETTh1.csv (about 7 minutes)
	TWINCAST_ETTH1=$(ETTH1) $(BIN)/python -m benchmarks.performance accuracy

peers: $(PEERS)  ## Darts and NeuralForecast, in an environment of their own

fuzz: $(DEV)  ## a thousand broken variants of the published files, each read or refused in plain words
	$(BIN)/python -m tests.core.data.mutants

faults: $(DEV)  ## docs/reliability.md, by killing, damaging and filling up (about 25 minutes)
	$(BIN)/python -m tests.faults

calibration: $(DEV)  ## the tables of docs/verdict.md: how often the verdict is wrong, simulated (a few minutes, one core)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m core.evaluation.calibration

take-away: $(DEV)  ## what is taken along, for five models in both frameworks, held against the run; `make test` has two (minutes)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.core.codegen.take_away

$(APP): requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(PEERS): benchmarks/requirements.txt
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	touch $@

$(DEV): requirements-dev.txt $(APP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv .venv-peers .mypy_cache .pytest_cache .ruff_cache
