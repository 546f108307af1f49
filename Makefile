# Each target does its own set-up; `make` alone lists them.
SHELL := /bin/bash
PYTHON := .venv/bin/python
UV_PYTHON_DOWNLOADS := never
export UV_PYTHON_DOWNLOADS

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/dev.stamp ## make .venv with everything that tests and checks need

.venv/dev.stamp: pyproject.toml uv.lock config/bootstrap.py
	python3 config/bootstrap.py sync --frozen
	@touch .venv/run.stamp $@

.venv/run.stamp: pyproject.toml uv.lock config/bootstrap.py
	python3 config/bootstrap.py sync --frozen --inexact --no-dev
	@touch $@

run: .venv/run.stamp ## start the whole service; Ctrl-C stops it
	@$(PYTHON) manage.py up $(ARGS)

test: setup ## run the tests
	@bash .ci/programs
	$(PYTHON) -m pytest -n 2 --dist worksteal -m "not soak" $(ARGS)

check: setup ## formatting, lint, types, floors, migrations
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	DATABASE_URL=postgresql:///none $(PYTHON) -W ignore manage.py makemigrations --check --dry-run

fix: setup ## format and mend what ruff can
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

bench: setup ## measure; see bench/
	$(PYTHON) -m bench $(ARGS)

soak: setup ## long kill, fuzz and load runs
	@bash .ci/programs
	$(PYTHON) -m pytest -n 2 --dist worksteal -m soak $(ARGS)

.PHONY: help setup run test check fix bench soak
