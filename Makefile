# Writ. `make help` lists what there is.
.DEFAULT_GOAL := build
.PHONY: help setup setup-build build quick check tidy docs bench fuzz install quickstart clean
SHELL := /bin/bash
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
BUILD := build
FUZZ_SECONDS ?= 60

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## installs what is missing (Debian 12); can be run twice
	@tools/setup

setup-build:
	@tools/setup build

build: setup-build ## leaves build/writ, which finds its parts in build/libexec/writ
	@tools/build $(BUILD) -Dbuildtype=debugoptimized

quick: setup ## the developer's loop: sanitized build, unit tests, tidy; under a minute
	@tools/check quick

check: setup ## everything that must hold before a push
	@tools/check all

tidy: ## the rules of src/ROOMS and tools/tidy alone
	@node tools/tidy/tidy.mjs

docs: ## regenerates docs/reference from schemas/
	@node tools/schemagen/schemagen.mjs docs docs/reference schemas/*.json

bench: setup ## builds a release and measures it, against baselines in the same run
	@tools/bench

fuzz: setup ## every *_fuzz.c for FUZZ_SECONDS each
	@tools/fuzz $(FUZZ_SECONDS)

install: build ## into PREFIX (/usr/local), man pages included
	@meson configure $(BUILD) -Dprefix=$(PREFIX) && meson install -C $(BUILD) --strip --quiet

quickstart: build ## the main job, shown on real files
	@examples/quickstart.sh

clean: ## forgets every build folder
	rm -rf build build-release build-asan build-clang build-fuzz
