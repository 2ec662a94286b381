/* decon-s3: copies, lists and serves objects; `decon-s3 --help`. Reached by the name `s5cmd`, it
 * takes the command line of that program. */
#include <errno.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/security/process_guard.h"
#include "base/util.h"
#include "decon/compression/verify.h"
#include "s3/cli/cli.h"
#include "s3/cli/s5cmd/s5cmd.h"
#include "s3/protocol/library_memory.h"

#define CHUNK_BYTES ((size_t)256 * 1024)

/* The levels of --verify are those of decon_verify_level. */
static bool check(int fd, const char *name, int level, err *e)
{
    decon_verify_options options = {.level = (decon_verify_level)level, .name = name};
    AUTO_PTR(decon_verify) v = decon_verify_new(&options, e);
    AUTO_FREE char *chunk = xcalloc(1, CHUNK_BYTES);
    decon_verdict found;
    off_t at = 0;
    ssize_t got = v ? 1 : 0;
    while (got > 0) {
        got = pread(fd, chunk, CHUNK_BYTES, at);
        if (got < 0)
            return err_set_errno(e, ERR_IO, errno, "%s: cannot read", name);
        if (got > 0 && !decon_verify_feed(v, (slice){chunk, (size_t)got}, e))
            return false;
        at += got;
    }
    return v && decon_verify_finish(v, &found, e);
}

static const cli_verifier verifier = {.check = check};

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
    return is_named_s5cmd(argv[0]) ? s5cmd_main(argc, argv) : cli_main(argc, argv, &verifier);
}
