# Sums up gcovr's table of files (CSV: name, lines, covered lines, ...) by folder, as a table of Markdown.
# Usage: awk [-v least=PERCENT] -f tests/tools/coverage.awk files.csv
# Exit status 1 where fewer than `least` percent of a folder's lines were executed; its row says so.
BEGIN {
    FS = ","
}
NR == 1 {
    for (i = 1; i <= NF; i++)
        column[$i] = i
    next
}
{
    folder = $column["filename"]
    sub(/\/[^\/]*$/, "", folder)
    all[folder] += $column["line_total"]
    covered[folder] += $column["line_covered"]
    all_lines += $column["line_total"]
    covered_lines += $column["line_covered"]
}
function row(name, lines, done,    percent) {
    percent = 100 * done / lines
    if (percent < least)
        below++
    return sprintf("| %-22s | %6d | %5.1f %%%s |", name, lines, percent, percent < least ? " (too few)" : "")
}
END {
    print "| folder                 |  lines | executed |"
    print "|---|---|---|"
    sort = "LC_ALL=C sort"
    for (folder in all)
        if (all[folder])
            print row(folder, all[folder], covered[folder]) | sort
    close(sort)
    print row("all", all_lines, covered_lines)
    exit below > 0
}
