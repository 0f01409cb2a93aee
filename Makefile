# kvist: `make help` tells what there is.

GO ?= go
TOOLS := $(CURDIR)/.tools
GOLANGCI_VERSION := v2.15.0
GOLANGCI := $(TOOLS)/bin/golangci-lint-$(GOLANGCI_VERSION)
TEST_TIMEOUT ?= 10m
PACKAGES ?= ./...
OUTPUT ?= kvist
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 \
	windows/amd64 windows/arm64 freebsd/amd64 freebsd/arm64

.DEFAULT_GOAL := build
.PHONY: build test setup lint format bench screenshots cross clean help

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

## bench: all benchmarks, without the tests
bench:
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
