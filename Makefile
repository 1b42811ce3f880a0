# Two commands do everything on a fresh Debian 12: `make demo` and `make test`.
# Build caches live outside the tree (ccache), builds in build/<preset>.

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
EDOCVAULT_SHARED ?= ../shared
export EDOCVAULT_SHARED
# g++ takes -ftrivial-auto-var-init=zero as it is; clang 14 asks for this word beside it.
TIDY_ARGUMENTS = --extra-arg=-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
SOURCES = $(shell git ls-files '*.cc' '*.h')

.PHONY: demo test programs configured packages interop bench cost lint format asan conformance clean

demo: programs
	cli/demo.sh build/release/bin

test: packages configured
	cmake --build --preset release
	ctest --preset release

# The two programs alone; the tests are built by `make test`.
programs: packages configured
	cmake --build --preset release --target edocvault edocvaultd

configured: packages
	@[ -f build/release/build.ninja ] || cmake --preset release

# Installs only what is missing, so that a second run asks for no password and no network.
packages:
	@missing=$$(for name in $$(cat packages.txt); do \
	  dpkg-query -W -f='$${Status}' "$$name" 2>/dev/null | grep -q 'ok installed' || echo "$$name"; \
	done); \
	if [ -n "$$missing" ]; then \
	  echo "installing:" $$missing; \
	  $(SUDO) apt-get update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	fi

# Verifiers that others wrote judge our containers, and some of them the corpus beside ours.
interop: programs
	python3 tests/interop/interop.py build/release/bin
	python3 tests/interop/generated.py build/release/bin

# `make bench ONLY=vault.append_16` for one figure.
bench: packages configured
	cmake --build --preset release --target edocvault_bench
	build/release/bin/edocvault_bench $(ONLY)

# The worst inputs that we can think of, through the real inspector: some ten minutes.
cost: packages configured
	cmake --build --preset release --target edocvault_bench
	build/release/bin/edocvault_bench verify.cost_bound

asan: packages
	@[ -f build/asan/build.ninja ] || cmake --preset asan
	cmake --build --preset asan
	EDOCVAULT_MUTANTS=1000 ctest --preset asan

lint: packages
	@[ -f build/release/build.ninja ] || cmake --preset release
	clang-format-14 --dry-run --Werror $(SOURCES)
	printf '%s\n' $(filter %.cc,$(filter-out tests/%,$(SOURCES))) | \
	  xargs -P 2 -n 4 clang-tidy-14 -p build/release --quiet $(TIDY_ARGUMENTS)

format: packages
	clang-format-14 -i $(SOURCES)

# Scores the verifier on files that others made; exits 1 while rows miss.
conformance: programs
	$(EDOCVAULT_SHARED)/tools/corpus_score --edocvault build/release/bin/edocvault \
	  --corpus $(EDOCVAULT_SHARED)/corpus

clean:
	rm -rf build
