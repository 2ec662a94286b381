/* decon-s3: copies, lists and serves objects; `decon-s3 --help`. */
#include "base/fsutil.h"
#include "base/process_guard.h"
#include "s3/cli/cli.h"

int main(int argc, char **argv)
{
    fs_hold_standard_streams();
    process_hide_memory();
    return cli_main(argc, argv);
}
