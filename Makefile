# Build, test and run; `make help` lists the targets.
.DEFAULT_GOAL := all

VERSION  := 0.1.0
BUILD    ?= build
PREFIX   ?= /usr/local
CC       ?= cc
SANITIZE ?=
CONFIG   ?= config/orchestration.yaml
EVALS_DIR ?= config/sample-evals

# A build with sanitizers has a folder of its own beside the plain one.
ifneq ($(SANITIZE),)
OUT := $(BUILD)/sanitize
SANITIZE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
OPTIMIZE ?= -O1
else
OUT := $(BUILD)
OPTIMIZE ?= -O2
endif

XML_CFLAGS ?= -I/usr/include/libxml2
WARNINGS := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
            -Wwrite-strings -Wvla -Wformat=2 -Werror
CPPFLAGS += -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DDECON_VERSION='"$(VERSION)"' $(XML_CFLAGS)
# Scores are binary32 in a stated order: no fused multiply-add.
CFLAGS   += -std=gnu11 -g $(OPTIMIZE) -ffp-contract=off $(WARNINGS) $(SANITIZE_FLAGS)
LDFLAGS  += $(SANITIZE_FLAGS)
LDLIBS   := -lcurl -lcrypto -lxml2 -lyaml -ljansson -lz -lzstd -llzma -lbz2 -lmicrohttpd -lm -lpthread

PROGRAMS := decon-orchestrator decon-server decon-s3

# Every .c of a folder is in the folder's library, but the main files of the programs.
sources = $(filter-out %/main.c,$(wildcard $(1)/*.c))
objects = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
LAYERS  := base s3 s3/serve s3/cli compression orchestrator server
lib = $(OUT)/lib/lib$(subst /,_,$(1)).a

all: $(PROGRAMS:%=$(OUT)/bin/%)

define layer_rule
$(call lib,$(1)): $(call objects,$(call sources,$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	@$$(AR) rcs $$@ $$^
endef
$(foreach layer,$(LAYERS) tests/fake,$(eval $(call layer_rule,$(layer))))

link = @mkdir -p $(@D) && echo "  LD  $@" && $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) \
       -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

$(OUT)/bin/decon-orchestrator: $(call objects,orchestrator/main.c) $(foreach l,orchestrator s3 compression base,$(call lib,$(l)))
	$(link)
$(OUT)/bin/decon-server: $(call objects,server/main.c) $(foreach l,server compression base,$(call lib,$(l)))
	$(link)
$(OUT)/bin/decon-s3: $(call objects,s3/cli/main.c) $(foreach l,s3/cli s3/serve s3 base,$(call lib,$(l)))
	$(link)

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC  $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Tests: each tests/{unit,flow}/.../test_*.c is a program of its own; a test links what lies in its
# folder's layer and below.
TEST_SOURCES := $(sort $(shell find tests/unit tests/flow -name 'test_*.c' 2>/dev/null))
TEST_PROGRAMS := $(patsubst %.c,$(OUT)/%,$(TEST_SOURCES))

layers_base         := base
layers_s3           := s3/cli s3/serve s3 base
layers_compression  := compression base
layers_orchestrator := orchestrator s3 compression base
layers_server       := server compression base
define test_rule
$(OUT)/tests/unit/$(1)/%: $(OUT)/obj/tests/unit/$(1)/%.o $(call lib,tests/fake) $(foreach l,$(layers_$(1)),$(call lib,$(l)))
	$$(link) -lcmocka
endef
$(foreach layer,base s3 compression orchestrator server,$(eval $(call test_rule,$(layer))))
$(OUT)/tests/flow/%: $(OUT)/obj/tests/flow/%.o $(call lib,tests/fake) $(foreach l,$(layers_orchestrator),$(call lib,$(l)))
	$(link) -lcmocka

test-programs: $(TEST_PROGRAMS)
# `make unit-base`: builds with sanitizers and runs the unit tests of one folder.
unit-%:
	@$(MAKE) --no-print-directory SANITIZE=1 unit-run-$*
unit-run-%: 
	@$(MAKE) --no-print-directory SANITIZE=1 $(filter $(OUT)/tests/unit/$*/% $(OUT)/tests/$*/%,$(TEST_PROGRAMS))
	@tests/run.sh $(filter $(OUT)/tests/unit/$*/% $(OUT)/tests/$*/%,$(TEST_PROGRAMS))

clean:
	rm -rf $(BUILD)

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)

.PHONY: all clean test-programs
.SECONDARY:
