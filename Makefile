# Build, test and run; `make help` lists the targets.
.DEFAULT_GOAL := all

VERSION  := 0.2.0
BUILD    ?= build
PREFIX   ?= /usr/local
SANITIZE ?=
CONFIG   ?= config/orchestration.yaml
SERVER_CONFIG ?= config/server.yaml
# Another configuration file must set evals_dir itself.
EVALS_DIR ?= $(if $(filter config/server.yaml,$(SERVER_CONFIG)),sample)

# CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are the user's, from the command line or the environment, and
# may be empty. The OWN_ variables hold what the build needs; they are always used, and come last.
# A build with sanitizers has its own folder beside the plain one.
ifneq ($(SANITIZE),)
OUT := $(BUILD)/sanitize
SANITIZE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CFLAGS ?= -O1 -g
else
OUT := $(BUILD)
CFLAGS ?= -O2 -g
endif

# 0: zlib decodes gzip; the native decoder is not built.
GZIP_NATIVE ?= 1
ifeq ($(GZIP_NATIVE),0)
LEFT_OUT := compression/gzip/inflate.c compression/gzip/inflate_fast.c compression/gzip/inflate_headers.c compression/gzip/inflate_place.c compression/gzip/inflate_tables.c
endif

# WERROR=1: warnings are errors, as in `make check` and continuous integration.
WERROR ?=
WARNINGS := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
            -Wwrite-strings -Wvla -Wformat=2 $(if $(filter-out 0,$(WERROR)),-Werror)

# Include paths come first: an older version's headers may be installed in a folder of CPPFLAGS.
XML_CFLAGS ?= -I/usr/include/libxml2
INCLUDES := -I. -Iinclude
PUBLIC_FLAGS := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
OWN_CPPFLAGS := $(PUBLIC_FLAGS) -DDECON_SHORT_NAMES -DDECON_VERSION='"$(VERSION)"' $(XML_CFLAGS) \
                $(if $(LEFT_OUT),-DDECON_NO_GZIP_NATIVE)
# Scores are binary32 in a stated order: no fused multiply-add, and none of the optimisations that
# reorder or approximate (-Ofast, -ffast-math).
EXACT_FLOAT := -ffp-contract=off -fno-fast-math -fno-unsafe-math-optimizations -fno-associative-math \
               -fno-reciprocal-math -fno-finite-math-only -fsigned-zeros
# Debug information names the sources relative to this folder: the bytes do not depend on its path.
# char is signed on every machine, as on x86-64; on arm64 it is unsigned by default.
OWN_CFLAGS := -std=gnu11 -fsigned-char -fPIC -fvisibility=hidden $(EXACT_FLOAT) $(WARNINGS) $(SANITIZE_FLAGS) -fdebug-prefix-map=$(CURDIR)=.
OWN_LDLIBS := -lcurl -lcrypto -lxml2 -lyaml -ljansson -lz -lzstd -llzma -lbz2 -lmicrohttpd -lm -lpthread

# Hardening: before the user's flags, so that they can override it. HARDENING=0: none.
# Not with sanitizers: _FORTIFY_SOURCE hides calls from them, and with the stack protector GCC's
# AddressSanitizer misplaces aligned variables (detect_stack_use_after_return).
# _FORTIFY_SOURCE takes effect in optimised code only.
HARDENING ?= 1
ifneq ($(HARDENING),0)
HARDEN_LDFLAGS := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
ifeq ($(SANITIZE)$(findstring -fsanitize,$(CFLAGS)),)
HARDEN_CFLAGS := -fstack-protector-strong
optimised := $(filter-out -O0,$(lastword $(filter -O%,$(CFLAGS))))
ifneq ($(if $(findstring _FORTIFY_SOURCE,$(CFLAGS) $(CPPFLAGS)),,$(optimised)),)
HARDEN_CPPFLAGS := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif
endif
endif

COMPILE_FLAGS = $(INCLUDES) $(HARDEN_CPPFLAGS) $(CPPFLAGS) $(OWN_CPPFLAGS) $(HARDEN_CFLAGS) $(CFLAGS) $(OWN_CFLAGS)
# The compiler is given CFLAGS when it links too (-flto, -m32), but not those that would link start-up
# code that changes the processor's floating-point mode.
LINK_FLAGS = $(HARDEN_LDFLAGS) $(filter-out -Ofast -ffast-math -funsafe-math-optimizations,$(CFLAGS)) $(LDFLAGS) $(SANITIZE_FLAGS)

