# Checks that take longer than `make check`, and figures. Included by the Makefile.
#
# Each build with other instrumentation has its own folder below build/.
UNIT_AND_FLOW := $(filter tests/unit/%.c tests/flow/%.c,$(TEST_SOURCES))

##@ Quality
## figures: sizes of functions, files and folders against the limits of docs/design.md
figures:
	@tests/tools/figures.sh $(filter-out tests/%,$(CODE))

# Changed lines only, against this revision; skipped where it does not exist.
BASE ?= origin/main
have_base = git rev-parse --quiet --verify '$(BASE)^{commit}' >/dev/null 2>&1

## check-dialect: words that docs/glossary.md replaces, in lines changed since BASE=origin/main (ALL=1: in all lines)
check-dialect:
	@echo "  CHECK dialect"
	@if [ -n "$(ALL)" ]; then tests/tools/dialect.sh; \
	 elif $(have_base); then tests/tools/dialect.sh $(BASE); fi

## check-titles: titles of the commits since BASE=origin/main
check-titles:
	@echo "  CHECK commit titles"
	@if $(have_base); then tests/tools/titles.sh $(BASE); fi

## check-tsan: unit and flow tests under ThreadSanitizer; SUBSET=1: code that starts threads, as .ci/run does
THREADED := base/test_pool base/test_op base/test_log base/test_output base/httpd/test_httpd base/httpd/test_httpd_limits \
    compression/test_recode compression/stream/test_decoder detection/index/test_build_team detection/job/test_scan_pool \
    detection/job/test_jobs detection/job/test_metrics detection/http/test_routes
TSAN_BUILD = BUILD=$(BUILD)/tsan SANITIZE=1 SANITIZE_FLAGS="-fsanitize=thread -fno-omit-frame-pointer"
# Its shadow memory does not fit every random layout. Some containers forbid to switch it off.
NO_ASLR = $(shell setarch -R true 2>/dev/null && echo setarch -R)
TSAN_TESTS = $(patsubst %.c,$(BUILD)/tsan/sanitize/%,$(if $(SUBSET),$(THREADED:%=tests/unit/%.c),$(UNIT_AND_FLOW)))
check-tsan: $(BUILD)/packages-build $(BUILD)/packages-test
	@$(MAKE) --no-print-directory $(PARALLEL) $(TSAN_BUILD) $(TSAN_TESTS)
	@TSAN_OPTIONS="exitcode=66 die_after_fork=0" WRAPPER="$(NO_ASLR)" tests/run.sh $(TSAN_TESTS)

## check-valgrind: unit and flow tests of the plain build under valgrind: uninitialised values, leaks; SUBSET=1: readers of what comes from outside, as .ci/run does
READERS := base/json/% base/options/% base/yaml/% compression/keys/% compression/pieces/% detection/convert/% \
    orchestrator/fleet/% s3/config/% s3/protocol/%
VALGRIND := valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite
VALGRIND_TESTS = $(patsubst %.c,$(BUILD)/%,$(if $(SUBSET),$(filter $(READERS:%=tests/unit/%),$(UNIT_AND_FLOW)),$(UNIT_AND_FLOW)))
check-valgrind: $(BUILD)/packages-build $(BUILD)/packages-test $(BUILD)/packages-check
	@$(MAKE) --no-print-directory $(PARALLEL) BUILD=$(BUILD) SANITIZE= $(VALGRIND_TESTS)
	@WRAPPER="$(VALGRIND)" TEST_TIMEOUT=1800 tests/run.sh $(VALGRIND_TESTS)

## torture: runs in which one call fails (allocation, file, network, thread), then power cuts; COUNT=200, SEED=1; at most 10 minutes
torture: all $(PRELOADS) $(OUT)/tests/torture/power_cut
	@BIN=$(OUT)/bin TESTS=$(OUT)/tests tests/torture/torture.sh
	@BIN=$(OUT)/bin TESTS=$(OUT)/tests tests/torture/power.sh

