# Everything a newcomer needs: `make demo` and `make test`. Each target prepares its own environment first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NOT_INSTALLED = { echo "Nothing could be installed: see the lines above. Without a way to a package index, set a proxy (HTTPS_PROXY) or your own index (PIP_INDEX_URL and UV_DEFAULT_INDEX), then run make again: docs/install.md" >&2; exit 1; }
# One more than there are cores: a fifth of the time a test waits for a process, a database or a disk.
WORKERS := --numprocesses $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --dist worksteal
TEST ?= test
# Hundreds of processes are started by the tests. Where the environment forbids bytecode, each compiles its libraries anew.
export PYTHONDONTWRITEBYTECODE :=
# Ledgers and reports of tests live in memory where there is room: a disk that syncs proves nothing here.
TESTS_IN := $(shell test -w /dev/shm && echo TMPDIR=/dev/shm)
PART := tests/sdk tests/fuzz tests/tap/test_row_decoder.py tests/tap/test_json_lines.py tests/tap/test_reader.py tests/target/test_ledger.py

.PHONY: help demo sandbox test cover pythons part lint types check bench trials soak fuzz mutate road faults kill clients airbyte simulate canary compare pictures generate lock package sbom audit docs clean

help:
	@sed -n 's/^\([a-z]*\):.*## /  make \1  /p' $(MAKEFILE_LIST)

$(READY): requirements/uv.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(f"$(PYTHON) is Python {sys.version.split()[0]}: 3.11 to 3.14 is needed; make PYTHON=python3.12 takes another" if not (3, 11) <= sys.version_info < (3, 15) else 0)'
	@echo "Preparing $(VENV): some 150 packages, for half a minute to two minutes the first time"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt || $(NOT_INSTALLED)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt || $(NOT_INSTALLED)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY) ## the whole road on this machine: sandbox, meltano run, what arrived, twenty changes, run again
	@$(BIN)/python scripts/demo.py $(if $(KEEP),--keep)

sandbox: $(READY) ## both services on this machine until Ctrl-C, with pages to look at; settings for tap and target
	@$(BIN)/python -m sandbox --quick --env-file .sandbox.env --folder .sandbox

test: $(READY) ## all tests; the ten slowest and the total at the end
	$(TESTS_IN) $(BIN)/python -m pytest $(WORKERS) --durations=10

cover: $(READY) ## all tests, with coverage
	$(TESTS_IN) $(BIN)/python -m pytest $(WORKERS) --durations=10 --cov --cov-report=term

PYTHONS ?= 3.12 3.13 3.14

pythons: ## a part of the tests on each newer Python that is at hand
	@for version in $(PYTHONS); do \
		python=$$(for one in python$$version ~/.pyenv/versions/$$version.*/bin/python; do \
			"$$one" -c "" 2>/dev/null && echo "$$one" && break; done) \
			|| { echo "Python $$version is not at hand"; continue; }; \
		$(MAKE) --no-print-directory VENV=.venvs/$$version PYTHON=$$python part || exit 1; \
	done

part: $(READY)
	@$(BIN)/python --version
	$(TESTS_IN) $(BIN)/python -m pytest --quiet $(WORKERS) $(PART)

lint: $(READY) ## ruff: rules and format; zizmor: the workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/zizmor --offline --quiet --persona=pedantic .github

types: $(READY) ## mypy, strict
	$(BIN)/mypy

check: lint types $(TEST) ## what must be green before a change lands
	$(BIN)/python scripts/docs/generated.py
	$(BIN)/python scripts/docs/fleet_schema.py
	$(BIN)/python scripts/docs/mapping_page.py
	$(BIN)/python scripts/docs/native_page.py
	$(BIN)/python scripts/docs/market_pages.py
	$(BIN)/python scripts/docs/airbyte_manifest.py
	$(BIN)/python scripts/docs/licences.py

bench: $(READY) ## ours beside its peers and floors, in minutes; BENCH="--products 100000" and more for the long form (docs/benchmarks.md)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group bench
	$(BIN)/python -m benchmarks.bench $(BENCH)

trials: $(READY) ## all of faults, kill, soak, mutate and fuzz, for hours; SHORT=1: a sample of each, in minutes
	$(TESTS_IN) nice $(BIN)/python -m trials $(if $(SHORT),--short)

MINUTES ?= 10

soak: $(READY) ## nights in a row, one process for long, a 600 MB stream, a million rows (MINUTES=10); writes docs/soak.md
	$(BIN)/python -m trials.soak --minutes $(MINUTES)

