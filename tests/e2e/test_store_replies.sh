#!/usr/bin/env bash
# docs/store-replies.md: each cell of its table has its test, and each test its cell.
. "$(dirname "$0")/lib.sh"
doc=$top/docs/store-replies.md

# "operation|PROPERTY|codes" of the cells in the tests, codes in the order R E P.
cells_of_tests() {
    cat "$top"/tests/unit/s3/*/test_replies_*.c | tr '\n' ' ' |
        grep -oE '\{"[^"]+", *[A-Z]+, *(RIGHT|FAILS|PROVEN),' |
        sed -E 's/^\{"([^"]+)", *([A-Z]+), *([A-Z]+),$/\1|\2|\3/' | sort -u |
        awk -F'|' '{ seen[$1 "|" $2] = seen[$1 "|" $2] " " $3 }
            END {
                for (cell in seen) {
                    codes = seen[cell] ~ /RIGHT/ ? "R" : ""
                    codes = codes (seen[cell] ~ /FAILS/ ? (codes ? " E" : "E") : "")
                    codes = codes (seen[cell] ~ /PROVEN/ ? (codes ? " P" : "P") : "")
                    print cell "|" codes
                }
            }' | sort
}
# The same for the document, including cells with a reason (-n).
cells_of_doc() {
    awk -F' *[|] *' '
        /^\| operation \|/ { for (i = 3; i < NF; i++) name[i] = toupper($i); on = 1; next }
        on && !/^\|/ { exit }
        on && !/^\|---/ { for (i = 3; i < NF; i++) print $2 "|" name[i] "|" $i }
    ' "$doc" | sort
}

test_each_cell_has_its_test() {
    cells_of_tests >"$T/tests"
    cells_of_doc | grep -v '|-[0-9]$' >"$T/doc"
    [ "$(wc -l <"$T/doc")" -ge 250 ] || fail "only $(wc -l <"$T/doc") cells"
    diff "$T/doc" "$T/tests" || fail 'the document (<) and the tests (>) differ'
}
test_what_is_not_tried_has_a_reason() {
    local cell reason
    cells_of_doc | grep '|-[0-9]$' >"$T/doc"
    [ -s "$T/doc" ] || fail 'no cells'
    while read -r cell; do
        reason=${cell##*|-}
        grep -q "^$reason\. " "$doc" || fail "no reason $reason: $cell"
    done <"$T/doc"
}
test_every_operation_and_property_has_a_cell() {
    local name operations properties
    operations=$(cells_of_doc | cut -d'|' -f1 | sort -u)
    for name in ListObjectsV2 ListBuckets ListMultipartUploads HeadBucket HeadObject GetObject \
        GetObjectTagging PutObjectTagging DeleteObjectTagging GetBucketVersioning PutBucketVersioning PutObject CreateMultipartUpload UploadPart CompleteMultipartUpload \
        AbortMultipartUpload CopyObject UploadPartCopy DeleteObject DeleteObjects CreateBucket \
        DeleteBucket AssumeRole AssumeRoleWithWebIdentity GetCallerIdentity; do
        grep -qxF "$name" <<<"$operations" || fail "no row $name"
    done
    # Operations that the client sends and this list lacks.
    grep -rhoE --exclude=presign.c '(\.operation = |_(new|request|begin)\(([a-z]+, )+)"[A-Z][A-Za-z0-9]+"' \
        "$top"/s3/{get,operations,put} | sort -u | cut -d'"' -f2 | while read -r name; do
        grep -qxF "$name" <<<"$operations" || fail "no row $name"
    done
    properties=$(sed -nE 's/^\| operation \| (.*) \|$/\1/p' "$doc" | sed 's/ | /\n/g' | sort)
    [ "$properties" = "$(sed -n '/lie_names\[LIES\] = {/,/};/p' "$top/tests/fake/lying_store.c" |
        grep -oE '"[a-z]+"' | tr -d '"' | sort)" ] || fail 'properties differ from lie_names'
}
test_files_that_are_named_exist() {
    local file
    grep -oE '`tests/[a-z0-9_/.]+`' "$doc" | tr -d '`' | sort -u >"$T/files"
    [ "$(wc -l <"$T/files")" -ge 7 ] || fail "$(cat "$T/files")"
    while read -r file; do
        [ -e "$top/$file" ] || fail "there is no $file"
    done <"$T/files"
}
run_tests
