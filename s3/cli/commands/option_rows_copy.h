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
     .help = "Symbolic links to files are those files; --no-follow-symlinks leaves them out. "     \
             "Links to folders are never followed."}

#define ROWS_OF_COPIES                                                                             \
    {.key = "recursive", .type = OPTION_BOOL, .offset = AT(recursive), .letter = 'r',              \
     .section = "Copying", .help = "A whole folder: all files or keys below SOURCE."},             \
    {.key = "flatten", .type = OPTION_BOOL, .offset = AT(flatten), .letter = 'f',                  \
     .help = "Of many, only the names: no folders below TARGET."},                                 \
    {.key = "no_clobber", .type = OPTION_BOOL, .offset = AT(no_clobber), .letter = 'n',            \
     .help = "Leave what stands at TARGET already."},                                              \
    {.key = "if_size_differ", .type = OPTION_BOOL, .offset = AT(if_size_differ), .letter = 's',    \
     .help = "Only what is not at TARGET in this size."},                                          \
    {.key = "if_source_newer", .type = OPTION_BOOL, .offset = AT(if_source_newer), .letter = 'u',  \
     .help = "Only what is not at TARGET, or older there."},                                       \
    ROW_FOLLOW_SYMLINKS,                                                                           \
    {.key = "expected_size", .type = OPTION_SIZE, .offset = AT(expected_size), .metavar = "SIZE",  \
     .help = "About how much standard input (`-`) will hold: then all parts have one size. Without " \
             "it they grow behind the first 1,000."}
/* clang-format on */

#endif
