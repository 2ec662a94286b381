# The limits of docs/design.md: functions of 70 lines, files of 450, and headers of 150, except those
# of the tests and the list of names. Variables that are released at the end of their scope
# (AUTO, AUTO_FREE, ...) have an initialiser: an early return would release uninitialised memory.
# clang-format 14 lays out a macro whose text is in braces, and a cast before a string, otherwise than
# later versions: such a macro is between "clang-format off" and "on".
# Every source with a function includes base/util.h, which forbids functions (base/banned.h).
# Shell scripts have the limit of lines only.
# Usage: awk -f tests/tools/sizes.awk FILE...
# Relies on the committed layout: a function's braces stand alone in the first column.
function fault(path, line, words) {
    printf "%s:%d: %s\n", path, line, words
    faults++
}
function end_file() {
    if (functions && !bans && path ~ /\/.*\.c$/ && path !~ /^(tests|programs)\//) {
        fault(path, 1, "#include \"base/util.h\" is missing")
    }
    functions = bans = 0
    if (path ~ /\.h$/ && path !~ /^tests\// && path != "base/names/short_names.h" && lines > 150) {
        fault(path, lines, "a header of " lines " lines (120 is the aim, 150 the most)")
    } else if (lines > 450) {
        fault(path, lines, "a file of " lines " lines (450 is the most)")
    }
}
FNR == 1 {
    end_file()
    path = FILENAME
}
{
    lines = FNR
}
path ~ /\.sh$/ {
    next
}
/^[ \t]+AUTO[A-Z_]*(\(|[ \t]).*;/ && !/=/ {
    fault(path, FNR, "a variable with automatic release and no initialiser (for a buf: BUF(max_bytes))")
}
/clang-format off/ {
    off = 1
}
/clang-format on/ {
    off = 0
}
!off && /^    \{ *\\$/ && last ~ /^#define .*\\$/ || /\(uintptr_t\) "/ {
    fault(path, FNR, "versions of clang-format differ here; put the macro between clang-format off and on, the string in parentheses")
}
{
    last = $0
}
/^#include "base\/util\.h"/ {
    bans = 1
}
/^{/ {
    functions = 1
    start = FNR
}
/^}/ && start {
    if (FNR - start - 1 > 70) {
        fault(path, start, "a function of " (FNR - start - 1) " lines (70 is the most)")
    }
    start = 0
}
END {
    end_file()
    exit faults > 0
}
