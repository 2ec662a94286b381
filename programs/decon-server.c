/* decon-server: finds evaluation records in training files; `decon-server --help`. */
#include "base/fsutil.h"
#include "detection/commands.h"

int main(int argc, char **argv)
{
    fs_hold_standard_streams();
    return server_main(argc, argv);
}
