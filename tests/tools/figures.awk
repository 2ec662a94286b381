# Counts functions, files and folders of the named C files and prints the figures as a table.
# Usage: awk -v functions_out=FILE -f tests/tools/figures.awk FILE...
#   functions_out: one line per function, "lines file:line", for the caller to sort.
# Relies on the layout of .clang-format: a function's braces are alone in the first column.
FNR == 1 {
    if (path != "")
        close_file()
    path = FILENAME
    folder = path
    sub(/\/[^\/]*$/, "", folder)
    files_in[folder]++
    files++
}
{
    lines = FNR
    total++
}
/^{/ {
    start = FNR
}
/^}/ && start {
    printf "%d %s:%d\n", FNR - start - 1, path, start >functions_out
    start = 0
}
function close_file() {
    if (lines > longest) {
        longest = lines
        longest_path = path
    }
    if (lines > 450)
        over450++
    if (lines > 400)
        over400++
}
END {
    close_file()
    for (f in files_in) {
        folders++
        if (files_in[f] > widest) {
            widest = files_in[f]
            widest_path = f
        }
    }
    printf "%-44s %d\n", "lines", total
    printf "%-44s %d\n", "files", files
    printf "%-44s %d (%s)\n", "longest file, lines (at most 450)", longest, longest_path
    printf "%-44s %d, %d\n", "files over 400 lines, over 450 lines", over400, over450
    printf "%-44s %d\n", "folders", folders
    printf "%-44s %d (%s)\n", "most .c and .h files in a folder (at most 24)", widest, widest_path
    exit over450 > 0 || widest > 24
}
