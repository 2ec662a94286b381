# What `make install` puts beside the programs: the two libraries, for other programs' use. Included
# by the Makefile.
#
# A library is one static archive: its own layer and of base what it stands on (no options, no
# server), so that no other package is needed than its pkg-config file names.
LIBRARIES := s3 compression
library_objects = $(call objects,$(filter-out base/options/% base/httpd%,$(call sources,$(1)) $(call sources,base)))
define library_rule
$(OUT)/lib/libdecon-$(1).a: $(call library_objects,$(1))
	@mkdir -p $$(@D) && rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach library,$(LIBRARIES),$(eval $(call library_rule,$(library))))

# Headers that programs may include; each says what it is, who owns what, which thread, how it fails.
HEADERS := $(sort $(wildcard include/decon/*/*.h include/decon/*/*.def))

install_to := $(DESTDIR)$(PREFIX)

## install: programs, man pages, libraries with headers and pkg-config files, samples, documentation; PREFIX, DESTDIR
install: all install-libraries
	install -d $(install_to)/bin $(install_to)/share/doc/decon/examples $(install_to)/share/man/man1 $(install_to)/share/decon
	install -m 644 $(wildcard detection/data/*.tiktoken*) detection/data/README.md $(install_to)/share/decon
	install -m 755 $(PROGRAMS:%=$(OUT)/bin/%) $(install_to)/bin
	install -m 644 $(wildcard docs/man/*.1) $(install_to)/share/man/man1
	install -d $(install_to)/share/bash-completion/completions
	for p in $(PROGRAMS); do $(OUT)/bin/$$p completion >$(OUT)/$$p.bash && \
	    install -m 644 $(OUT)/$$p.bash $(install_to)/share/bash-completion/completions/$$p || exit 1; done
	install -m 644 README.md CHANGELOG.md $(wildcard docs/*.md config/*.yaml) $(install_to)/share/doc/decon
	install -m 644 $(wildcard docs/examples/*.c) $(install_to)/share/doc/decon/examples

install-libraries: $(LIBRARIES:%=$(OUT)/lib/libdecon-%.a)
	install -d $(install_to)/lib/pkgconfig $(sort $(dir $(HEADERS:%=$(install_to)/%)))
	install -m 644 $(LIBRARIES:%=$(OUT)/lib/libdecon-%.a) $(install_to)/lib
	for h in $(HEADERS); do install -m 644 $$h $(install_to)/$$h || exit 1; done
	for l in $(LIBRARIES); do sed 's|@VERSION@|$(VERSION)|' $$l/decon-$$l.pc.in \
	    >$(install_to)/lib/pkgconfig/decon-$$l.pc || exit 1; done

.PHONY: install install-libraries
