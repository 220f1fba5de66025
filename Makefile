# Two commands: `make demo` and `make test`. Each sets everything up first, in .venv below this folder.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo desk screens test setup lint format bench serve messages lock clean

demo: $(READY)
	@$(BIN)/ieom demo

desk: $(READY)
	@$(BIN)/ieom desk

screens: $(READY)
	@$(BIN)/pytest -q -n 2 --dist loadfile tests/desk/*_looks.py --screens var/screens

# Three workers on two cores: tests that wait for a server, a browser or a kill leave room for others.
test: $(READY)
	@$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST)

setup: $(READY)

$(READY): requirements.lock pyproject.toml bootstrap.py
	@$(PYTHON) bootstrap.py $(VENV)
	@touch $@

lint: $(READY)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY)
	@$(BIN)/python -m bench

serve: $(READY)
	@$(BIN)/ieom serve

# Words for translators: templates/locale/ieom.pot; a language's catalogue is begun or brought up to date with MESSAGES=tr.
messages: $(READY)
	@mkdir -p templates/locale
	@$(BIN)/pybabel -q extract -F pyproject.toml --project=ieom --no-location --sort-output -o templates/locale/ieom.pot .
	@for one in $(MESSAGES); do mkdir -p templates/locale/$$one; \
	  if [ -f templates/locale/$$one/ieom.po ]; \
	  then $(BIN)/pybabel -q update -l $$one -i templates/locale/ieom.pot -o templates/locale/$$one/ieom.po; \
	  else $(BIN)/pybabel -q init -l $$one -i templates/locale/ieom.pot -o templates/locale/$$one/ieom.po; fi; done

lock: $(READY)
	@$(BIN)/uv pip compile --quiet --system-certs --universal --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --extra dev --python-version 3.11 pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) var
