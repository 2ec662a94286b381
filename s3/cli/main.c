/* decon-s3: copies, lists and serves objects; `decon-s3 --help`. */
#include "s3/cli/cli.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
