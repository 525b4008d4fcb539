# Everything starts here, on a bare Debian with Python 3.11 or newer: `make run`, `make test`.

PYTHON ?= python3
BIN := .venv/bin
# Tests of the peers wait more than they work; beside the others they would be late.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile
KERNEL := $(shell find series scraper receivers -name "*_c.pyx" -o -name "*_c.pxi" -o -name "*_c.h")

run: .venv/.installed ## the agent and a receiver together; Ctrl-C ends both
	@exec $(BIN)/promferry demo

test: .venv/.installed peers ## every test but the long ones; real peers are installed when this is root on Debian
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not integration and not long"
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "integration and not long"

lint: .venv/.installed ## ruff: rules and format
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: .venv/.installed ## mypy --strict
	$(BIN)/mypy

bench: .venv/.installed peers ## the race against vmagent (more: bench/compare.py --help)
	$(BIN)/python bench/compare.py

asan: .venv/.installed ## the compiled kernel under AddressSanitizer: its tests, then any bytes
	@.ci/asan

image: ## the image of examples/deploy, built and tried; root with buildah and podman
	@.ci/image

unit: image ## the systemd unit, under a systemd in a container of that image
	@.ci/unit

peers: ## Prometheus, VictoriaMetrics, node_exporter, nginx, openssl
	@.ci/peers

clean: ## everything that is not in git
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

help:
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

.venv/.installed: pyproject.toml setup.py .ci/install $(KERNEL)
	@.ci/install $(PYTHON)

.PHONY: run test lint types bench asan image unit peers clean help