# All cores for targets that build as a step, unless -j was given.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

NM      ?= nm
OBJCOPY ?= objcopy

PROGRAMS := decon-orchestrator decon decon-s3

# A layer's library holds every .c of its folder and subfolders. Main files are in programs/.
sources = $(filter-out $(LEFT_OUT) $(addsuffix /%,$(filter $(1)/%,$(LAYERS))),$(sort $(shell find $(1) -name '*.c')))
objects = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
LAYERS  := base s3 s3/serve s3/cli compression orchestrator detection
lib = $(OUT)/lib/lib$(subst /,_,$(1)).a

##@ Build
## all: the three programs, in build/bin (installs missing packages first, if permitted); GZIP_NATIVE=0: gzip by zlib alone
all: $(PROGRAMS:%=$(OUT)/bin/%) $(OUT)/bin/decon-server

define layer_rule
$(call lib,$(1)): $(call objects,$(call sources,$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	@$$(AR) rcs $$@ $$^
endef
$(foreach layer,$(LAYERS) tests/fake,$(eval $(call layer_rule,$(layer))))

# --as-needed: a program depends only on the libraries that it calls.
link = @mkdir -p $(@D) && echo "  LD  $@" && $(CC) $(LINK_FLAGS) -o $@ $(filter %.o,$^) \
       -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -Wl,--push-state,--as-needed $(OWN_LDLIBS) -Wl,--pop-state $(LDLIBS)

$(OUT)/bin/decon-orchestrator: $(call objects,programs/decon-orchestrator.c) $(foreach l,orchestrator s3 compression base,$(call lib,$(l)))
	$(link)
$(OUT)/bin/decon: $(call objects,programs/decon.c programs/s3_reports.c programs/s3_report_writes.c) $(foreach l,detection orchestrator s3 compression base,$(call lib,$(l)))
	$(link)
# The program's name in earlier versions: serves if no command is given.
$(OUT)/bin/decon-server: $(OUT)/bin/decon
	ln -sf decon $@
$(OUT)/bin/decon-s3: $(call objects,programs/decon-s3.c) $(foreach l,s3/cli s3/serve s3 compression base,$(call lib,$(l)))
	$(link)

# Flags that differ from the last build's rebuild everything.
FLAGS_FILE := $(OUT)/obj/flags
FLAGS := $(CC) $(COMPILE_FLAGS) : $(LINK_FLAGS) $(LDLIBS)
$(FLAGS_FILE): force
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || echo '$(subst ','\'',$(FLAGS))' >$@

$(OUT)/obj/%.o: %.c $(FLAGS_FILE) | $(BUILD)/packages-build
	@mkdir -p $(@D)
	@echo "  CC  $<"
	@$(CC) $(COMPILE_FLAGS) -MMD -MP -c -o $@ $<

# Tests replace functions that libraries call, such as getaddrinfo(), so they must be visible.
$(OUT)/obj/tests/%.o: OWN_CFLAGS += -fvisibility=default

# Files that a source includes with .incbin.
$(OUT)/obj/detection/review/review_html.o: detection/review/review_page.css detection/review/review_page.js
$(OUT)/obj/orchestrator/monitor/status_page.o: orchestrator/monitor/status_page.html
$(OUT)/obj/detection/data/cl100k_data.o: detection/data/cl100k_base.tiktoken.xz

# Checks for the packages of a set, once for each build folder and each change of the lists.
$(BUILD)/packages-%: third_party/install.sh third_party/debian.txt third_party/fedora.txt
	@third_party/install.sh $*
	@mkdir -p $(@D) && touch $@
.PRECIOUS: $(BUILD)/packages-%

## deps: installs the packages that the build, the tests and the checks need
deps:
	third_party/install.sh build test check

include install.mk

## clean: removes build/ (downloaded tools are in a cache folder elsewhere and stay)
clean:
	rm -rf $(BUILD)

##@ Run
## server: the detection server; SERVER_CONFIG=config/server.yaml, EVALS_DIR=
server: all
	$(OUT)/bin/decon server --config $(SERVER_CONFIG) $(if $(EVALS_DIR),--evals-dir $(EVALS_DIR))

## health, submit, status: ask a running server; FILE=PATH, JOB_ID=ID, SERVER_URL=http://127.0.0.1:8080
SERVER_URL ?= http://127.0.0.1:8080
FILE   ?=
JOB_ID ?=
health submit status:
	@FILE='$(subst ','\'',$(FILE))' JOB_ID='$(subst ','\'',$(JOB_ID))' tools/ask_server.sh $@ '$(subst ','\'',$(SERVER_URL))'

