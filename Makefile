# kvist: `make help` tells what there is.

GO ?= go
TOOLS := $(CURDIR)/.tools
GOLANGCI_VERSION := v2.15.0
GOLANGCI := $(TOOLS)/bin/golangci-lint-$(GOLANGCI_VERSION)
FZF := $(TOOLS)/bin/fzf
TEST_TIMEOUT ?= 20m
PACKAGES ?= ./...
OUTPUT ?= kvist
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 \
	windows/amd64 windows/arm64 freebsd/amd64 freebsd/arm64

.DEFAULT_GOAL := build
.PHONY: build test setup lint format bench bench-quick microbench monkey screenshots cross clean help

## build: the static binary ./kvist
build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o $(OUTPUT) .

## test: all tests with the race detector, on real servers; sets these up first
test: setup
	$(GO) test -race -timeout $(TEST_TIMEOUT) $(PACKAGES)

## setup: install the servers that the tests need (Debian 12)
setup:
	@scripts/setup

## lint: golangci-lint with .golangci.yml
lint: $(GOLANGCI)
	$(GOLANGCI) run $(PACKAGES)

## format: rewrite the code as gofumpt wants it
format: $(GOLANGCI)
	$(GOLANGCI) fmt

# The version is in the file's name: another version is another file.
$(GOLANGCI):
	GOBIN=$(TOOLS)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv $(TOOLS)/bin/golangci-lint $@

# The version is go.mod's: kvist has its algorithm from there.
$(FZF): go.mod
	GOBIN=$(TOOLS)/bin $(GO) install github.com/junegunn/fzf@$$($(GO) list -m -f '{{.Version}}' github.com/junegunn/fzf)
	@touch $@

## bench: kvist against the native clients and fzf at 1 000 000 keys; BENCH has flags, such as -rows cursor
bench: setup $(FZF)
	$(GO) run ./internal/bench $(BENCH)

## bench-quick: the same with a tenth of the keys, within two minutes
bench-quick: setup $(FZF)
	$(GO) run ./internal/bench -keys 100000 -rounds 1 $(BENCH)

## monkey: a monkey at the keys of the program on each store, MINUTES long; SEED plays one again
MINUTES ?= 10
SEED ?= 0
monkey: setup
	$(GO) test ./internal/stories -v -run TestMonkey -timeout $$(( $(MINUTES) * 2 + 10 ))m \
		-monkey.for=$(MINUTES)m -monkey.seed=$(SEED)

## microbench: the benchmarks of the packages, without the tests
microbench:
	$(GO) test -run '^$$' -bench . -benchmem $(PACKAGES)

## screenshots: the pictures of the README, taken from the real program
screenshots:
	screenshots/make

## cross: build for every platform, into dist/
cross: $(PLATFORMS:%=cross/%)

.PHONY: $(PLATFORMS:%=cross/%)
$(PLATFORMS:%=cross/%): cross/%:
	CGO_ENABLED=0 GOOS=$(word 1,$(subst /, ,$*)) GOARCH=$(word 2,$(subst /, ,$*)) $(GO) build -trimpath -ldflags '-s -w' \
		-o dist/kvist-$(subst /,-,$*)$(if $(filter windows/%,$*),.exe) .

## clean: remove what was built, but not the tools
clean:
	rm -rf dist kvist

## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)
