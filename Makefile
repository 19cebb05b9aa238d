# The two commands are `make demo` and `make test`. Each does its own set-up, once, in .venv.
VENV := .venv
PYTHON_IN := $(VENV)/bin/python
PIP := $(PYTHON_IN) -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test fix lint types contracts docs bench clean

help: ## Say what there is
	@echo "make COMMAND, where COMMAND is one of:"
	@sed -n 's/^\([a-z ]*\):.*## /  \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-24s %s\n", $$1, $$2}'

demo: $(VENV)/.installed ## Audit a sample business with planted faults, and show the report
	@$(VENV)/bin/intact demo

test: $(VENV)/.tools ## Run everything: format, lint, types, contracts, tests, the wheel
	@$(PYTHON_IN) tools/verify.py

lint types contracts: $(VENV)/.tools ## Run only this part of `make test`
	@$(PYTHON_IN) tools/verify.py $@

fix: $(VENV)/.tools ## Format the code, and mend what ruff can mend by itself
	@$(PYTHON_IN) -m ruff check --quiet --fix-only .
	@$(PYTHON_IN) -m ruff format .

docs: $(VENV)/.tools ## Write the generated pages and schemas anew
	@$(VENV)/bin/intact model schema > docs/schemas/model-1.json
	@$(VENV)/bin/intact model schema --of report > docs/schemas/report-1.json
	@$(PYTHON_IN) -m tests.cli.cli_page > docs/cli.md

bench: $(VENV)/.tools ## Measure speed and memory against bson.decode_all, on this machine
	@$(PYTHON_IN) benchmarks/audit.py

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
