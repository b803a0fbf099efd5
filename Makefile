# SPDX-License-Identifier: MIT
# Tallyman. `make help` says what there is to make.
#
# A new source or test needs no change here: sources are found by folder (docs/floors says what a
# folder may use), tests/<folder>/test_*.c become programs of their own.

BUILD    ?= build
CC       ?= gcc
PYTHON   ?= /usr/bin/python3
PREFIX   ?= /usr
DESTDIR  ?=
JOBS     ?= $(shell nproc 2>/dev/null || echo 2)
SANITIZE ?=
WERROR   ?= -Werror
OPTIMIZE ?= -O2 -g
NEED      = tests/tools/need.sh

# One short line a step; V=1 shows the commands.
say = $(if $(V),,@echo "  $(1) $@"; )

MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

# ---- flags --------------------------------------------------------------------------------------

PKGS = jansson sqlite3 libsystemd libmicrohttpd libcurl libcrypto libserialport libusb-1.0 \
       libmosquitto libssl inih
# Asked for once, by the first recipe that needs it: on a bare machine pkg-config is installed before.
pkg = $(eval $(1) := $$(shell pkg-config $(2)))$($(1))
PKG_CFLAGS  = $(call pkg,PKG_CFLAGS,--cflags $(PKGS))
PKG_LIBS    = $(call pkg,PKG_LIBS,--libs $(PKGS))
TEST_LIBS   = $(call pkg,TEST_LIBS,--libs cmocka)

WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wvla -Wundef -Wstrict-prototypes \
           -Wmissing-prototypes -Wpointer-arith -Wformat=2 $(WERROR)
HARDEN   = -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
# C needs no unwind tables to run: 40 KB of each program. A debugger has .debug_frame.
LEAN     = $(if $(SANITIZE),,-fno-asynchronous-unwind-tables -fno-unwind-tables)
SAN      = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_CFLAGS  = -std=gnu17 -D_GNU_SOURCE -I. $(OPTIMIZE) $(WARNINGS) $(HARDEN) $(LEAN) $(SAN) \
              -ffunction-sections -fdata-sections -MMD -MP $(PKG_CFLAGS) $(CFLAGS)
# Relative relocations packed (DT_RELR, glibc 2.36): 32 KB of tallyd. A linker that does not know it only warns.
RELR     = -Wl,-z,pack-relative-relocs
ALL_LDFLAGS = $(OPTIMIZE) -pie $(RELR) -Wl,-z,relro,-z,now -Wl,--gc-sections -Wl,--as-needed $(SAN) $(LDFLAGS)

# ---- what is built from what --------------------------------------------------------------------

MAINS = agent/main.c sync/hub/main.c $(wildcard agent/cli/*.c)
find  = $(filter-out $(MAINS),$(foreach dir,$(1),$(wildcard $(dir)/*.c)))

BASE_SRC    = $(call find,base)
DRIVERS_SRC = $(call find,drivers drivers/*)
SYNC_SRC    = $(call find,sync)
HUB_SRC     = $(call find,sync/hub sync/hub/*)
AGENT_SRC   = $(call find,agent agent/*)
CLI_SRC     = $(wildcard agent/cli/*.c)
TEST_SRC    = $(wildcard tests/*/test_*.c)
HELPER_SRC  = $(wildcard tests/unit/helper_*.c tests/driver/helper_*.c tests/sync/helper_*.c)

object  = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
library = $(patsubst %,$(BUILD)/lib%.a,$(1))

# Floors from high to low, the order in which the linker wants them.
LIBS_AGENT = $(call library,agent sync drivers base)
LIBS_HUB   = $(call library,hub sync base)
LIBS_ALL   = $(call library,agent hub sync drivers base)

# A program whose main is not written yet is not built, so that each commit builds.
PROGRAMS = $(foreach p,tallyd:agent/main.c tally:agent/cli/main.c tally-hub:sync/hub/main.c \
                       vscanner:tests/virtual/vscanner.c vprinter:tests/virtual/vprinter.c, \
             $(if $(wildcard $(lastword $(subst :, ,$(p)))),$(BUILD)/$(firstword $(subst :, ,$(p)))))
