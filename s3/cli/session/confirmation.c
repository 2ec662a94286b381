/* Confirmation before many objects are removed: --yes, or the answer at a terminal. */
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "s3/cli/session/context.h"
#include "s3/cli/session/line_reader.h"
#include "s3/cli/session/print.h"
#include "s3/cli/session/progress.h"

#define QUESTION_MAX_MS 2000 /* for a stopped terminal */

static bool ask(cli *c, const char *what, bool *yes)
{
    char answer[16];
    err unseen = ERR_INIT;
    AUTO_FREE char *question = xasprintf("decon-s3: remove %s? Type yes: ", what);
    print_settle();
    if (!fs_print_standard(STDERR_FILENO, slice_from(question), QUESTION_MAX_MS, &unseen))
        return true;                    /* no terminal to read the question: not confirmed */
    if (!lines_wait(c, STDIN_FILENO)) { /* a terminal delivers whole lines */
        log_plain("%s", "");
        return false;
    }
    *yes = fgets(answer, sizeof answer, stdin) && str_equal(answer, "yes\n");
    return true;
}

bool guard_removal(cli *c, const char *what, err *e)
{
    bool yes = false;
    if (c->config->yes || c->config->dry_run)
        return true;
    bool terminal = !c->file && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    if (!terminal)
        return err_set(e, ERR_USAGE,
                       "this would remove %s; add --yes to confirm (--dry-run shows the objects)",
                       what);
    cli_progress_hide(c->session->progress);
    if (!ask(c, what, &yes))
        return cli_interrupted(c, e);
    return yes || err_set(e, ERR_CANCELLED, "nothing was removed");
}
