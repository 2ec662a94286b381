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

/* clang-format off */
#define ROW_FOLLOW_SYMLINKS                                                                        \
    {.key = "follow_symlinks", .type = OPTION_BOOL, .offset = AT(follow_symlinks),                 \
     .fallback = "true",                                                                           \
     .help = "Copy the targets of symbolic links to files; --no-follow-symlinks skips links. "     \
             "Links to folders are never followed."}

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
