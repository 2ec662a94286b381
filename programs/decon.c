/* decon: finds evaluation records in training files; `decon --help`. Also installed as decon-server. */
#include "base/fsutil.h"
#include "base/security/process_guard.h"
#include "detection/commands.h"
#include "programs/s3_reports.h"
#include "s3/protocol/library_memory.h"

int main(int argc, char **argv)
{
    AUTO(s3_reports) reports = {0};
    fs_hold_standard_streams();
    process_hide_memory();
    library_memory_check();
    s3_reports_init(&reports);
    return decon_main(argc, argv, &reports.store);
}