BENCHES  = $(patsubst tests/bench/%.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
TESTS    = $(patsubst tests/%.c,$(BUILD)/tests/%,$(TEST_SRC))
# Programs that Python tests drive: tests/sync/link_probe.c -> build/link_probe
PROBES   = $(patsubst tests/sync/%.c,$(BUILD)/%,$(wildcard tests/sync/*_probe.c))

all: $(PROGRAMS) ## build every program into build/

$(BUILD)/libbase.a:    $(call object,$(BASE_SRC))
$(BUILD)/libdrivers.a: $(call object,$(DRIVERS_SRC))
$(BUILD)/libsync.a:    $(call object,$(SYNC_SRC))
$(BUILD)/libhub.a:     $(call object,$(HUB_SRC))
$(BUILD)/libagent.a:   $(call object,$(AGENT_SRC))
$(BUILD)/libhelper.a:  $(call object,$(HELPER_SRC))

$(BUILD)/tallyd:    $(call object,agent/main.c) $(LIBS_AGENT)
$(BUILD)/tally:     $(call object,$(CLI_SRC)) $(LIBS_AGENT)
$(BUILD)/tally-hub: $(call object,sync/hub/main.c) $(LIBS_HUB)
$(BUILD)/vscanner:  $(call object,$(wildcard tests/virtual/vscanner*.c)) $(call library,drivers base)
$(BUILD)/vprinter:  $(call object,$(wildcard tests/virtual/vprinter*.c)) $(call library,drivers base)

$(BENCHES): $(BUILD)/%: $(BUILD)/obj/tests/bench/%.o $(call library,drivers base)
$(PROGRAMS) $(BENCHES):
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(PROBES): $(BUILD)/%: $(BUILD)/obj/tests/sync/%.o $(call library,sync base)
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(TESTS): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(BUILD)/libhelper.a $(LIBS_ALL)
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(TEST_LIBS) $(PKG_LIBS)

# Rebuilt whole, also when a source is gone: its object must not stay inside.
$(BUILD)/lib%.a: $(BUILD)/sources
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)ar rcsD $@ $(filter %.o,$^)

$(BUILD)/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(BASE_SRC) $(DRIVERS_SRC) $(SYNC_SRC) $(HUB_SRC) $(AGENT_SRC) $(HELPER_SRC)' > $@.new
	@cmp -s $@.new $@ || cp $@.new $@

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) -c -o $@ $<

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# Printers wait for paper and not for us: small rather than fast.
$(BUILD)/obj/drivers/printer/%.o: OPTIMIZE = -Os -g

# ---- checks -------------------------------------------------------------------------------------

# Without -j a machine of two cores would build on one.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))

build-tests: $(PROGRAMS) $(TESTS) $(PROBES)

# Every runner prints its own closing line; the first program that fails ends it.
run-unit: build-tests
	@set -e; for t in $(TESTS); do echo "== $$t"; timeout 300 ./$$t; done

run-pytest: build-tests
	TALLY_BUILD=$(BUILD) $(PYTHON) -m pytest $(PYTEST_ARGS) tests

test: ## install what is missing, build, run every test that is not marked slow
	@$(NEED) build test
	@$(MAKE) $(PARALLEL) build-tests
	@$(MAKE) run-unit
	@$(MAKE) run-pytest PYTEST_ARGS="$(PYTEST_ARGS) -m 'not slow'"

run-slow: build-tests ## the slow tests alone: 500 kills, a real month
	KILLS=500 TALLY_BUILD=$(BUILD) $(PYTHON) -m pytest $(PYTEST_ARGS) -m slow tests

test-long: ## the same with the slow tests
	@$(NEED) build test
	@$(MAKE) $(PARALLEL) build-tests
	@$(MAKE) run-unit
	@KILLS=500 $(MAKE) run-pytest

# The lab is not a part of the project: without it there is nothing to do.
USBLAB ?= ../shared/usblab
test-usb: ## real USB: the agent in a guest with played scanners and printers; needs ../shared/usblab
	@if [ ! -x $(USBLAB)/usblab ]; then \
	        echo "skipped: no $(USBLAB) here"; echo "==== 1 skipped in 0.00s ===="; \
	else \
	        $(NEED) build test usb && $(MAKE) $(PARALLEL) all && \
	        TALLY_BUILD=$(BUILD) $(PYTHON) tests/usb/run.py $(USBLAB) $(USB_ARGS); \
	fi

asan: ## all tests that are not slow, with address and undefined-behaviour sanitizers
	@$(NEED) build test
	@$(MAKE) $(PARALLEL) BUILD=build/asan SANITIZE=address,undefined OPTIMIZE="-O1 -g" build-tests
	@$(MAKE) BUILD=build/asan SANITIZE=address,undefined OPTIMIZE="-O1 -g" run-unit
	@$(MAKE) BUILD=build/asan SANITIZE=address,undefined OPTIMIZE="-O1 -g" run-pytest \
	        PYTEST_ARGS="$(PYTEST_ARGS) -m 'not slow and not timing'"

demo: ## a whole site on this machine; KEEP=1 leaves it running
	@$(NEED) build demo
	@$(MAKE) $(PARALLEL) all
	@TALLY_BUILD=$(BUILD) KEEP=$(KEEP) $(PYTHON) tests/virtual/demo.py

bench: ## measure the budgets of the design
	@$(NEED) build bench
	@$(MAKE) $(PARALLEL) all $(BENCHES)
	@TALLY_BUILD=$(BUILD) $(PYTHON) tests/bench/bench.py $(BENCH_ARGS)

lint: ## cppcheck, clang-tidy, floors, sizes
	@$(NEED) build lint
	@$(MAKE) floors
	@$(MAKE) run-lint
	@$(MAKE) sizes

run-lint:
	@CFLAGS_FOR_LINT="-std=gnu17 -D_GNU_SOURCE -I. $(PKG_CFLAGS)" JOBS=$(JOBS) tests/tools/lint.sh

FUZZ_SECONDS ?= 30
fuzz: ## run each tests/fuzz/fuzz_*.c for FUZZ_SECONDS (clang's libFuzzer)
	@$(NEED) build lint
	@$(MAKE) $(PARALLEL) BUILD=build/fuzz CC=clang SANITIZE=address,undefined,fuzzer-no-link WERROR= \
	        run-fuzz

FUZZERS = $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(LIBS_ALL)
	@mkdir -p $(@D)
	$(CC) -fsanitize=address,undefined,fuzzer -o $@ $^ $(PKG_LIBS)

run-fuzz: $(FUZZERS)
	@set -e; for f in $(FUZZERS); do echo "== $$f"; mkdir -p $$f.corpus; \
	        ./$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 $$f.corpus \
	                $$(ls -d tests/fuzz/$$(basename $$f).seeds 2>/dev/null); done

floors: ## nothing includes what stands on a higher floor
	@tests/tools/check_floors.sh

sizes: ## stripped programs against their budgets, long functions, long files
	@$(MAKE) $(PARALLEL) all
	@$(PYTHON) tests/tools/check_sizes.py $(BUILD)

format: ## clang-format what is changed and not committed
	@git diff --name-only --diff-filter=d HEAD -- '*.c' '*.h' | xargs -r clang-format -i

# ---- installing ---------------------------------------------------------------------------------

# $(call install,mode,folder,files): nothing at all when there are no files.
install = $(if $(strip $(3)),install -d $(DESTDIR)$(2) && install -m $(1) $(3) $(DESTDIR)$(2)/,@:)

install: all ## install into DESTDIR/PREFIX
	$(call install,755,$(PREFIX)/bin,$(filter %/tallyd %/tally %/tally-hub,$(PROGRAMS)))
	$(call install,644,$(PREFIX)/lib/systemd/system,$(wildcard systemd/*.service systemd/*.socket))
	$(call install,644,$(PREFIX)/lib/udev/rules.d,$(wildcard systemd/*.rules))
	$(call install,644,$(PREFIX)/share/tallyman/profiles,$(wildcard firmware-profiles/*.json))
	$(call install,644,$(PREFIX)/share/tallyman/profiles/schema,$(wildcard firmware-profiles/schema/*.json))
	$(call install,644,$(PREFIX)/share/doc/tallyman,$(wildcard systemd/*.conf.example README.md))
	@set -e; for kind in sysusers tmpfiles; do for f in systemd/*.$$kind; do test -f $$f || continue; \
	        install -D -m 644 $$f $(DESTDIR)$(PREFIX)/lib/$$kind.d/tallyman.conf; done; done
	@set -e; for page in docs/man/*.[1-8]; do test -f $$page || continue; install -D -m 644 $$page \
	        $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$$(basename $$page); done

clean: ## remove build/
	rm -rf build $(filter-out build,$(BUILD))

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

.PHONY: all build-tests run-unit run-pytest run-slow test test-long test-usb asan demo bench lint run-lint fuzz \
        run-fuzz floors sizes format install clean help FORCE
