/* decon: finds evaluation records in training files; `decon --help`. Also installed as decon-server. */
#include "base/fsutil.h"
#include "base/process_guard.h"
#include "detection/commands.h"

int main(int argc, char **argv)
{
    fs_hold_standard_streams();
    process_hide_memory();
    return decon_main(argc, argv);
}
