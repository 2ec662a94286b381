# `make install`: the programs, and libraries for other programs. Included by the Makefile.
#
# decon-s3 and decon-compression are built on decon-base (no options, progress, YAML, signatures or
# server), so that a program may link both. Its event loop is a separate unit: a program that uses
# only decon-compression needs no libcurl. Each unit is one relocatable object that exports what the
# public headers declare (tools/library.sh).
LIBRARIES := base s3 compression
LIBRARY_FILES := $(LIBRARIES:%=$(OUT)/lib/libdecon-%.a)
base_units := $(filter-out base/options/% base/progress/% base/service/% base/yaml/% base/httpd% \
    base/security/accounts% base/security/process_guard% base/signature/%,$(call sources,base))
unit_core := $(filter-out base/loop/%,$(base_units))
unit_loop := $(filter base/loop/%,$(base_units))
LIBRARY_SOURCES := $(base_units) $(call sources,s3) $(call sources,compression)

# Turns objects for link-time optimisation into machine code.
RELOCATE = $(if $(findstring -flto,$(CFLAGS)),$(CC) $(CFLAGS) $(OWN_CFLAGS) -r -nostdlib -flinker-output=nolto-rel,$(LD) -r)
$(LIBRARY_FILES): $(OUT)/lib/libraries ;
$(OUT)/lib/libraries: $(call objects,$(LIBRARY_SOURCES)) tools/library.sh base/names/short_names.h $(wildcard include/decon/*/*.h)
	@mkdir -p $(@D) && echo "  LIB $(LIBRARY_FILES)"
	@CC="$(CC)" PUBLIC_FLAGS="$(PUBLIC_FLAGS)" RELOCATE="$(RELOCATE)" NM="$(NM)" OBJCOPY="$(OBJCOPY)" AR="$(AR)" tools/library.sh $(@D) \
	    base/core $(call objects,$(unit_core)) -- base/loop $(call objects,$(unit_loop)) -- \
	    s3/s3 $(call objects,$(call sources,s3)) -- compression/compression $(call objects,$(call sources,compression))
	@touch $@

# Public headers; each states what it is, who owns what, which threads may call, how it fails.
HEADERS := $(sort $(wildcard include/decon/*/*.h include/decon/*/*.def))

install_to := $(DESTDIR)$(PREFIX)
# Below PREFIX, such as lib/x86_64-linux-gnu.
LIBDIR ?= lib
# Vocabularies fetched by third_party/vocabularies.sh; cl100k is built into the program.
VOCABULARIES := $(filter-out %/cl100k_base.tiktoken.xz,$(wildcard detection/data/*.tiktoken*))
COMPLETED  := $(PROGRAMS) decon-server

# S5CMD=1: also installs decon-s3 as s5cmd, whose command line it then accepts.
S5CMD ?=

## install: programs, man pages, libraries with headers and pkg-config files, samples, documentation; PREFIX, DESTDIR, S5CMD=1
install: install-programs install-libraries

# RUN: prefix for programs of another architecture (`qemu-aarch64 -L SYSROOT`).
RUN ?=
install-programs: all
	install -d $(install_to)/bin $(install_to)/share/doc/decon/examples $(install_to)/share/man/man1 $(install_to)/share/decon
	$(if $(VOCABULARIES),install -m 644 $(VOCABULARIES) $(install_to)/share/decon)
	install -d $(install_to)/share/decon/sample-evals
	install -m 644 $(wildcard config/sample-evals/*.jsonl) $(install_to)/share/decon/sample-evals
	install -m 755 $(PROGRAMS:%=$(OUT)/bin/%) $(install_to)/bin
	ln -sf decon $(install_to)/bin/decon-server
	$(if $(filter-out 0,$(S5CMD)),[ "$$(readlink $(install_to)/bin/s5cmd)" = decon-s3 ] || ln -s decon-s3 $(install_to)/bin/s5cmd)
	install -m 644 $(wildcard docs/man/*.1) $(install_to)/share/man/man1
	install -d $(install_to)/share/bash-completion/completions
	for p in $(COMPLETED); do $(RUN) $(OUT)/bin/$$p completion >$(OUT)/$$p.bash && \
	    install -m 644 $(OUT)/$$p.bash $(install_to)/share/bash-completion/completions/$$p || exit 1; done
	install -d $(install_to)/share/zsh/site-functions $(install_to)/share/fish/vendor_completions.d
	$(RUN) $(OUT)/bin/decon-s3 completion zsh >$(OUT)/decon-s3.zsh && install -m 644 $(OUT)/decon-s3.zsh $(install_to)/share/zsh/site-functions/_decon-s3
	$(RUN) $(OUT)/bin/decon-s3 completion fish >$(OUT)/decon-s3.fish && install -m 644 $(OUT)/decon-s3.fish $(install_to)/share/fish/vendor_completions.d/decon-s3.fish
	install -m 644 README.md CHANGELOG.md $(wildcard docs/*.md docs/*.json config/*.yaml) $(install_to)/share/doc/decon
	install -m 644 detection/data/README.md $(install_to)/share/doc/decon/vocabularies.md
	install -m 644 $(wildcard docs/examples/*.c) $(install_to)/share/doc/decon/examples

# Relative path from the folder of pkg-config files to PREFIX.
up = ..$(subst $() $(),,$(patsubst %,/..,$(subst /, ,$(LIBDIR))))
install-libraries: $(LIBRARY_FILES)
	install -d $(install_to)/$(LIBDIR)/pkgconfig $(sort $(dir $(HEADERS:%=$(install_to)/%)))
	install -m 644 $(LIBRARY_FILES) $(install_to)/$(LIBDIR)
	for h in $(HEADERS); do install -m 644 $$h $(install_to)/$$h || exit 1; done
	for l in $(LIBRARIES); do sed 's|@VERSION@|$(VERSION)|; s|@LIBDIR@|$(LIBDIR)|; s|@UP@|$(up)|' $$l/decon-$$l.pc.in \
	    >$(install_to)/$(LIBDIR)/pkgconfig/decon-$$l.pc || exit 1; done

# Paths created by install, below PREFIX; its folders are removed if they are empty.
INSTALLED = share/zsh/site-functions/_decon-s3 share/fish/vendor_completions.d/decon-s3.fish $(COMPLETED:%=bin/%) $(COMPLETED:%=share/bash-completion/completions/%) \
    $(patsubst docs/man/%,share/man/man1/%,$(wildcard docs/man/*.1)) \
    $(VOCABULARIES:detection/data/%=share/decon/%) share/doc/decon/vocabularies.md \
    $(patsubst config/sample-evals/%,share/decon/sample-evals/%,$(wildcard config/sample-evals/*.jsonl)) \
    $(addprefix share/doc/decon/,README.md CHANGELOG.md $(notdir $(wildcard docs/*.md docs/*.json config/*.yaml))) \
    $(patsubst docs/examples/%,share/doc/decon/examples/%,$(wildcard docs/examples/*.c)) \
    $(LIBRARIES:%=$(LIBDIR)/libdecon-%.a) $(LIBRARIES:%=$(LIBDIR)/pkgconfig/decon-%.pc) $(HEADERS)
INSTALLED_FOLDERS = share/decon/sample-evals share/decon share/doc/decon/examples share/doc/decon \
    $(sort $(patsubst %/,%,$(dir $(HEADERS)))) include/decon

## uninstall: removes what install of this version puts there; PREFIX, DESTDIR
uninstall:
	rm -f $(INSTALLED:%=$(install_to)/%)
	[ "$$(readlink $(install_to)/bin/s5cmd)" != decon-s3 ] || rm -f $(install_to)/bin/s5cmd
	for d in $(INSTALLED_FOLDERS); do [ ! -d $(install_to)/$$d ] || \
	    rmdir --ignore-fail-on-non-empty $(install_to)/$$d; done

.PHONY: install install-programs install-libraries uninstall
