/* decon-orchestrator: has the objects of a bucket checked by a detection server; `--help`. */
#include "base/fsutil.h"
#include "base/security/process_guard.h"
#include "orchestrator/commands.h"
#include "s3/protocol/library_memory.h"

int main(int argc, char **argv)
{
    fs_hold_standard_streams();
    process_hide_memory();
    library_memory_check();
    return orchestrator_main(argc, argv);
}