## orchestrate: the main job with CONFIG=config/orchestration.yaml
orchestrate: all
	$(OUT)/bin/decon-orchestrator --config $(CONFIG)

## orchestrate-debug: the same for five files; nothing is uploaded or removed
orchestrate-debug: all
	MAX_FILES_DEBUG=5 $(OUT)/bin/decon-orchestrator --config $(CONFIG)

## demo: a complete run on this machine: store, server, orchestrator over sample files
demo:
	@third_party/install.sh build
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@BIN=$(OUT)/bin config/demo/demo.sh

##@ Test
# Each tests/{unit,flow}/.../test_*.c is a program; it links the layer of its folder and those
# below. Each tests/{e2e,live}/test_*.sh drives the real programs.
TEST_SOURCES  := $(sort $(shell find tests/unit tests/flow -name 'test_*.c'))
TEST_PROGRAMS := $(patsubst %.c,$(OUT)/%,$(TEST_SOURCES))
TEST_SCRIPTS  := $(sort $(wildcard tests/e2e/test_*.sh tests/live/test_*.sh))
RUN_TESTS     := BIN=$(OUT)/bin tests/run.sh

layers_base         := base
layers_s3           := s3/cli s3/serve s3 base
layers_compression  := compression base
layers_orchestrator := orchestrator s3 compression base
layers_detection    := detection compression base
define test_rule
$(OUT)/tests/unit/$(1)/%: $(OUT)/obj/tests/unit/$(1)/%.o $(call lib,tests/fake) $(foreach l,$(layers_$(1)),$(call lib,$(l)))
	$$(link) -lcmocka -lssl
endef
$(foreach layer,base s3 compression orchestrator detection,$(eval $(call test_rule,$(layer))))
$(OUT)/tests/flow/%: $(OUT)/obj/tests/flow/%.o $(call lib,tests/fake) $(foreach l,$(layers_orchestrator),$(call lib,$(l)))
	$(link) -lcmocka
