// Parses each line of a file with simdjson's DOM parser and prints the CPU seconds of that alone.
//
// usage: simdjson_lines FILE [IMPLEMENTATION]
//        simdjson_lines --version
//        simdjson_lines --implementations
// IMPLEMENTATION: one of simdjson's own names; without it the one that it picks for this processor.
// --implementations: those that this machine can run.
#include <simdjson.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

static double cpu_seconds()
{
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return double(t.tv_sec) + double(t.tv_nsec) / 1e9;
}

int main(int argc, char **argv)
{
    if (argc == 2 && !std::strcmp(argv[1], "--version")) {
        std::printf("simdjson %s, %s\n", SIMDJSON_STRINGIFY(SIMDJSON_VERSION),
                    simdjson::get_active_implementation()->name().c_str());
        return 0;
    }
    if (argc == 2 && !std::strcmp(argv[1], "--implementations")) {
        for (const auto *implementation : simdjson::get_available_implementations())
            if (implementation->supported_by_runtime_system())
                std::printf("%s\n", implementation->name().c_str());
        return 0;
    }
    if (argc == 3) {
        const auto *implementation = simdjson::get_available_implementations()[argv[2]];
        if (!implementation || !implementation->supported_by_runtime_system()) {
            std::fprintf(stderr, "simdjson_lines: no implementation %s here\n", argv[2]);
            return 2;
        }
        simdjson::get_active_implementation() = implementation;
    }
    simdjson::padded_string text;
    if (argc < 2 || argc > 3 || simdjson::padded_string::load(argv[1]).get(text)) {
        std::fputs("usage: simdjson_lines FILE [IMPLEMENTATION]\n", stderr);
        return 2;
    }
    // Where the lines are is found beforehand: what is timed is the parser alone.
    std::vector<std::pair<const char *, size_t>> lines;
    for (const char *p = text.data(), *end = p + text.size(); p < end;) {
        const void *newline = std::memchr(p, '\n', size_t(end - p));
        size_t len = newline ? size_t(static_cast<const char *>(newline) - p) : size_t(end - p);
        lines.emplace_back(p, len);
        p += len + 1;
    }
    simdjson::dom::parser parser;
    double begin = cpu_seconds();
    for (const auto &line : lines) {
        simdjson::dom::element parsed;
        // The bytes behind a line are the file's own, or its padding: nothing need be copied.
        if (parser.parse(line.first, line.second, false).get(parsed)) {
            std::fprintf(stderr, "%s: a line is not JSON\n", argv[1]);
            return 1;
        }
    }
    std::printf("%.6f\n", cpu_seconds() - begin);
    return 0;
}
