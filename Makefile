# `make demo` and `make test` are all a newcomer needs; both build on `make install`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test gpu-test install check bench clean

demo: install
	$(BIN)/sightsound demo

test: check
	$(BIN)/pytest

# What needs an NVIDIA GPU, in an environment with the extra `gpu` in place of `cpu`.
gpu-test:
	$(BIN)/pytest -n 0 -m gpu

# Format, lint, types and import contracts: everything but the tests.
check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	$(BIN)/python -m benchmarks

install: .venv/installed

# torch first and alone: its exact version decides which build pip takes (docs/decisions/0001-pinned-torch.md).
.venv/installed: pyproject.toml constraints.txt
	@echo "Installing into .venv, which takes some minutes and says little meanwhile ..."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[cpu,train,dev]'
	touch $@

clean:
	rm -rf .venv sightsound-data