## coverage: lines that the tests execute, per folder; exit status 1 below COVERAGE_LEAST=85 % in one; JOBS=; minutes
# The report is build/coverage/report.txt. Excluded are tests of the build and of packages, and those that end programs by
# SIGKILL, which leaves no counters.
COVERAGE_BUILD = OUT=$(BUILD)/coverage SANITIZE= HARDENING=0 CFLAGS="-O0 -g --coverage -fprofile-update=atomic"
COVERAGE_LEAST ?= 85
COVERAGE_SCRIPTS := $(filter-out $(patsubst %,tests/e2e/test_%.sh,build checks chaos contributing layers library packages \
    release third_party torture),$(wildcard tests/e2e/test_*.sh))
coverage: $(BUILD)/packages-build $(BUILD)/packages-test $(BUILD)/packages-coverage
	@find $(BUILD)/coverage -name '*.gcda' -delete 2>/dev/null || true
	@$(MAKE) --no-print-directory $(PARALLEL) $(COVERAGE_BUILD) all test-programs
	@END_GENTLY=1 TEST_TIMEOUT=1200 BIN=$(BUILD)/coverage/bin tests/run.sh \
	    $(TEST_PROGRAMS:$(OUT)/%=$(BUILD)/coverage/%) $(FUZZ_REPLAYS:$(OUT)/%=$(BUILD)/coverage/%) $(COVERAGE_SCRIPTS) || \
	    echo "coverage: some tests failed; the figures lack what they would have executed"
	@gcovr -r . -j "$$(nproc)" --exclude tests/ --csv $(BUILD)/coverage/files.csv $(BUILD)/coverage/obj
	@awk -v least=$(COVERAGE_LEAST) -f tests/tools/coverage.awk $(BUILD)/coverage/files.csv >$(BUILD)/coverage/report.txt; \
	    status=$$?; cat $(BUILD)/coverage/report.txt; exit $$status

## chaos: 60 SIGKILLs of orchestrator, server and store at numbered events, then the outputs are compared (KILLS=, FILES=, SEED=, ONLY=)
chaos: all $(CHAOS_HELPERS)
	@BIN=$(OUT)/bin HELPERS=$(OUT)/tests tests/chaos/chaos.sh

## check-deploy: the files of deploy/ against systemd, Kubernetes' schemas, AWS Batch's parameters, poormanray's options, and a MinIO under their policy
check-deploy: all $(BUILD)/packages-deploy
	@TEST_TIMEOUT=1800 REQUIRE_LIVE=1 BIN=$(OUT)/bin tests/run.sh tests/deploy/check_deploy.sh tests/live/policy.sh

## check-slurm: an array job on a real Slurm of this host (as root): one task requeued, slurmd restarted; FILES=240
check-slurm: all $(BUILD)/packages-slurm
	@BIN=$(OUT)/bin tests/slurm/check_slurm.sh

## compile_commands.json: the compilation database for editors and clang tools
compile_commands.json: force
	@tests/tools/compile_commands.sh '$(subst ','\'',$(CC) $(INCLUDES) $(CPPFLAGS) $(OWN_CPPFLAGS) -std=gnu11 $(CFLAGS))' \
	    $(filter %.c,$(CODE)) >$@

## check-tidy: clang-tidy with the checks of .clang-tidy (Debian: clang-tidy)
check-tidy: compile_commands.json
	@echo "  CHECK clang-tidy" && printf '%s\n' $(filter %.c,$(CODE)) | \
	    xargs -P "$$(nproc)" -n 16 $(CLANG_TIDY) --quiet -p .

## check-changelog: the sections of CHANGELOG.md: one for what is unreleased, then versions with their dates
check-changelog:
	@echo "  CHECK changelog" && awk -f tests/tools/changelog.awk CHANGELOG.md

## release: a source archive of the tag v$(VERSION) in build/; it builds without git, network and package manager
release:
	@mkdir -p $(BUILD)
	@tools/release.sh '$(VERSION)' $(BUILD)/decon-$(VERSION).tar.gz

## check-release: such an archive of HEAD, built and used without git, network and package manager (minutes)
check-release:
	@TEST_TIMEOUT=3000 tests/run.sh tests/packages/check_release.sh

.PHONY: figures check-dialect check-titles check-tsan check-valgrind coverage check-tidy check-changelog release check-release torture chaos check-deploy check-slurm
