# `make demo` and `make test` are all a newcomer needs; both build on `make install`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test gpu-test install check bench clean

demo: install
	$(BIN)/sightsound demo

test: check
	$(BIN)/pytest

# What needs an NVIDIA GPU, with whatever python has torch: that of `make install`, or the machine's own (docs/gpu.md).
gpu-test:
	$(or $(wildcard $(BIN)/python),$(PYTHON)) -m benchmarks.gpu --fetch --write gpu-figures.md

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
	$(PYTHON) -m venv .venv
	@echo "Installing torch: some minutes in silence. On Linux PyPI's brings CUDA, 4 GB more; README.md says how not to."
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	@echo "Installing all else: some minutes more."
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[cpu,train,dev]'
	touch $@

clean:
	rm -rf .venv sightsound-data
