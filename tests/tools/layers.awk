# Checks the sources against the table of folders (docs/design.md, section "Layers"): every #include,
# and every call from one object file to another, which also covers calls through public headers.
#
# Usage: awk -f tests/tools/layers.awk [-v show=1] [-v partial=1] [SYMBOLS] SOURCE...
#   SYMBOLS  a file whose name ends in .nm: `nm -A -P` of the object files, whose paths end like those of their sources
#   show     prints the table, lowest folder first
#   partial  some sources were not compiled: unused dependencies are not reported
#
# row(FOLDER, PUBLIC, INCLUDES, CALLS), all lists of words:
#   PUBLIC    folders of include/decon that it may include
#   INCLUDES  folders whose own headers it may include; it may call their functions too
#   CALLS     folders that it may only call, through public headers
# A folder may use itself. A row may name only rows above it, so the table has no cycle; an unused
# dependency is reported. Only programs/ may use everything, and no folder includes from it.
function row(folder, public, includes, calls,    n, names, i) {
    known[folder] = ++row_count
    order[row_count] = folder
    split_into(folder, public, "include/decon/", "include")
    split_into(folder, includes, "", "include")
    split_into(folder, calls, "", "call")
    shown[folder] = includes (calls != "" ? " (" calls ")" : "") (public != "" ? " [" public "]" : "")
}
function split_into(folder, list, prefix, kind,    n, names, i, target) {
    n = split(list, names, " ")
    for (i = 1; i <= n; i++) {
        target = prefix names[i]
        if (target == folder || !(target in known)) {
            table_fault(folder, target, "is not a row above this one")
        } else if ((folder, target) in may) {
            table_fault(folder, target, "is named twice")
        }
        may[folder, target] = kind
    }
}
function table_fault(folder, target, text) {
    printf "tests/tools/layers.awk: row %s: %s %s\n", folder, target, text
    faults++
}
function folder_of(path) {
    sub(/^decon\//, "include/decon/", path)
    if (path !~ /\//) {
        return ""
    }
    sub(/\/[^\/]*$/, "", path)
    return path
}
function at_home(folder, home,    n, names, i) {
    n = split(home, names, " ")
    for (i = 1; i <= n; i++) {
        if (folder == names[i] || index(folder, names[i] "/") == 1) {
            return 1
        }
    }
    return 0
}
function fault(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    faults++
}
# The folder of an object file: the longest row that its path ends with, before the file's name.
function folder_of_object(path,    folder) {
    folder = folder_of(path)
    while (folder != "" && folder != "programs" && !(folder in known)) {
        if (!sub(/^[^\/]*\//, "", folder)) {
            folder = ""
        }
    }
    return folder
}
function check_include(name,    target) {
    target = folder_of(name)
    if (target == "") {
        fault("\"" name "\": include paths start at the top (\"decon/base/err.h\")")
    } else if (target == "programs" && source_folder != "programs") {
        fault("\"" name "\": nothing includes from programs/")
    } else if (source_folder == "programs" || source_folder ~ /^tests(\/|$)/) {
        return
    } else if (!(source_folder in known)) {
        fault(source_folder " is not in the table of folders")
    } else if (target != source_folder && (!((source_folder, target) in may) || may[source_folder, target] != "include")) {
        fault(source_folder " must not include \"" name "\" (it may include: " shown[source_folder] ")")
    } else {
        used[source_folder, target] = 1
    }
}
function check_home(name,    prefix) {
    for (prefix in home) {
        if (source_folder !~ /^tests(\/|$)/ && index(name, prefix) == 1 && !at_home(source_folder, home[prefix])) {
            fault("<" name "> may be included only in: " home[prefix])
        }
    }
}
# A call of a name that two libraries define counts as a call of the permitted one.
function check_call(folder, symbol, object,    n, owners, i) {
    n = split(defined_in[symbol], owners, " ")
    for (i = 1; i <= n; i++) {
        if (owners[i] == folder || (folder, owners[i]) in may) {
            if (n == 1) {
                used[folder, owners[i]] = 1
            }
            return
        }
    }
    if (n > 0) {
        printf "%s: %s must not call %s() of %s (it may use: %s)\n", object, folder, symbol, owners[1], shown[folder]
        faults++
    }
}
function check_calls(    i, parts) {
    for (i = 1; i <= undefined_count; i++) {
        split(undefined[i], parts, " ")
        if (parts[1] != "programs") {
            check_call(parts[1], parts[2], parts[3])
        }
    }
}
function check_unused(    arrow, ends) {
    for (arrow in may) {
        split(arrow, ends, SUBSEP)
        if (!(arrow in used) && (may[arrow] == "include" || (undefined_count && !partial))) {
            table_fault(ends[1], ends[2], "is not used (" may[arrow] ")")
        }
    }
}
BEGIN {
    row("base/names", "", "", "")
    row("include/decon/base", "", "base/names", "")
    row("include/decon/s3", "base", "", "")
    row("include/decon/compression", "base", "", "")
    row("base", "base", "", "")
    row("base/digest", "base", "base", "")
    row("base/httpd", "base", "base", "")
    row("base/json", "base", "base", "")
    row("base/loop", "base", "base", "")
    row("base/options", "base", "base base/json", "")
    row("base/yaml", "base", "base base/json", "")
    row("base/service", "base", "base", "")
    row("base/progress", "base", "base base/options", "")
    row("base/security", "base", "base", "")
    row("base/signature", "base", "base", "base/digest")
    row("s3/protocol", "base s3", "base", "base/digest")
    row("s3/config", "base s3", "base s3/protocol", "")
    row("s3/auth", "base s3", "base s3/protocol s3/config", "base/digest")
    row("s3/client", "base s3", "base s3/protocol s3/config s3/auth", "base/digest")
    row("s3/get", "base s3", "base base/security s3/protocol s3/client", "")
    row("s3/put", "base s3", "base s3/protocol s3/client", "s3/auth")
    row("s3/operations", "base s3", "base s3/protocol s3/auth s3/client", "base/digest s3/config")
    row("s3/serve/protocol", "base s3", "base s3/protocol", "base/digest s3/auth")
    row("s3/serve/store", "base s3", "base s3/serve/protocol", "base/digest s3/protocol")
    row("s3/serve/operations", "base s3", "base base/httpd s3/protocol s3/serve/protocol s3/serve/store", "base/digest")
    row("s3/serve", "base", "base base/httpd s3/serve/protocol s3/serve/operations", "base/digest s3/serve/store")
    row("s3/cli/session", "base s3", "base base/loop base/options base/progress s3/protocol", "s3/client")
    row("s3/cli/source", "base s3", "base base/digest s3/protocol s3/operations s3/cli/session", "base/loop base/options s3/client")
    row("s3/cli/transfer", "base s3", "base base/loop s3/protocol s3/client s3/cli/session s3/cli/source", "base/digest s3/get s3/put s3/operations")
    row("s3/cli/commands", "base s3", "base base/options s3/protocol s3/serve/protocol s3/serve s3/cli/session s3/cli/source s3/cli/transfer", "base/loop s3/get s3/operations")
    row("s3/cli/s5cmd", "base s3", "base s3/cli/session s3/cli/source s3/cli/commands", "base/options s3/protocol s3/operations")
    row("s3/cli", "base", "base s3/cli/session s3/cli/commands", "base/options")
    row("compression/stream", "compression", "base", "")
    row("compression/gzip", "base", "base compression/stream", "base/digest")
    row("compression/bzip2", "base", "base compression/stream", "")
    row("compression/xz", "base", "base compression/stream", "")
    row("compression/zstd", "", "base compression/stream", "")
    row("compression/keys", "base", "base", "")
    row("compression/jsonl", "base compression", "base base/json compression/keys", "")
    row("compression", "base compression", "base compression/stream compression/gzip compression/bzip2 compression/xz compression/zstd compression/jsonl", "base/digest")
    row("compression/pieces", "base", "base compression/bzip2", "")
    row("compression/splice", "base compression", "base compression/bzip2 compression/gzip compression/pieces", "base/digest compression")
    row("orchestrator/fleet", "base s3", "base base/json base/options", "base/digest s3/protocol")
    row("orchestrator/claim", "base s3", "base base/digest base/json orchestrator/fleet", "s3/get s3/put s3/operations")
    row("orchestrator/config", "base compression s3", "base base/options orchestrator/fleet", "s3/protocol compression/gzip compression")
    row("orchestrator/local", "base", "base base/security orchestrator/config", "base/digest")
    row("orchestrator/plan", "base compression s3", "base base/digest base/options s3/protocol orchestrator/config orchestrator/fleet orchestrator/local", "s3/client s3/get s3/operations compression/stream compression")
    row("orchestrator/detect", "base", "base base/json base/options orchestrator/fleet", "base/digest")
    row("orchestrator/runtime", "base s3", "base base/options orchestrator/config orchestrator/local orchestrator/detect base/service", "base/loop s3/client s3/get s3/operations s3/auth")
    row("orchestrator/transfer", "base compression s3", "base base/json base/security orchestrator/fleet orchestrator/plan orchestrator/local orchestrator/runtime", "s3/protocol s3/client s3/get s3/put s3/operations compression/stream compression/jsonl compression")
    row("orchestrator/context", "base s3", "base orchestrator/config orchestrator/runtime orchestrator/transfer", "base/loop s3/client")
    row("orchestrator/flow", "base", "base base/options orchestrator/config orchestrator/fleet orchestrator/plan orchestrator/local orchestrator/detect orchestrator/transfer", "base/digest s3/protocol s3/put s3/operations compression")
    row("orchestrator/observe", "base compression s3", "base base/json base/progress orchestrator/config orchestrator/fleet orchestrator/plan orchestrator/detect orchestrator/flow", "base/options s3/client s3/put s3/operations compression/stream compression orchestrator/local")
    row("orchestrator/monitor", "base s3", "base base/httpd base/json orchestrator/config orchestrator/fleet orchestrator/flow orchestrator/observe", "s3/client orchestrator/plan")
    row("orchestrator/status", "base compression s3", "base base/digest base/json base/options orchestrator/claim orchestrator/config orchestrator/fleet orchestrator/plan orchestrator/runtime orchestrator/context", "base/loop s3/protocol s3/operations compression/stream compression")
    row("orchestrator/certify", "base compression s3", "base base/json base/options base/signature orchestrator/config orchestrator/fleet orchestrator/runtime orchestrator/status", "base/digest s3/protocol compression/stream compression orchestrator/plan")
    row("orchestrator/check", "base", "base base/json base/options orchestrator/claim orchestrator/config orchestrator/fleet orchestrator/local orchestrator/detect orchestrator/runtime orchestrator/status orchestrator/context", "base/loop s3/put s3/operations")
    row("orchestrator/verify", "base compression s3", "base base/json base/options base/security orchestrator/config orchestrator/runtime orchestrator/transfer orchestrator/context", "base/loop s3/protocol s3/operations compression/gzip compression")
    row("orchestrator", "base compression s3", "base base/digest base/options orchestrator/claim orchestrator/config orchestrator/fleet orchestrator/plan orchestrator/local orchestrator/detect orchestrator/runtime orchestrator/flow orchestrator/observe orchestrator/monitor orchestrator/status orchestrator/certify orchestrator/check orchestrator/verify base/service orchestrator/context", "base/loop s3/protocol s3/client s3/get s3/put compression/stream compression orchestrator/transfer")
    row("detection/text", "base", "base", "")
    row("detection/table", "base", "base", "")
    row("detection/data", "base", "base", "")
    row("detection/tokenizer", "base compression", "base detection/data detection/text detection/table", "base/digest compression/stream compression")
    row("detection/align", "base", "base detection/table", "")
    row("detection/index", "base compression", "base base/json detection/align detection/text detection/table detection/tokenizer", "base/digest compression/stream compression")
    row("detection/match", "", "base base/json detection/align detection/text detection/table detection/index", "detection/tokenizer")
    row("detection/recall", "base compression", "base base/json detection/table detection/index detection/match", "compression/stream compression")
    row("detection/output", "base", "base base/security compression/gzip compression/splice", "compression")
    row("detection/job", "base compression", "base base/json base/security compression/gzip compression compression/splice detection/text detection/table detection/match detection/output", "compression/stream compression/jsonl")
    row("detection/config", "base", "base base/httpd base/json base/options base/progress compression/splice detection/data detection/text detection/table detection/index detection/output detection/job", "base/digest compression detection/tokenizer")
    row("detection/http", "base", "base base/httpd base/json detection/text detection/recall detection/output detection/job detection/config base/service", "detection/index")
    row("detection/batch", "base compression", "base base/json base/options base/progress detection/recall detection/output detection/job detection/config", "base/digest compression detection/index")
    row("detection/reports", "base compression", "base", "compression")
    row("detection/audit", "base compression", "base base/json detection/text detection/table detection/index detection/reports", "compression/stream compression")
    row("detection/review", "base", "base base/json base/options detection/data detection/text detection/table detection/reports detection/audit", "base/digest compression/stream")
    row("detection/compare", "base", "base base/json base/options detection/table detection/reports detection/audit detection/review", "base/digest compression/stream")
    row("detection/rejudge", "base", "base base/digest base/json base/options detection/table detection/index detection/reports detection/audit detection/review", "compression/stream")
    row("detection/merge", "base", "base base/json base/options detection/table detection/reports detection/audit detection/rejudge", "detection/review compression/stream")
    row("detection/convert", "base compression", "base base/json base/options base/yaml detection/text detection/table detection/index", "base/digest compression/stream compression")
    row("detection/evals", "base compression", "base base/json base/options detection/data detection/text detection/index detection/convert", "compression/stream compression")
    row("detection/health", "base", "base base/options", "base/loop")
    row("detection", "base", "base base/options detection/config detection/health detection/http detection/batch detection/reports detection/review detection/rejudge detection/merge detection/compare detection/evals", "")
    # Third-party libraries are included in their own folders only.
    home["curl/"] = "base"
    home["microhttpd"] = "base"
    home["jansson"] = "s3"
    home["yaml"] = "base"
    home["openssl/"] = "base"
    home["libxml/"] = "s3"
    home["zlib"] = "compression"
    home["zstd"] = "compression"
    home["bzlib"] = "compression"
    home["lzma"] = "compression"
    if (show) {
        print "folder: includes (calls only) [public headers]; lowest first"
        for (i = 1; i <= row_count; i++) {
            print order[i] ": " shown[order[i]]
        }
    }
}
FILENAME ~ /\.nm$/ {
    object = $1
    sub(/:$/, "", object)
    folder = folder_of_object(object)
    if (folder == "") {
        fault(object " is in no folder of the table")
    } else if ($3 == "U" || $3 == "w") {
        undefined[++undefined_count] = folder " " $2 " " object
    } else if ($3 ~ /^[A-Z]$/ && folder != "programs" && index(" " defined_in[$2] " ", " " folder " ") == 0) {
        defined_in[$2] = defined_in[$2] " " folder
    }
    next
}
FNR == 1 {
    source_folder = folder_of(FILENAME)
}
!/^[ \t]*#[ \t]*include/ {
    next
}
{
    name = $0
    sub(/^[^<"]*[<"]/, "", name)
    sub(/[>"].*/, "", name)
}
/"/ {
    check_include(name)
    next
}
{
    check_home(name)
}
END {
    check_calls()
    check_unused()
    exit faults > 0
}
