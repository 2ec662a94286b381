/* The table of commands, and the rows of their options. */
#include "s3/cli/cli.h"
#include "s3/serve/fault.h"

#define AT(member) offsetof(cli_config, member)

static const char *const styles[] = {"auto", "path", "virtual", NULL};
static const char *const levels[] = {"error", "warn", "info", "debug", NULL};

/* clang-format off */
#define ROWS_OF_ALL                                                                                \
    {.key = "log_level", .type = OPTION_ENUM, .offset = AT(log_level), .fallback = "warn",         \
     .choices = levels, .metavar = "LEVEL", .section = "All commands",                             \
     .help = "What is logged to standard error."},                                                 \
    {.key = "json", .type = OPTION_BOOL, .offset = AT(json),                                       \
     .help = "Results and errors as JSON, one object a line."},                                    \
    {.key = "help", .type = OPTION_BOOL, .offset = AT(help), .letter = 'h', .help = "This text."}

#define ROWS_OF_CLIENTS                                                                            \
    {.key = "endpoint_url", .type = OPTION_STRING, .offset = AT(endpoint_url), .metavar = "URL",   \
     .section = "The store",                                                                       \
     .help = "The store's address, such as http://127.0.0.1:9000. Else AWS_ENDPOINT_URL_S3, "      \
             "AWS_ENDPOINT_URL, the profile, AWS itself."},                                        \
    {.key = "region", .type = OPTION_STRING, .offset = AT(region), .metavar = "NAME",              \
     .help = "Else AWS_REGION, AWS_DEFAULT_REGION, the profile, us-east-1."},                      \
    {.key = "profile", .type = OPTION_STRING, .offset = AT(profile), .metavar = "NAME",            \
     .help = "Section of ~/.aws/credentials and ~/.aws/config. Else AWS_PROFILE, default."},       \
    {.key = "addressing_style", .type = OPTION_ENUM, .offset = AT(addressing_style),               \
     .fallback = "auto", .choices = styles, .metavar = "STYLE",                                    \
     .help = "Bucket in the path or in the host's name; auto: in the path for an endpoint of "     \
             "one's own."},                                                                        \
    {.key = "part_size", .type = OPTION_SIZE, .offset = AT(part_size), .fallback = "16MiB",        \
     .min = 5 * 1024 * 1024, .max = 5.0 * 1024 * 1024 * 1024, .metavar = "SIZE",                   \
     .help = "Larger objects go in ranges and parts of this size."},                               \
    {.key = "workers", .type = OPTION_INT, .offset = AT(workers), .fallback = "50", .min = 1,      \
     .max = 1000, .metavar = "N", .help = "Requests in flight at once."},                          \
    {.key = "no_sign_request", .type = OPTION_BOOL, .offset = AT(no_sign_request),                 \
     .help = "Send requests without a signature, for public buckets."}

static const option rows_plain[] = {ROWS_OF_CLIENTS, ROWS_OF_ALL};

static const option rows_ls[] = {
    {.key = "recursive", .type = OPTION_BOOL, .offset = AT(recursive), .letter = 'r',
     .section = "Listing", .help = "All keys below, not only the next level."},
    {.key = "human_readable", .type = OPTION_BOOL, .offset = AT(human_readable), .letter = 'H',
     .help = "Sizes as 1.5 GiB."},
    ROWS_OF_CLIENTS, ROWS_OF_ALL,
};

static const option rows_cp[] = {
    {.key = "recursive", .type = OPTION_BOOL, .offset = AT(recursive), .letter = 'r',
     .section = "Copying", .help = "A whole folder: all files or keys below SOURCE."},
    {.key = "content_type", .type = OPTION_STRING, .offset = AT(content_type), .metavar = "TYPE",
     .help = "Content-Type of uploads; else binary/octet-stream."},
    ROWS_OF_CLIENTS, ROWS_OF_ALL,
};

