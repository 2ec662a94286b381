/* What the tables of the commands share: the rows of options that more than one of them has.
 *
 * What:    macros, for the initializers of option tables; each command's own table stands at the
 *          end of its file.
 * Owner:   rows are static.
 * Threads: -
 * Fails:   -
 */
#ifndef S3_CLI_ROWS_H
#define S3_CLI_ROWS_H

#include "s3/cli/cli.h"

extern const char *const cli_addressing_styles[], *const cli_log_levels[];

#define AT(member) offsetof(cli_config, member)

/* clang-format off */
#define ROWS_OF_ALL                                                                                \
    {.key = "log_level", .type = OPTION_ENUM, .offset = AT(log_level), .fallback = "warn",         \
     .choices = cli_log_levels, .metavar = "LEVEL", .section = "All commands",                     \
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
     .fallback = "auto", .choices = cli_addressing_styles, .metavar = "STYLE",                     \
     .help = "Bucket in the path or in the host's name; auto: in the path for an endpoint of "     \
             "one's own."},                                                                        \
    {.key = "part_size", .type = OPTION_SIZE, .offset = AT(part_size), .fallback = "16MiB",        \
     .min = 5 * 1024 * 1024, .max = 5.0 * 1024 * 1024 * 1024, .metavar = "SIZE",                   \
     .help = "Larger objects go in ranges and parts of this size."},                               \
    {.key = "workers", .type = OPTION_INT, .offset = AT(workers), .fallback = "50", .min = 1,      \
     .max = 1000, .metavar = "N", .help = "Requests in flight at once."},                          \
    {.key = "no_sign_request", .type = OPTION_BOOL, .offset = AT(no_sign_request),                 \
     .help = "Send requests without a signature, for public buckets."}

#define SET(array, name, usage_line, intro_text, more)                                             \
    {.rows = (array), .row_count = ARRAY_LEN(array), .program = "decon-s3 " name,                  \
     .usage = usage_line, .intro = intro_text, .epilogue = more}
/* clang-format on */

#endif
