# Sums up gcovr's table of files (CSV: name, lines, covered lines, ...) by folder.
# Usage: awk -f tests/tools/coverage.awk files.csv
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
END {
    sort = "sort"
    for (folder in all)
        if (all[folder])
            printf "%-36s %6d lines %6.1f %%\n", folder, all[folder], 100 * covered[folder] / all[folder] | sort
    close(sort)
    printf "%-36s %6d lines %6.1f %%\n", "all", all_lines, 100 * covered_lines / all_lines
}
