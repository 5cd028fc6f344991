# Everything a person or CI runs. `make help` lists it.
# Built programs and cargo's target folder live outside the clone, so that another clone reuses them.
export SLUICE_CACHE ?= $(HOME)/.cache/sluice
export CARGO_TARGET_DIR ?= $(SLUICE_CACHE)/target
PROFILE ?= dev
SLUICE_SHARED ?= ../shared
TIME ?= 60

profile-folder = $(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
bin = $(CARGO_TARGET_DIR)/$(profile-folder)
cargo-build = cargo build --locked --workspace --bins --profile $(PROFILE)

.DEFAULT_GOAL := help
.PHONY: help prerequisites control-plane build build-tests demo test e2e bench bench-sandbox bench-render conformance fuzz fuzz-kustomize fuzz-helm lint clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

prerequisites: ## checks what a fresh machine needs, and says how to get what is missing
	@tests/prerequisites

control-plane: prerequisites ## builds etcd, kube-apiserver, kube-controller-manager, registry, ... into the cache
	@tests/controlplane/build

build: prerequisites ## builds the binary and the programs of tests and demo
	$(cargo-build)

# In one call: apart they would select different features, and compile half of the dependencies twice.
build-tests: prerequisites ## the binaries and all tests
	$(cargo-build) --tests

demo: build ## shows the main job on a real control plane, in about a minute
	@tests/controlplane/build etcd kube-apiserver kube-controller-manager
	@$(bin)/sluice-demo

test: control-plane build-tests ## unit tests, sandbox limits, end to end tests
	cargo test --locked --workspace --profile $(PROFILE) --no-fail-fast

e2e: control-plane ## only the end to end tests; ARGS='name' selects some
	$(cargo-build) --test e2e
	cargo test --locked --workspace --profile $(PROFILE) --test e2e -- $(ARGS)

bench: control-plane build ## the benchmarks of whole roll-outs; PROFILE=release for figures to publish
	@$(bin)/bench-monorepo $(ARGS)
	@$(bin)/bench-kustomizations
	@$(bin)/bench-releases

bench-sandbox: build ## what a plugin costs: compile, cached load, call, read; fails over a budget
	@$(bin)/sluice-bench-sandbox --check

bench-render: build ## renders against the real kustomize and helm, as ratios; PROFILE=release for figures to publish
	@tests/controlplane/build kustomize kustomize-library helm helm-library
	@$(bin)/bench-render $(ARGS)

conformance: build ## kustomize and helm rendering against the corpora in SLUICE_SHARED
	@test -x $(SLUICE_SHARED)/corpus/check || { echo "no corpus at $(SLUICE_SHARED)/corpus: set SLUICE_SHARED" >&2; exit 2; }
	$(SLUICE_SHARED)/corpus/check --kustomize "$(bin)/sluice render kustomize" $(ARGS)
	SLUICE_CONFORMANCE=full cargo test --locked --workspace --profile $(PROFILE) --test corpus --test incremental -- --nocapture

fuzz: ## TARGET=name TIME=seconds: one fuzz target, with cargo-fuzz and the nightly toolchain
	@tests/fuzz/run "$(TARGET)" "$(TIME)"

fuzz-kustomize: ## CASES=number SEED=number: random kustomizations through ours and the real one, byte for byte
	@tests/controlplane/build kustomize kustomize-library
	cargo run --locked --profile $(PROFILE) -p sluice-fuzz-kustomize -- --cases $(or $(CASES),1000) --seed $(or $(SEED),1) $(ARGS)

fuzz-helm: ## CASES=number SEED=number: random charts' values (and ten functions a case) through ours and the real helm, byte for byte
	@tests/controlplane/build helm-library
	cargo run --locked --profile $(PROFILE) -p sluice-fuzz-helm -- --charts $(or $(CASES),1000) --functions $(or $(CASES),1000)0 --lines $(or $(CASES),1000)0 --seed $(or $(SEED),1) $(ARGS)

lint: ## formatting, clippy, advisories and licences
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	cargo deny check

clean: ## removes what cargo built; the built control plane stays
	cargo clean
