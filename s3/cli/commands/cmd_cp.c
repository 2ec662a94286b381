#include "base/util.h"
#include "s3/cli/transfer/copy.h"
#include "s3/cli/commands/option_rows_copy.h"

static bool run(cli *c, err *e)
{
    return copy_words(c, false, e);
}

/* clang-format off */
static const option rows[] = {
    ROWS_OF_COPIES, ROW_VERSION_ID, ROWS_OF_CONTENTS, ROWS_OF_SOURCES, ROW_DRY_RUN, ROW_QUIET, ROW_PROGRESS, ROWS_OF_FILTERS, ROWS_OF_AGES, ROW_SHARD, ROW_PAGE_SIZE, ROW_RAW,
    ROWS_OF_WRITES, ROWS_OF_DESCRIPTIONS, ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_cp = {
    .name = "cp",
    .summary = "copy files and objects: upload, download, copy inside the store",
    .options =
        SET(rows, "cp", "decon-s3 cp [OPTION]... SOURCE... TARGET",
            "SOURCE and TARGET are paths or s3:// URIs; one of them must be an s3:// URI. `-` is "
            "standard input (uploaded while it is read) or output. A TARGET that is a folder, a "
            "bucket or ends in / keeps the source's name. A file appears under its name only when "
            "it is complete; an interrupted download is resumed (NAME.decon-part).\n"
            "With --recursive, or * and ? in the key, everything below SOURCE is copied while the "
            "listing continues.",
            "Examples:\n"
            "  decon-s3 cp train.jsonl.gz s3://my-bucket/data/\n"
            "  decon-s3 cp s3://my-bucket/data/train.jsonl.gz .\n"
            "  decon-s3 cp s3://my-bucket/a.jsonl s3://other-bucket/b.jsonl\n"
            "  zcat big.gz | decon-s3 cp - s3://my-bucket/big.jsonl\n"
            "  decon-s3 cp s3://my-bucket/big.jsonl - | wc -l\n"
            "  decon-s3 cp -r ./folder s3://my-bucket/folder/\n"
            "  decon-s3 cp 's3://my-bucket/data/*.gz' ./data/\n"
            "  decon-s3 cp -r --exclude '*' --include '*.gz' s3://my-bucket/data ./data\n"),
    .words_min = 2,
    .words_max = 100000,
    .needs_client = true,
    .again = "run it again with --if-size-differ --if-source-newer: existing copies are skipped",
    .run = run,
};
