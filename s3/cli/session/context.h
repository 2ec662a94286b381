/* decon-s3: common declarations of the commands.
 *
 * What:    the table of commands, the options of all of them, and a context for one command. The
 *          lines of a command file share the session (loop, client, jobs).
 * Owner:   cli_main owns session and context; commands borrow them.
 * Threads: the main thread (serve has its own threads).
 * Fails:   commands return false with an err; cli_main prints it and returns the exit status: 1 for
 *          errors, 2 for usage.
 */
#ifndef S3_CLI_SESSION_CONTEXT_H
#define S3_CLI_SESSION_CONTEXT_H

#include "decon/base/loop.h"
#include "base/options/options.h"
#include "decon/s3/s3.h"
#include "s3/cli/session/config.h"
#include "decon/s3/uri.h"
#include "base/util.h"

/* State for the lifetime of the program. */
typedef struct cli_session {
    loop *loop;
    pool *pool; /* hashes files */
    s3_client *client;
    s3_client *source_client; /* of sources in another store; NULL: the same */
    struct jobs *jobs;
    struct cli_progress *progress;
    int signal_number; /* 0: none was received */
    bool fatal;        /* an error that would affect all objects: no credentials, no space */
    bool wake;         /* ends cli_turn */
    char *synced_dir;  /* its name, and those of the folders above it, are on the disk; or NULL */
} cli_session;

typedef struct cli cli;

typedef struct cli_command {
    const char *name;
    const char *summary;
    option_set options; /* rows of a cli_config */
    int words_min, words_max;
    bool needs_client;
    const char *again; /* advice after an interruption; NULL: the command cannot be resumed */
    bool (*run)(cli *c, err *e);
} cli_command;

/* Checks contents for --verify; passed down by the program. `level`: 1 stream, 2 jsonl. */
typedef struct cli_verifier {
    bool (*check)(int fd, const char *name, int level, err *e); /* on a worker, from byte 0 */
} cli_verifier;

struct line_words;
struct print_result;

/* The language of another program: how results and errors are printed, and how the lines of a
 * command file become commands. */
typedef struct cli_style {
    void (*print_result)(const cli *c, const struct print_result *r);
    /* `from`, `to`: as in cli_print_error_of. */
    void (*print_error)(const cli *c, const char *from, const char *to, const err *error);
    /* Replaces the words of a line by those of the command that is returned; sets c->typed. */
    const cli_command *(*read_line)(cli *c, struct line_words *words, err *e);
} cli_style;

struct cli {
    const cli_command *command;
    const cli_config *config;
    int word_count, flag_count;
    char **words; /* positional */
    char **flags; /* the others, as typed */
    cli_session *session;
    loop *loop;        /* the session's */
    s3_client *client; /* the session's */
    unsigned errors;   /* printed so far: the exit status is 1 */
    unsigned jobs;     /* of this command in progress */
    bool fatal;        /* the same for this command only: no such bucket */
    err_code last_error_code;
    unsigned repeated; /* errors like the previous one that were not printed */
    bool as_s5cmd;     /* arguments follow s5cmd's rules: in command files, and under its name */
    const cli_style *style;       /* NULL: decon-s3's own */
    const cli_verifier *verifier; /* NULL: --verify is not offered */
    char *typed; /* the command as it was typed; for style->print_error, else NULL */
    /* of a line of a command file */
    const char *file; /* NULL: typed on the command line */
    unsigned line;
    void (*on_idle)(cli *c); /* its last job has ended */
};

/* Opens the session, runs the command, closes the session; returns the exit status. */
int cli_run_command(cli *c);

/* Parses argv (the command's name first) into *config; options_deinit frees it. Sets flags
 * and words of *c. */
bool cli_parse(const cli_command *command, int argc, char **argv, cli_config *config, cli *c,
               err *e) MUST_USE;

/* Runs the loop until an event (cli_wake); false after a signal. */
bool cli_turn(cli *c) MUST_USE;
void cli_wake(cli *c);
/* Lets transfers proceed, during work that does not wait for any. */
void cli_breathe(cli *c);
s3_client *cli_source_client(const cli *c);
bool cli_interrupted(const cli *c, err *e); /* sets the error; returns false */

/* One operation at a time: start it with a cli_call as its context, and with the on_done below or
 * one that calls cli_finish; cli_await then runs the loop until it has ended. */
typedef struct cli_call {
    cli *c;
    bool done;
    err error;
} cli_call;

void cli_finish(cli_call *call, const err *error);
void cli_on_done(void *ctx, const err *error); /* an s3_done; ctx is the cli_call */
bool cli_await(cli_call *call, s3_op *op, err *e) MUST_USE;

/* Prints an error line (JSON with --json) and counts it; the command continues. `from` and `to` are
 * the affected names, for JSON; or NULL. */
void cli_print_error(cli *c, const err *error);
void cli_print_error_of(cli *c, const char *from, const char *to, const err *error);
void cli_print_repeated(cli *c); /* their number */
/* False, with a final error, if a printed error affects everything else of the same source: the
 * rest is skipped instead of printing an error for each object. */
bool cli_may_continue(const cli *c, err *e) MUST_USE;

/* s3/cli/source/arguments.c: URIs among the arguments. */
bool cli_parse_object(const char *text, s3_uri *uri, err *e) MUST_USE; /* with a key */
/* --version-id is for one object that is named by its key. */
bool cli_check_version(const cli *c, err *e) MUST_USE;
bool cli_parse_bucket(const char *text, s3_uri *uri, err *e) MUST_USE; /* without one */
/* Runs `one` for each object that the arguments name, including patterns, one after the
 * other; errors are printed, and the others continue. Nothing is done if an argument is not
 * the URI of an object. */
typedef bool (*cli_one)(void *ctx, cli *c, const s3_uri *uri, err *e);
bool cli_each_object(cli *c, cli_one one, void *ctx, err *e) MUST_USE;

/* s3/cli/session/confirmation.c: confirmation before many objects are removed. True with --yes, or
 * if confirmed at a terminal; `what` is "all objects of s3://bucket". */
bool guard_removal(cli *c, const char *what, err *e) MUST_USE;

#endif
