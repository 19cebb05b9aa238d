# The two commands are `make demo` and `make test`. Each does its own set-up, once, in .venv.
VENV := .venv
PYTHON_IN := $(VENV)/bin/python
PIP := $(PYTHON_IN) -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test format-code lint types contracts docs bench clean

help: ## Say what there is
	@echo "make COMMAND, where COMMAND is one of:"
	@sed -n 's/^\([a-z-]*\):.*## /  \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'

demo: $(VENV)/.installed ## Audit a sample business with planted faults, and show the report
	@$(VENV)/bin/intact demo

test: $(VENV)/.tools ## Run everything: format, lint, types, contracts, tests, the wheel
	@$(PYTHON_IN) tools/verify.py

lint types contracts: $(VENV)/.tools ## Run only this part of `make test`
	@$(PYTHON_IN) tools/verify.py $@

format-code: $(VENV)/.tools ## Format the code, and mend what ruff can mend by itself
	@$(PYTHON_IN) -m ruff check --quiet --fix-only .
	@$(PYTHON_IN) -m ruff format .

clean: ## Remove the virtual environment and everything that was built
	rm -rf $(VENV) .cache build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(VENV)/.installed: pyproject.toml tools/venv.sh
	@tools/venv.sh $(VENV)
	@echo "Installing intact and what it needs into $(VENV); this happens once."
	@$(PIP) --editable .
	@touch $@

# pip 25.1 is the first that can install a dependency group.
$(VENV)/.tools: $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV); this happens once."
	@$(PIP) "pip>=25.1"
	@$(PIP) --editable . --group develop
	@touch $@
