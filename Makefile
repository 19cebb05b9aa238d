# The two commands are `make demo` and `make test`. Each does its own set-up, once, in .venv.
# The native projector is built by `make native` and, where there is a cargo, by `make test`; nothing else needs one.
# The versions installed are those of the lock files in requirements/, which `make lock` renews; `make test LOCKED=`
# takes the newest that there are instead.
VENV := .venv
PYTHON_IN := $(VENV)/bin/python
LOCKED ?= 1
export LOCKED # tests that make environments of their own take the same versions
INSTALLED := $(VENV)/.installed-$(if $(LOCKED),locked,newest)
TOOLS := $(VENV)/.tools-$(if $(LOCKED),locked,newest)
PIP := $(PYTHON_IN) -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test native lock fix lint types contracts clippy docs messages site golden bench fuzz clean

help: ## Say what there is
	@echo "make COMMAND, where COMMAND is one of:"
	@sed -n 's/^\([a-z ]*\):.*## /  \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-26s %s\n", $$1, $$2}'

demo: $(INSTALLED) ## Audit a sample business with planted faults, and show the report
	@$(VENV)/bin/intact demo

test: $(TOOLS) ## Run everything: format, lint, types, contracts, tests, fuzzing; INTACT_EFFORT=full as CI does
	@tools/native.sh $(VENV) --if-possible
	@$(PYTHON_IN) -m tools.verify

native: $(TOOLS) ## Build and install the native projector (needs Rust), if its sources have changed
	@tools/native.sh $(VENV)

lint types contracts clippy: $(TOOLS) ## Run only this part of `make test`
	@$(PYTHON_IN) -m tools.verify $@

lock: $(INSTALLED) ## Renew the lock files: the newest versions that fit pyproject.toml
	@$(PYTHON_IN) tools/lock.py

fix: $(TOOLS) ## Format the code, and mend what ruff can mend by itself
	@$(PYTHON_IN) -m ruff check --quiet --fix-only .
	@$(PYTHON_IN) -m ruff format .
	@if tools/working.sh cargo-fmt >/dev/null; then cd native && cargo fmt; fi

docs: $(TOOLS) ## Write the generated pages and schemas anew
	@$(VENV)/bin/intact model schema > docs/schemas/model-1.json
	@$(VENV)/bin/intact model schema --of report > docs/schemas/report-1.json
	@$(VENV)/bin/intact model schema --of doctor > docs/schemas/doctor-1.json
	@$(VENV)/bin/intact model schema --of alerts > docs/schemas/alerts-1.json
	@$(VENV)/bin/intact model schema --of project > docs/schemas/project-1.json
	@$(PYTHON_IN) -m tests.cli.cli_page > docs/cli.md
	@$(PYTHON_IN) -m tests.support.ci_page > tests/LEFT_FOR_CI.md
	@$(PYTHON_IN) -m tools.pages
	@$(PYTHON_IN) -m tests.sources.commands_seen

messages: $(TOOLS) ## Write all that the program can say on one page, to be read as a user in a hurry
	@mkdir -p .cache
	@$(PYTHON_IN) -m tools.messages > .cache/messages.md
	@echo ".cache/messages.md"

site: $(TOOLS) ## Build the documentation's site into build/site
	@$(PYTHON_IN) -m sphinx --quiet --fail-on-warning --builder dirhtml docs build/site
	@echo "build/site/index.html"

golden: $(TOOLS) ## Write the demo's dump, and its reports in tests/reporters/golden, anew; read what changes
	@$(PYTHON_IN) -m tests.sample_data.packed
	@$(PYTHON_IN) -m tests.reporters.golden
	@$(PYTHON_IN) -m tests.reporters.forms_page

bench: $(TOOLS) ## Measure speed and memory on this machine, against what one would use instead
	@tools/native.sh $(VENV) --if-possible
	@$(PYTHON_IN) -m venv .cache/bench/rivals
	@.cache/bench/rivals/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements/bench.txt || \
	  echo "What intact is measured against could not be installed; the tables will say so." >&2
	@$(PYTHON_IN) -m benchmarks

fuzz: $(TOOLS) ## Fuzz projector, dumps, models and servers, an hour each; SECONDS=600 for another time
	@$(PYTHON_IN) tools/fuzz.py --seconds $(or $(SECONDS),3600)

clean: ## Remove the virtual environment and everything that was built
	rm -rf $(VENV) .cache build dist native/target native/fuzz/target .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(INSTALLED): pyproject.toml requirements/run.txt tools/venv.sh
	@tools/venv.sh $(VENV)
	@rm -f $(VENV)/.installed-* $(VENV)/.tools-*
	@echo "Installing intact and what it needs into $(VENV); this happens once."
ifdef LOCKED
	@$(PIP) --requirement requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
else
	@$(PIP) --upgrade --upgrade-strategy eager --editable .
endif
	@touch $@

# pip 25.1 is the first that can install a dependency group.
$(TOOLS): $(INSTALLED) requirements/develop.txt
	@echo "Installing what the tests need into $(VENV); this happens once."
ifdef LOCKED
	@$(PIP) --requirement requirements/develop.txt
else
	@$(PIP) "pip>=25.1"
	@$(PIP) --upgrade --upgrade-strategy eager --editable . --group develop
endif
	@touch $@
