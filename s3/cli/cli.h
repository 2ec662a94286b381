/* decon-s3: what its commands share.
 *
 * What:    the table of commands, the options of all of them, and a context with loop and client.
 * Owner:   cli_main owns the context; commands borrow it.
 * Threads: the main thread (serve has threads of its own).
 * Fails:   commands yield false with an err; cli_main prints it and yields the exit status: 1 for
 *          what went wrong, 2 for usage.
 */
#ifndef S3_CLI_CLI_H
#define S3_CLI_CLI_H

#include "base/loop.h"
#include "base/options.h"
#include "s3/s3.h"
#include "s3/uri.h"

typedef struct cli_config {
    /* all commands */
    bool help, json;
    int log_level;
    /* those that talk to a store */
    char *endpoint_url, *region, *profile;
    int addressing_style;
    uint64_t part_size;
    int64_t workers;
    bool no_sign_request;
    /* ls, cp */
    bool recursive, human_readable;
    char *content_type;
    /* serve */
    char *root, *address, *port_file, *access_key, *secret_key, *log;
    int64_t port, threads;
    int anonymous;
    char **fault;
} cli_config;

typedef struct cli {
    const cli_config *config;
    int word_count;
    char **words; /* positional */
    /* of commands that talk to a store */
    loop *loop;
    s3_client *client;
    int signal_number; /* 0: none came */
    bool done;         /* ends cli_wait */
    unsigned errors;   /* printed so far: the exit status is 1 */
} cli;

typedef struct cli_command {
    const char *name;
    const char *summary;
    option_set options; /* rows of a cli_config */
    int words_min, words_max;
    bool needs_client;
    bool (*run)(cli *c, err *e);
} cli_command;

/* Each command's table stands in its own file, s3/cli/cmd_*.c. */
extern const cli_command cli_command_ls, cli_command_cp, cli_command_cat, cli_command_stat,
    cli_command_rm, cli_command_mb, cli_command_serve;
extern const cli_command *const cli_commands[];
extern const size_t cli_command_count;

int cli_main(int argc, char **argv);

/* One operation at a time: start it with a cli_wait as its context, and with the on_done below or
 * one of its own that calls cli_finish; then cli_await runs the loop until it is through. */
typedef struct cli_call {
    cli *c;
    err error;
} cli_call;

void cli_finish(cli_call *call, const err *error);
void cli_on_done(void *ctx, const err *error); /* an s3_done; ctx is the cli_call */
bool cli_await(cli_call *call, s3_op *op, err *e) MUST_USE;

/* Prints an error line (JSON with --json) and counts it; the command goes on. */
void cli_print_error(cli *c, const err *error);

/* s3/cli/words.c: URIs among the positional words. */
bool cli_parse_object(const char *text, s3_uri *uri, err *e) MUST_USE; /* with a key */
/* Runs `one` for each word; what goes wrong with one is printed, and the others go on. Nothing is
 * done where a word is no URI of an object. */
bool cli_each_object(cli *c, bool (*one)(cli *c, const s3_uri *uri, err *e), err *e) MUST_USE;

/* s3/cli/print.c */
void print_time(int64_t time_s, char *out, size_t out_size); /* "2026-11-23 03:00:01", UTC */
/* The key with control characters as \n, \t or \xNN, so that a line stays a line. */
void print_key(const char *key, FILE *out);
/* One JSON object in a line; members with a NULL value are left out. */
typedef struct print_member {
    const char *name, *text; /* text NULL: `number`, unless `absent` */
    uint64_t number;
    bool absent;
} print_member;
void print_json(const print_member *members, size_t count, FILE *out);
bool print_flush(err *e) MUST_USE; /* stdout: a full disk or a closed pipe is an error */

#endif