fuzz: $(READY) ## coverage-guided: make fuzz TARGET=lines TIME=60 (docs/fuzzing.md)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group fuzz
	$(BIN)/python -m trials.fuzz $(or $(TARGET),lines) -max_total_time=$(or $(TIME),60) -max_len=2048

mutate: $(READY) ## change the pure modules in memory, see which tests notice: make mutate [MODULE=...] [SAMPLE=n] (docs/mutation.md)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group mutate
	nice $(BIN)/python -m trials.mutation --sample $(or $(SAMPLE),0) $(MODULE)

road: $(READY) ## calls, functions and files of one record beside the last release's; ROAD=changed shows one, RENEW=1 keeps them
	@$(BIN)/python -m trials.road $(if $(ROAD),--show $(ROAD)) $(if $(RENEW),--renew)

faults: $(READY) ## every fault of the sandbox, what came of it (SIDE=tap PART=429); writes docs/faults.md
	$(BIN)/python -m trials.faults $(if $(SIDE),"$(SIDE)" "$(PART)")

docs: $(READY) ## the site of the documentation into site/; a warning is a failure
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

canary: $(READY) ## keys that are marked, and the search for them in everything that is written
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/pipe/test_secrets.py tests/pipe/test_secrets_of_settings.py tests/pipe/test_secrets_of_the_way.py

pictures: $(READY) ## the pictures of the docs, as a browser sees them (needs chromium)
	PICTURES=docs/pictures REQUIRE_CHROMIUM=1 $(BIN)/python -m pytest -q -p no:cacheprovider trials/clients/test_pages_browser.py trials/clients/test_night_in_pictures.py

kill: $(READY) ## tap and target killed at every moment of a run, and in any order with all else; writes docs/kills.md
	$(BIN)/python -m trials.kills --size $(or $(SIZE),6)
	KILL_EXAMPLES=200 $(BIN)/python -m pytest -q trials/kills/test_any_order.py

clients: $(READY) ## taps, targets and mappers of others beside ours, two nights each (SHORT=1: three of them); writes docs/clients.md
	@$(TESTS_IN) $(BIN)/python -m trials.singer_clients $(if $(SHORT),--short) $(if $(ONLY),--only "$(ONLY)")

airbyte: $(READY) ## both connectors beside PyAirbyte, the CDK's tests, faults and the manifest (SHORT=1); writes docs/airbyte-clients.md
	@$(TESTS_IN) $(BIN)/python -m trials.airbyte $(if $(SHORT),--short) $(if $(ONLY),--only "$(ONLY)")

SEEDS ?= 1000
FROM ?= 1

simulate: $(READY) ## writer, sandbox and people in one process on a virtual clock: SEEDS=n FROM=k; SEED=n shows one, FAULT=all hunts (docs/simulate.md)
	@$(BIN)/python -m trials.simulate $(if $(SEED),--seed $(SEED) --trace,--seeds $(SEEDS) --from $(FROM)) $(if $(FAULT),--fault $(FAULT))

compare: $(READY) ## this checkout beside another: equal requests, messages, reports? OLD=<a checkout with an environment> (NIGHTS=v3)
	@test -n "$(OLD)" || { echo "OLD=<the path of a checkout with an environment>"; exit 2; }
	@$(BIN)/python -m trials.compare "$(OLD)" . --part "$(NIGHTS)"

generate: $(READY) ## lists of settings and streams, and the page of the mapping, made from the code
	$(BIN)/python scripts/docs/generated.py --write
	$(BIN)/python scripts/docs/fleet_schema.py --write
	$(BIN)/python scripts/docs/mapping_page.py --write
	$(BIN)/python scripts/docs/native_page.py --write
	$(BIN)/python scripts/docs/market_pages.py --write
	$(BIN)/python scripts/docs/airbyte_manifest.py --write
	$(BIN)/python scripts/docs/hub_pages.py --write
	$(BIN)/python scripts/docs/architecture_page.py --write
	$(BIN)/python scripts/docs/licences.py --write

lock: $(READY) ## exact versions with hashes, for Python 3.11 to 3.14
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --group dev --group docs --group supply pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --constraints requirements/dev.txt pyproject.toml -o requirements/run.txt

package: $(READY) ## wheel and sdist into dist/, tried from an empty environment outside the checkout
	$(BIN)/python scripts/release/package.py

sbom: $(READY) ## what the wheel brings along, as CycloneDX, into dist/
	$(BIN)/python scripts/release/sbom.py

audit: $(READY) ## known vulnerabilities of what is locked; skipped with a word where the database is out of reach
	$(BIN)/python scripts/release/audit.py

clean: ## what make built
	rm -rf $(VENV) .clients benchmarks/.run .meltano dist build .demo .sandbox .sandbox.env .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache
