# One command each, set-up included: `make run` for the site, `make test` for the suite. `make` alone lists them all.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# A second set-up in parallel would only wait for the first.
.NOTPARALLEL:

PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
COMPILE := .venv/bin/uv pip compile pyproject.toml --quiet --python-version 3.11 \
	--generate-hashes --no-annotate --no-header

.PHONY: help run test test-all lint bench bench-quick screens lock messages clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: ## Set up and start the site with demo letters (PORT=9000 moves it, VAR=DIR holds all state)
	@$(PYTHON) tools/setup.py run
	@exec env DEMO=1 $(VENV_PYTHON) -m messages_site.serve

test: ## Set up and run all tests: SQLite, PostgreSQL, browser (ARGS="-- -k name" for some)
	@$(PYTHON) tools/setup.py dev --programs
	@exec $(VENV_PYTHON) tools/run_tests.py $(ARGS)

test-all: ## The same with every sample in full length
	@$(PYTHON) tools/setup.py dev --programs
	@exec env TEST_ALL=1 $(VENV_PYTHON) tools/run_tests.py $(ARGS)

lint: ## Style, types, templates, migrations, translations, repository
	@$(PYTHON) tools/setup.py dev --gettext
	@exec $(VENV_PYTHON) tools/lint.py $(ARGS)

bench: ## Measure against the budgets
	@$(PYTHON) tools/setup.py dev --programs
	@exec $(VENV_PYTHON) bench/run.py $(ARGS)

bench-quick: ## The same with small data
	@$(PYTHON) tools/setup.py dev --programs
	@exec $(VENV_PYTHON) bench/run.py --quick $(ARGS)

screens: ## Picture every page in both languages into var/screens/
	@$(PYTHON) tools/setup.py dev --browser
	@exec $(VENV_PYTHON) tools/screens.py $(ARGS)

lock: ## Compile requirements/ from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(PYTHON) tools/setup.py dev
	@$(COMPILE) --extra dev --output-file requirements/dev.txt $(ARGS)
	@# The second file takes the first one's versions.
	@$(COMPILE) --constraint requirements/dev.txt --output-file requirements/run.txt $(ARGS)
	@$(PYTHON) tools/setup.py dev

messages: ## Bring locale/ko up to date with the source (needs gettext)
	@$(PYTHON) tools/setup.py dev --gettext
	@exec $(VENV_PYTHON) tools/make_messages.py

clean: ## Remove the environment and the caches; var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
	find . -name node_modules -prune -o -name __pycache__ -type d -exec rm -rf {} +
	find locale -name '*.mo' -delete 2>/dev/null || true
