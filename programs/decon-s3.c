/* decon-s3: copies, lists and serves objects; `decon-s3 --help`. Reached by the name `s5cmd`, it
 * takes the command line of that program. */
#include "base/fsutil.h"
#include "base/security/process_guard.h"
#include "base/util.h"
#include "s3/cli/cli.h"
#include "s3/cli/s5cmd/s5cmd.h"
#include "s3/protocol/library_memory.h"

static bool is_named_s5cmd(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return str_equal(slash ? slash + 1 : path, "s5cmd");
}

int main(int argc, char **argv)
{
    fs_hold_standard_streams();
    process_hide_memory();
    library_memory_check();
    return is_named_s5cmd(argv[0]) ? s5cmd_main(argc, argv) : cli_main(argc, argv);
}
