# kvist: `make help` lists the targets.

GO ?= go
TOOLS := $(CURDIR)/.tools
GOLANGCI_VERSION := v2.15.0
GOLANGCI := $(TOOLS)/bin/golangci-lint-$(GOLANGCI_VERSION)
GORELEASER_VERSION := v2.13.0
GORELEASER := $(TOOLS)/bin/goreleaser-$(GORELEASER_VERSION)
FZF := $(TOOLS)/bin/fzf
TEST_TIMEOUT ?= 20m
PACKAGES ?= ./...
OUTPUT ?= kvist
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 \
	windows/amd64 windows/arm64 freebsd/amd64 freebsd/arm64

.DEFAULT_GOAL := build
.PHONY: build test setup lint format bench bench-quick microbench monkey screenshots cross licenses licenses-check release release-check newcomer clean help

## build: build the static binary ./kvist
build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o $(OUTPUT) .

# The packages that take longest begin first, so that none of them is left alone at the end.
FIRST := $(if $(filter ./...,$(PACKAGES)),./kv . ./internal/stories ./tui)

## test: run all tests with the race detector, on real servers; sets these up first
test: setup
	$(GO) test -race -timeout $(TEST_TIMEOUT) $(FIRST) $(PACKAGES)

## setup: install the servers and tools that the tests need (Debian 12)
setup:
	@scripts/setup

## lint: run golangci-lint with .golangci.yml
lint: $(GOLANGCI)
	$(GOLANGCI) run $(PACKAGES)

## format: format the code with gofumpt
format: $(GOLANGCI)
	$(GOLANGCI) fmt

# The version is in the file's name, so that a new version is a new file.
$(GOLANGCI):
	GOBIN=$(TOOLS)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv $(TOOLS)/bin/golangci-lint $@

# The version is go.mod's, where kvist takes fzf's algorithm from.
$(FZF): go.mod
	GOBIN=$(TOOLS)/bin $(GO) install github.com/junegunn/fzf@$$($(GO) list -m -f '{{.Version}}' github.com/junegunn/fzf)
	@touch $@

## bench: measure kvist, the native clients and fzf at 1 000 000 keys; BENCH passes flags, such as -rows cursor
bench: setup $(FZF)
	$(GO) run ./internal/bench $(BENCH)

## bench-quick: bench with a tenth of the keys, within two minutes
bench-quick: setup $(FZF)
	$(GO) run ./internal/bench -keys 100000 -rounds 1 $(BENCH)

## monkey: press random keys in the program on each store, for MINUTES; SEED repeats a run
MINUTES ?= 10
SEED ?= 0
monkey: setup
	$(GO) test ./internal/stories -v -run TestMonkey -timeout $$(( $(MINUTES) * 2 + 10 ))m \
		-monkey.for=$(MINUTES)m -monkey.seed=$(SEED)

## microbench: run the benchmarks of the packages, without the tests
microbench:
	$(GO) test -run '^$$' -bench . -benchmem $(PACKAGES)

## screenshots: record the pictures of the README, the moving one too, from the real program
screenshots:
	screenshots/make

## cross: build for every platform, into dist/
cross: $(PLATFORMS:%=cross/%)

.PHONY: $(PLATFORMS:%=cross/%)
$(PLATFORMS:%=cross/%): cross/%:
	CGO_ENABLED=0 GOOS=$(word 1,$(subst /, ,$*)) GOARCH=$(word 2,$(subst /, ,$*)) $(GO) build -trimpath -ldflags '-s -w' \
		-o dist/kvist-$(subst /,-,$*)$(if $(filter windows/%,$*),.exe) .

## licenses: write THIRD_PARTY.md, from the modules that are linked on any platform
licenses:
	$(GO) run ./internal/licenses -platforms '$(PLATFORMS)'

## licenses-check: fail if THIRD_PARTY.md is not up to date, or a licence is not one that kvist accepts
licenses-check:
	$(GO) run ./internal/licenses -check -platforms '$(PLATFORMS)'

# What needs a network stays out, and nix where its tool for checksums is missing. A tag is not
# needed either: the version is what was asked for. Nor is a remote, but GoReleaser asks for one;
# where it publishes to is in its configuration.
RELEASE = --clean --skip=publish,announce,validate,docker $(if $(shell command -v nix-hash),,--skip=nix)
RELEASE_CONFIG ?= .goreleaser.yaml

## release: make the binaries, packages, archives, checksums and SBOM of VERSION, into dist/
release: $(GORELEASER)
	@test -n '$(VERSION)' || { echo 'name a version: make release VERSION=1.2.3' >&2; exit 2; }
	@git ls-remote --get-url >/dev/null 2>&1 || export GIT_CONFIG_COUNT=1 \
		GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=https://github.com/kvist/kvist; \
	GORELEASER_CURRENT_TAG=v$(VERSION:v%=%) $(GORELEASER) release $(RELEASE) --config $(RELEASE_CONFIG)

## release-check: check .goreleaser.yaml, make a release twice without a network, and check what is in it
release-check: setup $(GORELEASER)
	$(GORELEASER) check
	GORELEASER=$(GORELEASER) scripts/release-check

## newcomer: install the package of dist/ on a bare Debian, and use it there as a newcomer does
newcomer: setup
	scripts/newcomer

$(GORELEASER):
	GOBIN=$(TOOLS)/bin $(GO) install github.com/goreleaser/goreleaser/v2@$(GORELEASER_VERSION)
	mv $(TOOLS)/bin/goreleaser $@

## clean: remove what was built, but not the tools
clean:
	rm -rf dist packaging/made kvist

## help: list the targets
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)
