# A thin front of meson and ninja.  `make help` lists the targets.

BUILD  ?= build
PREFIX ?= /usr/local
PYTEST  = /usr/bin/python3 -m pytest
MESON_SETUP = meson setup --prefix=$(PREFIX) $(if $(SYSCONFDIR),--sysconfdir=$(SYSCONFDIR)) $(if $(LOCALSTATEDIR),--localstatedir=$(LOCALSTATEDIR))

.PHONY: all help deps install test unit-test check lint format asan tsan shared clang fuzz coverage bench sandbox peer golden clean

all: $(BUILD)/build.ninja            ## build everything
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	$(MESON_SETUP) $(BUILD)

help:                                ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 22

deps:                                ## install what building and testing needs (Debian)
	tools/install-deps

install: all                         ## install below DESTDIR and PREFIX
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

unit-test: all                       ## run the unit tests
	meson test -C $(BUILD) --print-errorlogs

test: unit-test                      ## run unit and whole-program tests
	OVS_BUILD=$(BUILD) $(PYTEST) -q -n 2 tests

check:                               ## all that CI runs
	./run-tests

lint:                                ## layers, sizes, headers, tokens, formatting
	tools/lint

format:                              ## lay the C out with clang-format
	git ls-files 'src/*.[ch]' 'bench/*.[ch]' | xargs clang-format-16 -i

asan: ; tools/run-sanitized address  ## everything under AddressSanitizer and UBSan
tsan: ; tools/run-sanitized thread   ## the threaded modules under ThreadSanitizer

shared:                              ## prove that no module uses what it does not name
	meson setup -Ddefault_library=shared build-shared 2>/dev/null || true
	ninja -C build-shared

clang:                               ## build with clang and its thread-safety analysis
	CC=clang-16 meson setup build-clang 2>/dev/null || true
	ninja -C build-clang

fuzz:                                ## build the fuzz targets; run one for a while: make fuzz T=parser_fuzz
	CC=clang-16 meson setup -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false build-fuzz 2>/dev/null || true
	ninja -C build-fuzz
	$(if $(T),tools/run-fuzz $(T))

coverage:                            ## line coverage of the unit tests
	meson setup -Db_coverage=true build-coverage 2>/dev/null || true
	meson test -C build-coverage
	ninja -C build-coverage coverage-text

bench: all                           ## benchmarks, beside the peer where OVS_PEER is set
	bench/run
	bench/ovsdb

sandbox: all                         ## a shell with a simulated switch
	scripts/ovs-sandbox -b $(BUILD) $(SANDBOXFLAGS)

peer:                                ## fetch the distribution's Open vSwitch for comparisons
	tools/get-peer build-peer

golden: all                          ## write the golden files anew; review the difference
	OVS_BUILD=$(BUILD) $(PYTEST) -q tests --golden-write

clean:                               ## remove the build directories
	rm -rf build build-*
