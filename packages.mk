# Packages of the programs, and what proves them; docs/packages.md describes each. Included by the Makefile.
#
# All of it is made below build/packages. Dates in packages are SOURCE_DATE_EPOCH, which is the date of the last
# commit unless it is given: equal sources give equal bytes.
ifeq ($(origin SOURCE_DATE_EPOCH),undefined)
SOURCE_DATE_EPOCH := $(shell git log -1 --pretty=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)
endif
export SOURCE_DATE_EPOCH
PACKAGES := $(BUILD)/packages
ARCH ?= $(shell uname -m)

##@ Packages
## tarball: build/packages/decon-VERSION-linux-ARCH.tar.gz with all libraries but glibc; runs from any folder
TARBALL_ROOT := decon-$(VERSION)-linux-$(ARCH)
TARBALL := $(PACKAGES)/$(TARBALL_ROOT).tar.gz
tarball: all $(BUILD)/packages-package
	@rm -rf $(PACKAGES)/$(TARBALL_ROOT)
	@$(MAKE) --no-print-directory -s install-programs DESTDIR=$(PACKAGES)/ PREFIX=$(TARBALL_ROOT)
	deploy/packages/tarball.sh $(VERSION) $(PACKAGES)/$(TARBALL_ROOT) $(TARBALL)
	@echo $(TARBALL)

## sbom: build/packages/decon-VERSION.spdx.json, the programs' libraries with versions and licences (SPDX 2.3)
SBOM := $(PACKAGES)/decon-$(VERSION).spdx.json
sbom: all
	@mkdir -p $(PACKAGES)
	deploy/packages/sbom.sh $(VERSION) $(PROGRAMS:%=$(OUT)/bin/%) >$(SBOM).part && mv $(SBOM).part $(SBOM)
	@echo $(SBOM)

## check-tarball: the tarball in other folders, and in a root that has nothing but glibc (as root)
PACKAGE_TESTS := BIN=$(OUT)/bin PACKAGES=$(PACKAGES) TEST_TIMEOUT=3000 tests/run.sh
check-tarball: tarball
	@$(PACKAGE_TESTS) tests/packages/check_tarball.sh

.PHONY: tarball sbom check-tarball
