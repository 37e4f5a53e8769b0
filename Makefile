# Two commands to know: make demo, make test. Each sets up .venv from the lock by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= gallery
DATA ?= ../shared/data
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: install demo test coverage lint lock bench bench-judge bench-guard gallery train train-guard train-subject soak clean

install: $(VENV)/.run          ## run-time packages and the command `amends`

demo: install                  ## the whole line with pretend platforms, in your browser
	$(BIN)/amends demo

test: $(VENV)/.dev             ## every test
	$(BIN)/python -m pytest -q -n 2 $(ARGS)

coverage: $(VENV)/.dev         ## every test again, counting lines and branches (twice as slow)
	$(BIN)/python -m pytest -q -n 2 --cov --cov-report=term:skip-covered $(ARGS)

lint: $(VENV)/.dev             ## format, lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev            ## ratios, measured in one run
	$(BIN)/python -m tests.benchmarks

bench-judge: $(VENV)/.dev      ## the judge on labelled sets that its training did not see
	$(BIN)/python -m tests.benchmarks.bench_judge $(DATA)
	$(BIN)/python -m tests.benchmarks.bench_learn $(DATA)
	$(BIN)/python -m tests.benchmarks.bench_flags

bench-guard: $(VENV)/.dev      ## what the guard catches, and what it should not
	$(BIN)/python -m tests.benchmarks.bench_guard

gallery: $(VENV)/.dev          ## every card as a picture, phone and desk, light and dark; OUT=folder
	$(BIN)/python -m tests.responders.console.gallery $(OUT)

train: $(VENV)/.dev            ## the complaint model once more; monitor/judge/sentences/README.md
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'scikit-learn>=1.7'
	$(BIN)/python -m monitor.judge.train $(DATA)

train-guard: $(VENV)/.dev      ## the guard's model once more, half an hour; responders/guard/meaning/lessons
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'torch>=2.8'
	$(BIN)/python -m responders.guard.meaning.train \
	  responders/guard/meaning/lessons tests/responders/guard_texts

train-subject: $(VENV)/.dev    ## the model that reads what a post is about once more, a quarter of an hour
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'torch>=2.8'
	$(BIN)/python -m monitor.judge.subject.train

soak: $(VENV)/.dev             ## the long runs: 1,000 kills at every step, 20,000 schedules, big posts
	AMENDS_SOAK=1 nice -n 10 $(BIN)/python -m pytest -q -n 2 $(ARGS) \
	  tests/acceptance tests/contracts tests/responders/test_simulation.py

lock:                          ## new lock files; needs uv
	uv pip compile --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
	  --quiet pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
	  --quiet --extra dev pyproject.toml -o requirements-dev.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Amends needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing (about a minute the first time) ..."
	@test -e $(VENV)/.dev || $(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing with the tools for tests (about two minutes the first time) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --editable .
	@touch $@ $(VENV)/.run

clean:                         ## forget the virtual environment and what tools cached
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
