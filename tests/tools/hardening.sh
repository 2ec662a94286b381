#!/usr/bin/env bash
# Checks that programs were built with the default hardening: position-independent, read-only
# relocations, all symbols bound at the start, no executable stack; and, unless they were built with a
# sanitizer, the stack protector and calls that _FORTIFY_SOURCE checks.
#   tests/tools/hardening.sh PROGRAM...
set -euo pipefail
status=0
for program in "$@"; do
    headers=$(readelf -hlW "$program")
    dynamic=$(readelf -dW "$program")
    symbols=$(readelf -sW --dyn-syms "$program")
    # expect WHAT TEXT PATTERN
    expect() {
        grep -qE "$3" <<<"$2" || {
            echo "$program: $1 is missing"
            status=1
        }
    }
    expect 'PIE (-pie)' "$headers" '^ *Type: +DYN'
    expect 'RELRO (-z relro)' "$headers" '^ *GNU_RELRO'
    expect 'a stack that is not executable (-z noexecstack)' "$headers" '^ *GNU_STACK .* RW +0x'
    expect 'BIND_NOW (-z now)' "$dynamic" '\((FLAGS|FLAGS_1|BIND_NOW)\).*(BIND_NOW|NOW)'
    ! grep -qE '__(asan|ubsan|tsan)_' <<<"$symbols" || continue
    expect 'the stack protector (-fstack-protector-strong)' "$symbols" '__stack_chk_fail'
    expect '_FORTIFY_SOURCE' "$symbols" '__(v?snprintf|v?fprintf|memcpy|read|pread(64)?)_chk'
done
exit $status