static const option rows_serve[] = {
    {.key = "root", .type = OPTION_STRING, .offset = AT(root), .metavar = "DIR",
     .flags = OPTION_REQUIRED, .section = "Serving",
     .help = "Where buckets are kept; made when absent."},
    {.key = "port", .type = OPTION_INT, .offset = AT(port), .fallback = "9000", .min = 0,
     .max = 65535, .metavar = "N", .help = "TCP port; 0: any free one, see the line on standard "
                                           "output."},
    {.key = "address", .type = OPTION_STRING, .offset = AT(address), .fallback = "127.0.0.1",
     .metavar = "IP", .help = "Address to listen on."},
    {.key = "port_file", .type = OPTION_STRING, .offset = AT(port_file), .metavar = "FILE",
     .help = "Written with the port's number as soon as the server listens."},
    {.key = "threads", .type = OPTION_INT, .offset = AT(threads), .fallback = "4", .min = 1,
     .max = 256, .metavar = "N", .help = "Threads that serve requests."},
    {.key = "access_key", .type = OPTION_STRING, .offset = AT(access_key), .metavar = "ID",
     .environment = "AWS_ACCESS_KEY_ID", .help = "Clients must sign with this key."},
    {.key = "secret_key", .type = OPTION_STRING, .offset = AT(secret_key), .metavar = "KEY",
     .environment = "AWS_SECRET_ACCESS_KEY", .flags = OPTION_SECRET,
     .help = "And with this secret."},
    {.key = "log", .type = OPTION_STRING, .offset = AT(log), .metavar = "FILE",
     .help = "Access log, appended to: METHOD TARGET STATUS BYTES-IN BYTES-OUT, one line a "
             "request."},
    {.key = "fault", .type = OPTION_LIST, .offset = AT(fault), .metavar = "RULE",
     .check = fault_check,
     .help = "Answer some requests wrongly, for tests of clients; see below. May be repeated; the "
             "first rule that fits decides."},
    ROWS_OF_ALL,
};

#define SET(array, name, usage_line, intro_text, more)                                             \
    {.rows = (array), .row_count = ARRAY_LEN(array), .program = "decon-s3 " name,                  \
     .usage = usage_line, .intro = intro_text, .epilogue = more}
/* clang-format on */

static const cli_command command_ls = {
    .name = "ls",
    .summary = "list objects, or the buckets",
    .options = SET(rows_ls, "ls", "decon-s3 ls [OPTION]... [s3://BUCKET[/PREFIX]]",
                   "Lists the objects and folders whose keys start with PREFIX: date (UTC), size, "
                   "URI; without a URI the buckets. Control characters in keys are shown as \\n or "
                   "\\x01; --json has them "
                   "to the letter.",
                   "Examples:\n"
                   "  decon-s3 ls\n"
                   "  decon-s3 ls s3://my-bucket/data/\n"
                   "  decon-s3 ls -r -H s3://my-bucket\n"
                   "  decon-s3 ls -r --json s3://my-bucket/data/ | jq -r .uri\n"),
    .words_min = 0,
    .words_max = 1,
    .needs_client = true,
    .run = cli_ls,
};

static const cli_command command_cp = {
    .name = "cp",
    .summary = "copy files and objects, either way or inside the store",
    .options =
        SET(rows_cp, "cp", "decon-s3 cp [OPTION]... SOURCE TARGET",
            "SOURCE and TARGET are paths or s3:// URIs; one of them must be an s3:// URI. `-` is "
            "standard input or output. A TARGET that ends in / (or is a folder, or a bucket) gets "
            "the source's own name. A file appears under its name only when it is whole.",
            "Examples:\n"
            "  decon-s3 cp train.jsonl.gz s3://my-bucket/data/\n"
            "  decon-s3 cp s3://my-bucket/data/train.jsonl.gz .\n"
            "  decon-s3 cp s3://my-bucket/a.jsonl s3://other-bucket/b.jsonl\n"
            "  zcat big.gz | decon-s3 cp - s3://my-bucket/big.jsonl\n"
            "  decon-s3 cp -r ./folder s3://my-bucket/folder/\n"),
    .words_min = 2,
    .words_max = 2,
    .needs_client = true,
    .run = cli_cp,
};

