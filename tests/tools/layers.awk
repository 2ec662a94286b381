# Checks every #include of the named files against the table of layers (docs/design.md, section 2).
# Usage: awk -f tests/tools/layers.awk FILE...
function layer_of(path) {
    sub(/^decon\//, "include/decon/", path)
    if (path !~ /\//) {
        return ""
    }
    sub(/\/[^\/]*$/, "", path)
    return path
}
function at_home(layer, home,    n, names, i) {
    n = split(home, names, " ")
    for (i = 1; i <= n; i++) {
        if (layer == names[i] || index(layer, names[i] "/") == 1) {
            return 1
        }
    }
    return 0
}
function fault(words) {
    printf "%s:%d: %s\n", FILENAME, FNR, words
    faults++
}
BEGIN {
    may["base"] = "base include/decon/base"
    may["base/digest"] = "base/digest base include/decon/base"
    may["base/json"] = "base/json base include/decon/base"
    may["base/loop"] = "base/loop base include/decon/base"
    may["base/options"] = "base/options base include/decon/base"
    may["compression"] = "compression base base/digest compression/bzip2 compression/gzip compression/jsonl compression/stream compression/xz compression/zstd include/decon/base include/decon/compression"
    may["compression/bzip2"] = "compression/bzip2 base compression/stream include/decon/base"
    may["compression/gzip"] = "compression/gzip base base/digest compression/stream include/decon/base"
    may["compression/jsonl"] = "compression/jsonl base base/json include/decon/base include/decon/compression"
    may["compression/stream"] = "compression/stream base include/decon/base include/decon/compression"
    may["compression/xz"] = "compression/xz base compression/stream include/decon/base"
    may["compression/zstd"] = "compression/zstd base compression/stream"
    may["detection"] = "detection base base/options detection/batch detection/config detection/http detection/review include/decon/base"
    may["detection/batch"] = "detection/batch base base/json base/options compression detection/config detection/index detection/job detection/text include/decon/base include/decon/compression"
    may["detection/config"] = "detection/config base base/json base/options detection/index detection/job detection/text include/decon/base"
    may["detection/http"] = "detection/http base base/json detection/config detection/index detection/job detection/text include/decon/base"
    may["detection/index"] = "detection/index base base/digest base/json compression compression/stream detection/table detection/text detection/tokenizer include/decon/base include/decon/compression"
    may["detection/job"] = "detection/job base base/json compression compression/gzip compression/stream detection/match detection/table detection/text include/decon/base include/decon/compression"
    may["detection/match"] = "detection/match base base/json detection/index detection/table detection/text detection/tokenizer"
    may["detection/review"] = "detection/review base base/digest base/json base/options compression compression/stream detection/table detection/text include/decon/base include/decon/compression"
    may["detection/table"] = "detection/table base include/decon/base"
    may["detection/text"] = "detection/text base include/decon/base"
    may["detection/tokenizer"] = "detection/tokenizer base base/digest compression compression/stream detection/table detection/text include/decon/base include/decon/compression"
    may["include/decon/base"] = "include/decon/base"
    may["include/decon/compression"] = "include/decon/compression include/decon/base"
    may["include/decon/s3"] = "include/decon/s3 include/decon/base"
    may["orchestrator"] = "orchestrator base base/loop base/options include/decon/base include/decon/s3 orchestrator/config orchestrator/detect orchestrator/flow orchestrator/local orchestrator/observe orchestrator/plan orchestrator/runtime orchestrator/transfer orchestrator/verify s3/client s3/put"
    may["orchestrator/config"] = "orchestrator/config base base/options compression compression/gzip include/decon/base include/decon/compression include/decon/s3 s3/protocol"
    may["orchestrator/detect"] = "orchestrator/detect base base/json base/options include/decon/base"
    may["orchestrator/fleet"] = "orchestrator/fleet base base/digest include/decon/base include/decon/s3"
    may["orchestrator/flow"] = "orchestrator/flow base base/digest compression include/decon/base orchestrator/config orchestrator/detect orchestrator/fleet orchestrator/local orchestrator/plan orchestrator/transfer"
    may["orchestrator/local"] = "orchestrator/local base base/digest include/decon/base orchestrator/config"
    may["orchestrator/observe"] = "orchestrator/observe base base/options include/decon/base orchestrator/config orchestrator/flow orchestrator/plan s3/client"
    may["orchestrator/plan"] = "orchestrator/plan base base/digest base/options include/decon/base include/decon/compression include/decon/s3 orchestrator/config orchestrator/fleet s3/client s3/operations"
    may["orchestrator/runtime"] = "orchestrator/runtime base base/loop base/options include/decon/base include/decon/s3 orchestrator/config orchestrator/detect orchestrator/local s3/client"
    may["orchestrator/transfer"] = "orchestrator/transfer base base/json compression compression/stream include/decon/base include/decon/compression include/decon/s3 orchestrator/local orchestrator/plan orchestrator/runtime s3/client s3/get s3/operations s3/protocol s3/put"
    may["orchestrator/verify"] = "orchestrator/verify base base/json base/loop base/options compression compression/gzip include/decon/base include/decon/compression include/decon/s3 orchestrator/config orchestrator/runtime orchestrator/transfer s3/client s3/operations s3/protocol"
    may["s3/auth"] = "s3/auth base base/digest include/decon/base include/decon/s3 s3/config s3/protocol"
    may["s3/cli"] = "s3/cli base base/options include/decon/base s3/cli/commands s3/cli/session"
    may["s3/cli/commands"] = "s3/cli/commands base base/loop base/options include/decon/base include/decon/s3 s3/cli/session s3/cli/source s3/cli/transfer s3/get s3/operations s3/protocol s3/serve s3/serve/protocol"
    may["s3/cli/session"] = "s3/cli/session base base/loop base/options include/decon/base include/decon/s3 s3/client s3/protocol"
    may["s3/cli/source"] = "s3/cli/source base include/decon/base include/decon/s3 s3/cli/session s3/client s3/operations s3/protocol"
    may["s3/cli/transfer"] = "s3/cli/transfer base base/digest base/loop include/decon/base include/decon/s3 s3/cli/session s3/cli/source s3/client s3/get s3/operations s3/protocol s3/put"
    may["s3/client"] = "s3/client base base/digest include/decon/base include/decon/s3 s3/auth s3/config s3/protocol"
    may["s3/config"] = "s3/config base include/decon/base include/decon/s3 s3/protocol"
    may["s3/get"] = "s3/get base include/decon/base include/decon/s3 s3/client s3/protocol"
    may["s3/operations"] = "s3/operations base base/digest include/decon/base include/decon/s3 s3/auth s3/client s3/config s3/protocol"
    may["s3/protocol"] = "s3/protocol base base/digest include/decon/base include/decon/s3"
    may["s3/put"] = "s3/put base include/decon/base include/decon/s3 s3/auth s3/client s3/protocol"
    may["s3/serve"] = "s3/serve base base/digest include/decon/base s3/serve/operations s3/serve/protocol s3/serve/store"
    may["s3/serve/operations"] = "s3/serve/operations base base/digest include/decon/base include/decon/s3 s3/protocol s3/serve/protocol s3/serve/store"
    may["s3/serve/protocol"] = "s3/serve/protocol base base/digest include/decon/base include/decon/s3 s3/auth s3/protocol"
    may["s3/serve/store"] = "s3/serve/store base base/digest include/decon/base include/decon/s3 s3/protocol s3/serve/protocol"
    # Foreign libraries have their homes.
    home["jansson"] = "s3"
    home["curl/"] = "base"
    home["microhttpd"] = "base"
    home["yaml"] = "base"
    home["openssl/"] = "base"
    home["libxml/"] = "s3 s3/serve"
    home["zlib"] = "compression"
    home["zstd"] = "compression"
    home["bzlib"] = "compression"
    home["lzma"] = "compression"
}
FNR == 1 {
    layer = layer_of(FILENAME)
}
layer ~ /^tests/ || $0 !~ /^[ \t]*#[ \t]*include/ {
    next
}
{
    name = $0
    sub(/^[^<"]*[<"]/, "", name)
    sub(/[>"].*/, "", name)
}
/"/ {
    target = layer_of(name)
    if (target == "") {
        fault("\"" name "\": include paths start at the top (\"include/decon/base/err.h\")")
    } else if (!(layer in may)) {
        fault(layer " is not in the table of folders")
    } else if (index(" " may[layer] " ", " " target " ") == 0) {
        fault(layer " must not include \"" name "\" (it may use: " may[layer] ")")
    }
    next
}
{
    for (prefix in home) {
        if (index(name, prefix) == 1 && !at_home(layer, home[prefix])) {
            fault("<" name "> belongs to " home[prefix] "; use that layer's face of it")
        }
    }
}
END {
    exit faults > 0
}
