# Checks the headings of CHANGELOG.md: `## Unreleased`, then `## X.Y.Z (YYYY-MM-DD)`, the newest first.
# Usage: awk -f tests/tools/changelog.awk CHANGELOG.md
function fault(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    faults++
}
function number(version,    part) {
    split(version, part, ".")
    return part[1] * 1000000 + part[2] * 1000 + part[3]
}
/^## / {
    section++
    if (section == 1) {
        if ($0 != "## Unreleased")
            fault("the first section is not '## Unreleased'")
        next
    }
    if ($0 !~ /^## [0-9]+\.[0-9]+\.[0-9]+ \([0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]\)$/) {
        fault("not '## X.Y.Z (YYYY-MM-DD)': " $0)
        next
    }
    if (section > 2 && (number($2) >= number(version) || $3 > date))
        fault("section " $2 " is not older than the section above it")
    version = $2
    date = $3
    next
}
/^- / && !section {
    fault("an entry above the first section")
}
# An entry that a merge has left twice.
/^- / {
    if ($0 in seen)
        fault("the line is also line " seen[$0])
    seen[$0] = FNR
}
END {
    if (!section)
        fault("no section")
    exit faults > 0
}
