#include "base/util.h"
#include "s3/cli/transfer/copy.h"
#include "s3/cli/commands/option_rows_copy.h"

static bool run(cli *c, err *e)
{
    return copy_words(c, true, e);
}

/* clang-format off */
static const option rows[] = {
    ROWS_OF_COPIES, ROWS_OF_CONTENTS, ROWS_OF_SOURCES, ROW_DRY_RUN, ROW_QUIET, ROW_PROGRESS, ROWS_OF_FILTERS, ROWS_OF_AGES, ROW_SHARD, ROW_PAGE_SIZE, ROW_RAW,
    ROWS_OF_WRITES, ROWS_OF_DESCRIPTIONS, ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_mv = {
    .name = "mv",
    .summary = "move files and objects: copy, then remove the source",
    .options =
        SET(rows, "mv", "decon-s3 mv [OPTION]... SOURCE... TARGET",
            "As cp, and removes each source after its own copy is complete. A file or an object "
            "that changed since it was copied is kept; a downloaded file is synced to the disk "
            "before its object is removed.",
            "Examples:\n"
            "  decon-s3 mv s3://my-bucket/a.jsonl s3://my-bucket/old/\n"
            "  decon-s3 mv 's3://my-bucket/in/*.gz' s3://my-bucket/done/\n"
            "  decon-s3 mv -r ./results s3://my-bucket/results/\n"),
    .words_min = 2,
    .words_max = 100000,
    .needs_client = true,
    .again = "run it again to move the rest",
    .run = run,
};
