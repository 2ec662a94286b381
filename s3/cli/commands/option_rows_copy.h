/* The rows of options that cp and mv share.
 *
 * What:    a macro, as those of s3/cli/commands/option_rows.h.
 * Owner:   rows are static.
 * Threads: -
 * Fails:   -
 */
#ifndef S3_CLI_COMMANDS_OPTION_ROWS_COPY_H
#define S3_CLI_COMMANDS_OPTION_ROWS_COPY_H

#include "s3/cli/commands/option_rows.h"

extern const char *const cli_verify_levels[];

/* clang-format off */
#define ROW_FOLLOW_SYMLINKS                                                                        \
    {.key = "follow_symlinks", .type = OPTION_BOOL, .offset = AT(follow_symlinks),                 \
     .fallback = "true",                                                                           \
     .help = "Copy the targets of symbolic links to files; --no-follow-symlinks skips links. "     \
             "Links to folders are never followed."}

#define ROWS_OF_SOURCES                                                                            \
    {.key = "source_endpoint_url", .type = OPTION_STRING, .offset = AT(source_endpoint_url),       \
     .metavar = "URL", .section = "A source in another store",                                     \
     .help = "Address of the source's store; objects are copied through a temporary file here."},  \
    {.key = "source_profile", .type = OPTION_STRING, .offset = AT(source_profile),                 \
     .metavar = "NAME", .help = "Profile with the credentials of the source's store."},            \
    {.key = "source_region", .type = OPTION_STRING, .offset = AT(source_region),                   \
     .metavar = "NAME", .help = "Region of the source's store."}

#define ROWS_OF_CONTENTS                                                                           \
    {.key = "verify", .type = OPTION_ENUM, .offset = AT(verify), .fallback = "none",               \
     .choices = cli_verify_levels, .metavar = "HOW",                                               \
     .help = "Check files: stream, that they decode; jsonl, that they are JSON Lines too. Others " \
             "are not copied."},                                                                   \
    {.key = "preserve_times", .type = OPTION_BOOL, .offset = AT(preserve_times),                   \
     .help = "Keep modification times: of files in the metadata mtime, and back."}

#define ROWS_OF_COPIES                                                                             \
    {.key = "recursive", .type = OPTION_BOOL, .offset = AT(recursive), .letter = 'r',              \
     .section = "Copying", .help = "Copy a whole folder: all files or keys below SOURCE."},        \
    {.key = "flatten", .type = OPTION_BOOL, .offset = AT(flatten), .letter = 'f',                  \
     .help = "Copy to names without folders below TARGET."},                                       \
    {.key = "no_clobber", .type = OPTION_BOOL, .offset = AT(no_clobber), .letter = 'n',            \
     .help = "Keep existing files or objects at TARGET."},                                         \
    {.key = "if_size_differ", .type = OPTION_BOOL, .offset = AT(if_size_differ), .letter = 's',    \
     .help = "Copy only if TARGET is missing or has another size."},                               \
    {.key = "if_source_newer", .type = OPTION_BOOL, .offset = AT(if_source_newer), .letter = 'u',  \
     .help = "Copy only if TARGET is missing or older."},                                          \
    ROW_FOLLOW_SYMLINKS,                                                                           \
    {.key = "expected_size", .type = OPTION_SIZE, .offset = AT(expected_size), .metavar = "SIZE",  \
     .help = "Estimated size of standard input (`-`): all parts then have one size. Without "      \
             "it they grow after the first 1,000."}
/* clang-format on */

#endif
