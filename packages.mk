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

## image: build/packages/decon-VERSION-linux-ARCH.oci.tar, an OCI image, made without a container engine
IMAGE := $(PACKAGES)/$(TARBALL_ROOT).oci.tar
image: tarball
	deploy/packages/image.sh $(VERSION) $(PACKAGES)/$(TARBALL_ROOT) $(IMAGE)
	@echo $(IMAGE)

## deb: the packages decon, decon-s3 and libdecon-dev for Debian and Ubuntu, in build/packages/deb; MAINTAINER=
deb: $(BUILD)/packages-build $(BUILD)/packages-package
	deploy/packages/deb.sh $(VERSION) $(PACKAGES)/deb

## rpm: the same for Fedora, RHEL and Amazon Linux, in build/packages/rpm
rpm: $(BUILD)/packages-build $(BUILD)/packages-package
	deploy/packages/rpm.sh $(VERSION) $(PACKAGES)/rpm

## sbom: build/packages/decon-VERSION.spdx.json, the programs' libraries with versions and licences (SPDX 2.3)
SBOM := $(PACKAGES)/decon-$(VERSION).spdx.json
sbom: all
	@mkdir -p $(PACKAGES)
	deploy/packages/sbom.sh $(VERSION) $(PROGRAMS:%=$(OUT)/bin/%) >$(SBOM).part && mv $(SBOM).part $(SBOM)
	@echo $(SBOM)

## check-packages: builds tarball, image, .deb and .rpm, and tries each in fresh systems below build/ (as root; minutes)
check-packages: check-tarball check-image check-deb check-rpm check-sbom
PACKAGE_TESTS := BIN=$(OUT)/bin PACKAGES=$(PACKAGES) TEST_TIMEOUT=3000 tests/run.sh
check-tarball: tarball
	@$(PACKAGE_TESTS) tests/packages/check_tarball.sh
check-image: image
	@$(PACKAGE_TESTS) tests/packages/check_image.sh
check-deb: deb
	@$(PACKAGE_TESTS) tests/packages/check_deb.sh
check-rpm: rpm
	@$(PACKAGE_TESTS) tests/packages/check_rpm.sh
## check-sbom: the document against the SPDX specification (spdx-tools)
check-sbom: sbom
	@$(PACKAGE_TESTS) tests/packages/check_sbom.sh

## check-reproducible: two builds in two folders, on two days: programs, libraries, tarball and image are equal byte for byte
check-reproducible: $(BUILD)/packages-build $(BUILD)/packages-package
	@tests/packages/check_reproducible.sh $(BUILD)/reproducible

.PHONY: tarball image deb rpm sbom check-packages check-tarball check-image check-deb check-rpm check-sbom check-reproducible
