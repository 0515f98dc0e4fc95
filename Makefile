# Two commands do the work: `make run` and `make test`. Both make what they need.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# The first of these that runs and is new enough; say `make run PYTHON=/path/to/python` for another.
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
SERVICE := .venv/bin
BOT := .venv-bot/bin

.PHONY: help
help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: environments ## Start everything on this machine and print where it is; Ctrl-C ends it
	@$(SERVICE)/python -m tools.run

.PHONY: test
test: environments tryton check ## Run the checks and every test of both environments, on two cores as well as they go
	@$(BOT)/python -m bot.train_if_changed
	@echo "The tests of the bot run beside the others; what they say comes at the end."
	@said=$$(mktemp); failed=0; \
	$(BOT)/python -m pytest tests/bot >"$$said" 2>&1 & beside=$$!; \
	trap 'pkill -P $$beside; kill $$beside; rm -f "$$said"; exit 130' INT TERM; \
	$(SERVICE)/python -m pytest tests --ignore=tests/bot -n 2 --dist loadfile --timeout=300 || failed=1; \
	wait $$beside || failed=1; \
	cat "$$said"; rm -f "$$said"; \
	exit $$failed

.PHONY: check
check: environments ## Lint, check types, import floors and the languages of the review door
	@$(SERVICE)/ruff check --quiet .
	@$(SERVICE)/ruff format --quiet --check . || { echo "make: some files are not formatted; \`make fix\` does it."; exit 1; }
	@$(SERVICE)/mypy --no-error-summary intake_api tools
	@$(SERVICE)/mypy --no-error-summary --python-version 3.10 bot
	@$(SERVICE)/lint-imports --no-logo
	@$(SERVICE)/python -m tools.words
	@echo "Lint, types and import floors hold."

.PHONY: fix
fix: environments ## Format the code and mend what the linter can mend
	@$(SERVICE)/ruff check --quiet --fix . ; $(SERVICE)/ruff format --quiet .

.PHONY: bench
bench: environments ## Measure submissions and chat turns against their floors (see docs/performance.md)
	@$(SERVICE)/python -m tests.bench

.PHONY: lighthouse
lighthouse: environments ## Let Lighthouse (from npm) look at the pages; RUNS=3 takes the middle of three
	@$(SERVICE)/python -m tools.lighthouse

.PHONY: nlu-report
nlu-report: environments ## Report as JSON how the chat understands DATA=file.tsv (default: held-out set), or ENTITIES=file.tsv
ifdef ENTITIES
	@$(SERVICE)/python -m tools.details_report "$(ENTITIES)"
else
	@$(BOT)/python -m bot.train_if_changed >&2
	@$(BOT)/python -W ignore -m bot.nlu_report $(DATA)
endif

.PHONY: figures
figures: environments ## Print what a running copy takes: memory by process, environments on disk
	@$(SERVICE)/python -m tools.figures

.PHONY: secrets
secrets: python ## Make the secrets that docker-compose.yml needs, in secrets/
	@$(PYTHON) -m tools.container_secrets

.PHONY: lock
lock: python ## Pin and hash again what requirements/*.in ask for (UPGRADE=1 takes the newest)
	@$(PYTHON) -m tools.lock

.PHONY: clean
clean: ## Remove environments, models and caches; what is in var/ (data and keys) stays
	@rm -rf .venv .venv-bot .venv-tryton .tools models .rasa .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: environments
environments: python
	@$(PYTHON) tools/environments.py

.PHONY: tryton
tryton: python
	@$(PYTHON) tools/environments.py tryton

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo "make: Python 3.11 or later is needed and not on the PATH: install one, or name it:" \
		"make run PYTHON=/path/to/python3.12" >&2; exit 1; }
