#!/usr/bin/env bash
# The bill of materials against the SPDX specification, by spdx-tools. Not part of `make test`: make check-sbom.
. "$(dirname "$0")/lib.sh"
document=$(echo "$packages"/decon-*.spdx.json)

validate() {
    local python
    python=$("$top/third_party/python_packages.sh" sbom spdx-tools==0.8.3)
    "$python/bin/python" - "$1" <<'PYTHON'
import sys

from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

document = parse_file(sys.argv[1])
messages = [m.validation_message for m in validate_full_spdx_document(document, "SPDX-2.3")]
print(len(document.packages), "packages", len(document.relationships), "relationships", *messages, sep="\n")
sys.exit(bool(messages))
PYTHON
}

test_it_is_a_valid_spdx_document() {
    validate "$document" >"$T/said" 2>&1 || fail "$(cat "$T/said")"
    sed 's/"licenseDeclared": "MIT"/"licenseDeclared": "Not A Licence"/' "$document" >"$T/bad.spdx.json"
    ! validate "$T/bad.spdx.json" >"$T/said" 2>&1 || fail 'a document with a false licence is valid'
}

run_tests