# Programs that the scripts of tests/e2e start.
E2E_HELPERS   := $(patsubst %.c,$(OUT)/%,$(wildcard tests/e2e/*.c))
$(OUT)/tests/e2e/%: $(OUT)/obj/tests/e2e/%.o $(foreach l,compression base,$(call lib,$(l)))
	$(link)
# Libraries for LD_PRELOAD, never with sanitizers.
PRELOADS      := $(patsubst %.c,$(OUT)/%.so,$(wildcard tests/preload/*.c))
$(OUT)/tests/preload/%.so: tests/preload/%.c $(wildcard tests/preload/*.h tests/torture/*.h) $(FLAGS_FILE)
	@mkdir -p $(@D)
	@echo "  LD  $@" && $(CC) -std=gnu11 -O1 -g -fPIC -shared -I. -D_GNU_SOURCE $(WARNINGS) -o $@ $<
CHAOS_HELPERS := $(OUT)/tests/chaos/control $(OUT)/tests/preload/kill.so
$(OUT)/tests/chaos/%: $(OUT)/obj/tests/chaos/%.o
	$(link)
SAMPLE_SOURCES := tests/torture/sample.c $(addprefix base/,security/accounts.c buf.c err.c fs_guard.c fs_sync.c fs_tree.c fsutil.c output.c output_write.c utf8.c util.c)
$(OUT)/tests/torture/sample: $(SAMPLE_SOURCES) $(wildcard base/*.h base/security/*.h include/decon/base/*.h) $(FLAGS_FILE)
	@mkdir -p $(@D)
	@echo "  LD  $@" && $(CC) $(INCLUDES) $(OWN_CPPFLAGS) -std=gnu11 -O1 -g $(WARNINGS) -o $@ $(filter %.c,$^) -lpthread
$(OUT)/tests/torture/%: $(OUT)/obj/tests/torture/%.o $(call lib,base)
	$(link)
# A fuzz target with replay.c runs its corpus once; see "fuzz" for the fuzzing itself.
FUZZ_SOURCES  := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_REPLAYS  := $(patsubst %.c,$(OUT)/%,$(FUZZ_SOURCES))
FUZZ_LIBS     := $(foreach l,orchestrator detection s3/cli s3/serve s3 compression base,$(call lib,$(l)))
$(OUT)/tests/fuzz/%: $(OUT)/obj/tests/fuzz/%.o $(call objects,tests/fuzz/replay.c) $(FUZZ_LIBS)
	$(link)
$(call objects,$(TEST_SOURCES) $(wildcard tests/fake/*.c)): | $(BUILD)/packages-test

## test: everything, with sanitizers; ends with `N passed, N failed, N skipped`
test:
	@third_party/install.sh build test
	@$(MAKE) --no-print-directory $(PARALLEL) SANITIZE=1 all test-programs
	@third_party/minio.sh >/dev/null || true # the live tests report it if there is none
	@$(MAKE) --no-print-directory SANITIZE=1 test-run
test-programs: $(TEST_PROGRAMS) $(FUZZ_REPLAYS) e2e-helpers $(LIBRARY_FILES)
e2e-helpers: $(E2E_HELPERS) $(CHAOS_HELPERS) $(PRELOADS) $(OUT)/tests/torture/power_cut $(OUT)/tests/torture/sample
test-run:
	@$(RUN_TESTS) $(TEST_PROGRAMS) $(FUZZ_REPLAYS) $(TEST_SCRIPTS)

## unit-LAYER: unit tests of one folder (unit-base, unit-s3 ...; unit-flow: the flow tests)
unit-%:
	@$(MAKE) --no-print-directory SANITIZE=1 unit-run-$*
unit-run-%:
	@$(MAKE) --no-print-directory SANITIZE=1 force $(filter $(OUT)/tests/unit/$*/% $(OUT)/tests/$*/%,$(TEST_PROGRAMS))
	@$(RUN_TESTS) $(filter $(OUT)/tests/unit/$*/% $(OUT)/tests/$*/%,$(TEST_PROGRAMS))

## e2e, live: the real programs against `decon-s3 serve`, and against MinIO
e2e live:
	@third_party/install.sh build
	@$(MAKE) --no-print-directory $(PARALLEL) SANITIZE=1 all e2e-helpers
	@[ $@ = e2e ] || third_party/minio.sh >/dev/null || true
	@BIN=$(BUILD)/sanitize/bin tests/run.sh $(filter tests/$@/%,$(TEST_SCRIPTS))

## fuzz: libFuzzer on each target of tests/fuzz, FUZZ_SECONDS=60 each (fuzz-NAME: one); findings in build/fuzz
FUZZ_SECONDS ?= 60
FUZZ_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
fuzz: $(BUILD)/packages-fuzz
	@$(MAKE) --no-print-directory $(PARALLEL) $(FUZZ_BUILD) fuzz-programs
	@FUZZ_SECONDS=$(FUZZ_SECONDS) FINDINGS=$(BUILD)/fuzz tests/fuzz/run.sh $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/sanitize/fuzz/%,$(FUZZ_SOURCES))
fuzz-%: $(BUILD)/packages-fuzz
	@$(MAKE) --no-print-directory $(PARALLEL) $(FUZZ_BUILD) $(BUILD)/fuzz/sanitize/fuzz/fuzz_$*
	@FUZZ_SECONDS=$(FUZZ_SECONDS) FINDINGS=$(BUILD)/fuzz tests/fuzz/run.sh $(BUILD)/fuzz/sanitize/fuzz/fuzz_$*
FUZZ_BUILD = BUILD=$(BUILD)/fuzz CC=$(CLANG) SANITIZE=1 SANITIZE_FLAGS="$(FUZZ_FLAGS) -fsanitize=fuzzer-no-link"
fuzz-programs: $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(FUZZ_SOURCES))
$(OUT)/fuzz/%: $(OUT)/obj/tests/fuzz/%.o $(FUZZ_LIBS)
	$(link) -fsanitize=fuzzer