static const cli_command command_cat = {
    .name = "cat",
    .summary = "write objects to standard output",
    .options = SET(rows_plain, "cat", "decon-s3 cat [OPTION]... s3://BUCKET/KEY...",
                   "Writes the objects' bytes to standard output, one after the other.",
                   "Example:\n  decon-s3 cat s3://my-bucket/train.jsonl.gz | zcat | head\n"),
    .words_min = 1,
    .words_max = 10000,
    .needs_client = true,
    .run = cli_cat,
};

static const cli_command command_stat = {
    .name = "stat",
    .summary = "show size, time, ETag and type of objects",
    .options = SET(rows_plain, "stat", "decon-s3 stat [OPTION]... s3://BUCKET/KEY...",
                   "Prints `name: value` lines for each object.",
                   "Example:\n  decon-s3 stat s3://my-bucket/train.jsonl.gz\n"),
    .words_min = 1,
    .words_max = 10000,
    .needs_client = true,
    .run = cli_stat,
};

static const cli_command command_rm = {
    .name = "rm",
    .summary = "remove objects",
    .options = SET(rows_plain, "rm", "decon-s3 rm [OPTION]... s3://BUCKET/KEY...",
                   "Removes the objects. One that is not there is no error, as in S3.",
                   "Example:\n  decon-s3 rm s3://my-bucket/old.jsonl s3://my-bucket/older.jsonl\n"),
    .words_min = 1,
    .words_max = 10000,
    .needs_client = true,
    .run = cli_rm,
};

static const cli_command command_mb = {
    .name = "mb",
    .summary = "make a bucket",
    .options = SET(rows_plain, "mb", "decon-s3 mb [OPTION]... s3://BUCKET", "Makes a bucket.",
                   "Example:\n  decon-s3 mb s3://my-bucket\n"),
    .words_min = 1,
    .words_max = 1,
    .needs_client = true,
    .run = cli_mb,
};

static const cli_command command_serve = {
    .name = "serve",
    .summary = "a small S3 server over a folder, for one machine's trials",
    .options =
        SET(rows_serve, "serve", "decon-s3 serve --root DIR [OPTION]...",
            "Serves buckets from a folder: for trials, demonstrations and tests on one machine, "
            "not for data that must last (nothing is flushed to the disk or kept twice). Path "
            "style only; every request must be signed with the keys given here. Prints `listening "
            "on http://ADDRESS:PORT` and ends on SIGINT or SIGTERM.",
            "Faults: words separated by commas.\n"
            "  status=503           answer so, with the S3 code that belongs to it\n"
            "  code=ExpiredToken    with this S3 code (with status=200: an error in a reply 200)\n"
            "  truncate=1000        send 1,000 bytes of an object, then close the connection\n"
            "  reset                close the connection in the middle of the reply\n"
            "  method=GET key=*.gz bucket=NAME query=uploadId   only requests like this\n"
            "  count=3 every=10     only the first three of them; only each tenth of them\n"
            "\n"
            "Examples:\n"
            "  export AWS_ACCESS_KEY_ID=trial AWS_SECRET_ACCESS_KEY=trial-secret\n"
            "  decon-s3 serve --root /tmp/store --port 9000 &\n"
            "  export AWS_ENDPOINT_URL=http://127.0.0.1:9000\n"
            "  decon-s3 mb s3://trial && decon-s3 cp file.jsonl s3://trial/\n"
            "  decon-s3 serve --root /tmp/store --fault status=503,method=GET,key=*.gz,count=3\n"),
    .words_min = 0,
    .words_max = 0,
    .run = cli_serve,
};

const cli_command *const cli_commands[] = {
    &command_ls, &command_cp, &command_cat, &command_stat, &command_rm, &command_mb, &command_serve,
};
const size_t cli_command_count = ARRAY_LEN(cli_commands);
