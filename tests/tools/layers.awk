# Checks every #include of the named files against the table of layers (docs/design.md, section 2).
# Usage: awk -f tests/tools/layers.awk FILE...
function layer_of(path) {
    if (path ~ /^s3\/(serve|cli)\//) {
        return substr(path, 1, match(substr(path, 4), "/") + 2)
    }
    return substr(path, 1, index(path, "/") - 1)
}
function fault(words) {
    printf "%s:%d: %s\n", FILENAME, FNR, words
    faults++
}
BEGIN {
    may["base"] = "base"
    may["s3"] = "s3 base"
    may["s3/serve"] = "s3/serve s3 base"
    may["s3/cli"] = "s3/cli s3/serve s3 base"
    may["compression"] = "compression base"
    may["orchestrator"] = "orchestrator s3 compression base"
    may["server"] = "server compression base"
    # Foreign libraries have their homes.
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
layer == "tests" || $0 !~ /^[ \t]*#[ \t]*include/ {
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
        fault("\"" name "\": include paths start at the top (\"base/err.h\")")
    } else if (index(" " may[layer] " ", " " target " ") == 0) {
        fault(layer " must not include \"" name "\" (it may use: " may[layer] ")")
    }
    next
}
{
    for (prefix in home) {
        if (index(name, prefix) == 1 && index(" " home[prefix] " ", " " layer " ") == 0) {
            fault("<" name "> belongs to " home[prefix] "; use that layer's face of it")
        }
    }
}
END {
    exit faults > 0
}