## check-stores: the live tests against MinIO, the Versity S3 gateway, Ceph, S3Proxy, rclone serve s3 and moto; builds or installs them
STORES := minio versitygw ceph s3proxy rclone moto
check-stores: all
	@for store in $(STORES); do third_party/$$store.sh >/dev/null || exit 1; done
	@REQUIRE_LIVE=1 BIN=$(OUT)/bin tests/run.sh tests/live/test_minio.sh $(wildcard tests/live/check_*.sh)

## check-clients: decon-s3 serve against boto3, AWS CLI, s3fs, pyarrow, rclone, s3cmd and mc, installed into the cache folder
check-clients: all
	@third_party/install.sh clients || true # a client that cannot be installed is named in the table
	@BIN=$(OUT)/bin tests/clients/check_clients.sh

## soak: decon-s3 and the orchestrator under faults at 5 %, 10,000 objects for each kind of fault (COUNT=, ONLY=)
soak: all $(OUT)/bench/usage
	@BIN=$(OUT)/bin BENCH=$(OUT)/bench tests/soak/soak.sh

## check-oracle: compares the detection's results with those of commit c8aad80 (EVALS_DIR, DOCUMENTS, SEED)
check-oracle: all $(OUT)/bench/oracle_corpus
	@BIN=$(OUT)/bin BENCH=$(OUT)/bench tests/oracle.sh

