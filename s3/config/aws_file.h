/* Parses an AWS shared file (~/.aws/config, ~/.aws/credentials) into sections and settings.
 *
 * What:    the syntax of botocore, but errors are reported: UTF-8 with or without a byte order
 *          mark; sections, `name = value` (or `name: value`), comments. An indented line belongs to
 *          the setting above it: it is a nested setting if that one has no value ("s3 ="), else a
 *          continuation of its value.
 * Owner:   s3_aws_file_deinit frees everything.
 * Threads: any.
 * Fails:   ERR_CONFIG with path and line: another encoding, text outside of a section, a line that
 *          is neither section nor setting, a section or setting that occurs twice.
 * Sources: AWS SDKs and Tools Reference Guide, "Shared config and credentials files"; Python's
 *          configparser, which botocore uses for these files (indentation, repeats).
 */
#ifndef S3_CONFIG_AWS_FILE_H
#define S3_CONFIG_AWS_FILE_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

typedef struct s3_aws_section {
    char *kind; /* "profile", "sso-session", "services"; "": of another kind */
    char *name; /* without kind and quotes; for another kind: everything between the brackets */
    unsigned line;
} s3_aws_section;

typedef struct s3_aws_pair {
    char *name; /* in lower case; of a nested setting "s3.addressing_style" */
    char *value;
    size_t section;
    unsigned line, continued_line; /* 0: the value is in one line */
} s3_aws_pair;

typedef struct s3_aws_file {
    s3_aws_section *sections;
    s3_aws_pair *pairs;
    size_t section_count, pair_count;
} s3_aws_file;

/* `path` is used in messages. In the config file sections have a kind: [profile x]. */
bool s3_aws_file_parse(s3_aws_file *out, const char *path, slice text, bool is_config, err *e)
    MUST_USE;
void s3_aws_file_deinit(s3_aws_file *file);
DEFINE_AUTO(s3_aws_file, s3_aws_file_deinit)

#endif
