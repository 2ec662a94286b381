# shellcheck shell=bash
# Shared by the tests of decon-s3 serve, after lib.sh: requests by curl, and expectations of replies.

# ask METHOD TARGET [CURL-WORD...]: headers in $T/head, body in $T/body, status in $code.
ask() {
    local method=$1 target=$2
    shift 2
    local how=(-X "$method")
    [ "$method" != HEAD ] || how=(-I)
    # curl 8.14 does not sign requests with --path-as-is.
    case " $* " in *' --aws-sigv4 '*) ;; *) how+=(--path-as-is) ;; esac
    code=$(curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' "${how[@]}" "$@" "$AWS_ENDPOINT_URL$target") ||
        code="curl's $?"
}

# ask_put TARGET TEXT [CURL-WORD...]
ask_put() {
    local target=$1 text=$2
    shift 2
    ask PUT "$target" --data-binary "$text" -H 'Content-Type: text/plain' "$@"
}

expect_code() {
    [ "$code" = "$1" ] || fail "status $code, expected $1: $(cat "$T/body" "$T/head")"
}

# expect_header LINE, expect_no_header NAME: the case of names is ignored.
expect_header() {
    tr -d '\r' <"$T/head" | grep -qixF -- "$1" || fail "no header '$1': $(cat "$T/head")"
}
expect_no_header() {
    ! grep -qi -- "^$1:" "$T/head" || fail "header $1: $(cat "$T/head")"
}

expect_body() {
    grep -qF -- "$1" "$T/body" || fail "not in the body: $1: $(cat "$T/body")"
}

expect_refusal() { # STATUS CODE
    expect_code "$1"
    expect_body "<Code>$2</Code>"
}

etag_of() {
    tr -d '\r' <"$T/head" | sed -n 's/^etag: //Ip'
}

start_open() {
    start_store --anonymous all "$@"
    ask PUT /trial
    expect_code 200
}

# Checksums of `hello world`.
crc32='x-amz-checksum-crc32: DUoRhQ=='
crc32c='x-amz-checksum-crc32c: yZRlqg=='
crc64='x-amz-checksum-crc64nvme: jSnVw/bqjr4='
sha1='x-amz-checksum-sha1: Kq5sNclPz7QV2+lfQIuc6R7oRu0='
sha256='x-amz-checksum-sha256: uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek='

# create KEY [CURL-WORD...]: the upload's id in $id.
create() {
    local key=$1
    shift
    ask POST "/trial/$key?uploads" "$@"
    id=$(sed -n 's|.*<UploadId>\(.*\)</UploadId>.*|\1|p' "$T/body")
}

# part KEY NUMBER FILE [CURL-WORD...]: adds to the list of parts in $parts.
part() {
    local key=$1 number=$2 file=$3
    shift 3
    ask PUT "/trial/$key?partNumber=$number&uploadId=$id" --data-binary "@$file" "$@"
    expect_code 200
    parts+="<Part><PartNumber>$number</PartNumber><ETag>$(etag_of)</ETag></Part>"
}

# complete KEY [CURL-WORD...]
complete() {
    local key=$1
    shift
    ask POST "/trial/$key?uploadId=$id" -d "<CompleteMultipartUpload>$parts</CompleteMultipartUpload>" "$@"
}

five_mib_and_a_bit() {
    head -c 5242880 /dev/zero | tr '\0' x >"$T/five"
    printf 'hello world' >"$T/bit"
}