## bench: times the programs on this machine, plain build (bench-NAME: one of tests/bench/bench_NAME.sh)
BENCH_SCRIPTS := $(sort $(wildcard tests/bench/bench_*.sh))
BENCH_SOURCES := $(sort $(wildcard tests/bench/*.c))
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,$(OUT)/bench/%,$(BENCH_SOURCES))
$(OUT)/bench/%: $(OUT)/obj/tests/bench/%.o $(FUZZ_LIBS)
	$(link)
## sim: simulates fleets (tests/sim): makespan, requests and their price for each way to divide the work (SIM_CASES=FILES HOSTS ...)
## sim-all: the same for 1 and 10 million files, 100 and 1,000 hosts; some 20 minutes of one core, 4 GiB
SIM_SOURCES := $(wildcard tests/sim/*.c)
SIM_CASES ?= 1000000 100
SIM_ALL := 1000000 100 1000000 1000 10000000 100 10000000 1000
$(OUT)/sim/fleet_sim: $(call objects,$(SIM_SOURCES)) $(call lib,tests/fake) $(foreach l,$(layers_orchestrator),$(call lib,$(l)))
	$(link) -lcmocka -lm
sim: $(OUT)/sim/fleet_sim
	@$(OUT)/sim/fleet_sim $(OUT)/sim/table.md $(OUT)/sim/hosts.svg $(SIM_CASES) && cat $(OUT)/sim/table.md
sim-all:
	@$(MAKE) --no-print-directory sim SIM_CASES="$(SIM_ALL)"
bench: all $(BENCH_PROGRAMS)
	@for script in $(BENCH_SCRIPTS); do BIN=$(OUT)/bin BENCH=$(OUT)/bench $$script || exit 1; done
bench-%: all $(BENCH_PROGRAMS)
	@BIN=$(OUT)/bin BENCH=$(OUT)/bench tests/bench/bench_$*.sh

##@ Check
TOP_FOLDERS := $(filter-out s3/serve s3/cli,$(LAYERS)) programs
CODE := $(sort $(shell find include $(TOP_FOLDERS) tests -name '*.[ch]' 2>/dev/null))
# The newest installed version; versions 14 to 19 format the code alike.
CLANG_FORMAT ?= $(shell third_party/newest.sh clang-format)
CLANG ?= $(shell third_party/newest.sh clang)
CLANG_TIDY ?= $(shell third_party/newest.sh clang-tidy)

## check: format, layers, sizes, public headers, hardening, shell scripts, warnings of gcc and clang, cppcheck, dialect, changelog, commit titles
check: $(BUILD)/packages-check $(BUILD)/packages-build $(BUILD)/packages-test check-format check-sizes check-headers check-shell check-clang check-cppcheck check-dialect check-changelog check-titles check-build
# A separate build in which warnings are errors.
check-build:
	@$(MAKE) --no-print-directory OUT=$(BUILD)/check SANITIZE= WERROR=1 layers check-hardening
check-hardening: all
	@echo "  CHECK hardening" && tests/tools/hardening.sh $(PROGRAMS:%=$(OUT)/bin/%)
check-format: $(BUILD)/packages-check
	@echo "  CHECK $(CLANG_FORMAT)" && $(CLANG_FORMAT) --dry-run --Werror $(CODE)
check-sizes:
	@echo "  CHECK sizes" && awk -f tests/tools/sizes.awk $(CODE) $$(find tests tools deploy third_party config -name '*.sh')
check-headers:
	@echo "  CHECK headers" && CC="$(CC)" PUBLIC_FLAGS="$(PUBLIC_FLAGS)" tests/tools/headers.sh
check-shell: $(BUILD)/packages-check
	@echo "  CHECK shell scripts" && { git ls-files '*.sh' .ci/run 2>/dev/null | grep . || find . -name '*.sh' -not -path './$(BUILD)/*'; } | xargs shellcheck -x -S warning
check-clang: $(BUILD)/packages-check
	@echo "  CHECK $(CLANG)" && printf '%s\n' $(filter %.c,$(CODE)) | \
	    xargs -P "$$(nproc)" -n 8 $(CLANG) -fsyntax-only $(INCLUDES) $(OWN_CPPFLAGS) -std=gnu11 $(WARNINGS) -Werror
check-cppcheck: $(BUILD)/packages-check
	@echo "  CHECK cppcheck" && cppcheck --quiet -j "$$(nproc)" --std=c11 --inline-suppr --error-exitcode=1 \
	    --enable=warning,portability --suppressions-list=tests/tools/cppcheck.txt $(INCLUDES) \
	    -DDECON_SHORT_NAMES -D_GNU_SOURCE -DDECON_VERSION='"$(VERSION)"' $(TOP_FOLDERS)

## check-browser: the pages of `decon review` and of a run in Chromium, where it is installed (not part of check)
check-browser: all
	@BIN=$(OUT)/bin tests/run.sh tests/browser/test_review_page.sh tests/browser/test_status_page.sh

## check-metrics: the metrics of orchestrator and server by promtool (not part of check)
check-metrics: all
	@third_party/install.sh metrics || true # the test reports it if it cannot be installed
	@REQUIRE_PROMTOOL=1 BIN=$(OUT)/bin tests/run.sh tests/e2e/test_metrics.sh

## layers: every #include and every call follows the table of folders in tests/tools/layers.awk (SHOW=1 prints it)
SYMBOLS := $(OUT)/obj/symbols.nm
LAYER_OBJECTS = $(call objects,$(foreach layer,$(LAYERS),$(call sources,$(layer))) $(wildcard programs/*.c))
$(SYMBOLS): $(LAYER_OBJECTS)
	@$(NM) -A -P $^ >$@
layers: $(SYMBOLS)
	@echo "  CHECK layers" && awk $(if $(SHOW),-v show=1) $(if $(LEFT_OUT),-v partial=1) -f tests/tools/layers.awk $(SYMBOLS) $(CODE)

## format: lays out the code as .clang-format says
format: $(BUILD)/packages-check
	$(CLANG_FORMAT) -i $(CODE)

## help: this list
help:
	@awk '/^##@ /{printf "\n%s:\n", substr($$0, 5)} \
	      /^## /{n = index($$0, ": "); printf "  make %-20s %s\n", substr($$0, 4, n - 4), substr($$0, n + 2)}' Makefile quality.mk install.mk packages.mk

include quality.mk
include packages.mk

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)

force:
.PHONY: all deps clean server health submit status orchestrate orchestrate-debug demo test test-programs e2e-helpers test-run \
        e2e live check-stores check-clients check-oracle soak sim sim-all bench fuzz fuzz-programs check check-build check-format check-hardening check-headers \
        check-sizes check-shell check-clang check-cppcheck check-browser check-metrics layers \
        format help force
.SECONDARY:
