# Packages of the programs, and their checks; docs/packages.md describes each. Included by the Makefile.
#
# Everything is built below build/packages. Dates in packages are SOURCE_DATE_EPOCH (default: the
# date of the last commit): equal sources give equal bytes.
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

## check-packages: builds tarball, image, .deb and .rpm, and tests each in fresh systems below build/ (as root; minutes)
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

# arm64, cross-compiled: compiler and qemu-user of this system, libraries of Debian's arm64 packages
# in a separate folder, so that this system keeps its packages and architectures.
ARM64_PREFIX ?= aarch64-linux-gnu-
ARM64_RUN ?= qemu-aarch64
ARM64_ROOT := $(abspath $(BUILD)/arm64/sysroot)
ARM64_LIBRARIES := libc6-dev libcurl4-openssl-dev libssl-dev libmicrohttpd-dev libjansson-dev libyaml-dev libxml2-dev \
                   zlib1g-dev libzstd-dev libbz2-dev liblzma-dev libcmocka-dev
ARM64_BUILD = BUILD=$(BUILD)/arm64 ARCH=aarch64 SANITIZE= LDFLAGS= SYSROOT=$(ARM64_ROOT) RUN="$(ARM64_RUN) -L $(ARM64_ROOT)" \
              CC="$(ARM64_PREFIX)gcc --sysroot=$(ARM64_ROOT)" $(foreach tool,AR NM LD OBJCOPY STRIP,$(tool)=$(ARM64_PREFIX)$(shell echo $(tool) | tr A-Z a-z)) \
              XML_CFLAGS=-I$(ARM64_ROOT)/usr/include/libxml2
$(ARM64_ROOT)/owners.txt: deploy/packages/sysroot.sh | $(BUILD)/packages-arm64
	@echo "  GET $(ARM64_ROOT)" && deploy/packages/sysroot.sh arm64 $(ARM64_ROOT) $(ARM64_LIBRARIES)

## tarball-arm64, image-arm64: the same for arm64, cross-compiled, in build/arm64/packages
tarball-arm64 image-arm64: %-arm64: $(ARM64_ROOT)/owners.txt
	@$(MAKE) --no-print-directory $(PARALLEL) $(ARM64_BUILD) $*

## deb-arm64: the Debian packages for arm64, cross-compiled in a separate system below build/arm64 (as root)
deb-arm64: $(BUILD)/packages-package
	deploy/packages/deb_arm64.sh $(VERSION) $(BUILD)/arm64/packages/deb $(BUILD)/arm64/debian

## check-deb-arm64: installs them in that system, and runs the programs by qemu-user
check-deb-arm64: deb-arm64
	@PACKAGES=$(BUILD)/arm64/packages ROOT=$(BUILD)/arm64/debian BIN=$(OUT)/bin tests/run.sh tests/packages/check_deb_arm64.sh

## check-arm64: the unit and flow tests and the programs, cross-compiled and run by qemu-user
# Excluded, because qemu-user 7.2 does not support restarting a program, mount points, ending its
# own processes, memory limits or system call filters; and test_decoder, whose list of bits that may
# differ applies to zstd's output on x86-64.
ARM64_LEFT_OUT := $(patsubst %,tests/unit/%.c,base/test_output base/test_log base/test_fs_guard base/loop/test_loop_process \
    compression/test_out_of_memory detection/job/test_job_isolation detection/job/test_worker_processes compression/stream/test_decoder)
ARM64_TESTS := $(patsubst %.c,$(BUILD)/arm64/%,$(filter-out $(ARM64_LEFT_OUT),$(UNIT_AND_FLOW)))
check-arm64: $(ARM64_ROOT)/owners.txt
	@$(MAKE) --no-print-directory $(PARALLEL) $(ARM64_BUILD) all $(ARM64_TESTS)
	@RUN="$(ARM64_RUN) -L $(ARM64_ROOT)" WRAPPER="$(ARM64_RUN) -L $(ARM64_ROOT)" BIN=$(BUILD)/arm64/bin TEST_TIMEOUT=1800 \
	    tests/run.sh $(ARM64_TESTS)

.PHONY: tarball-arm64 image-arm64 check-arm64 deb-arm64 check-deb-arm64
.PHONY: tarball image deb rpm sbom check-packages check-tarball check-image check-deb check-rpm check-sbom check-reproducible
