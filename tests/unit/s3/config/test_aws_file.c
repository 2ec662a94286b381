#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "s3/config/aws_file.h"
#include "s3/config/profile.h"

#define BOM "\xEF\xBB\xBF"

static const char *value_of(const s3_aws_file *f, const char *section, const char *name)
{
    for (size_t i = 0; i < f->pair_count; i++)
        if (strcmp(f->sections[f->pairs[i].section].name, section) == 0 &&
            strcmp(f->pairs[i].name, name) == 0)
            return f->pairs[i].value;
    return NULL;
}

static void what_is_read(void **state)
{
    static const struct {
        const char *text, *section, *name, *value;
    } rows[] = {
        {BOM "[default]\nregion = r\n", "default", "region", "r"},
        {BOM "\r\n[default]\r\nregion=r", "default", "region", "r"},
        {"[default]\rregion = r\r", "default", "region", "r"},
        {"[default]\nregion: r\n", "default", "region", "r"},
        {"[default]\nendpoint_url = http://h:1\n", "default", "endpoint_url", "http://h:1"},
        {"[default] ; text\nregion = r # text\n", "default", "region", "r"},
        {"# text\n  ; text\n[default]\n\n  region = r\n  output = json\n", "default", "output",
         "json"},
        {"[default]\nREGION = r\n", "default", "region", "r"},
        {"[default]\naws_secret_access_key = a#b;c=d/e+f\n", "default", "aws_secret_access_key",
         "a#b;c=d/e+f"},
        {"[profile x]\nregion = r\n", "x", "region", "r"},
        {"[profile \"x y\"]\nregion = r\n", "x y", "region", "r"},
        {"[profile\t'x']\nregion = r\n", "x", "region", "r"},
        {"[ profile x ]\nregion = r\n", "x", "region", "r"},
        {"[profile x]\ns3 =\n  addressing_style = path\n\n  # text\n  payload_signing_enabled = "
         "true\n"
         "region = r\n",
         "x", "s3.payload_signing_enabled", "true"},
        {"[profile x]\ns3 =\n\taddressing_style = path\nregion = r\n", "x", "region", "r"},
        {"[profile x]\n  s3 =\n    addressing_style = path\n  region = r\n", "x", "region", "r"},
        {"[default]\ncredential_process = a\n  b \"c # d\"\n", "default", "credential_process",
         "a b \"c # d\""},
        {"[services x]\ns3 =\n  endpoint_url = u\nsts =\n  endpoint_url = v\n", "x",
         "sts.endpoint_url", "v"},
        {"[plugins]\ncli_legacy = x\n[default]\nregion = r\n", "default", "region", "r"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(s3_aws_file) f = {0};
        err e = ERR_INIT;
        if (!s3_aws_file_parse(&f, "f", slice_from(rows[i].text), true, &e))
            fail_msg("row %zu: %s", i, e.message);
        const char *value = value_of(&f, rows[i].section, rows[i].name);
        if (!value || strcmp(value, rows[i].value) != 0)
            fail_msg("row %zu: '%s'", i, value ? value : "nothing");
    }
}

static void is_refused(slice text, bool is_config, const char *why)
{
    AUTO(s3_aws_file) f = {0};
    err e = ERR_INIT;
    assert_false(s3_aws_file_parse(&f, "f", text, is_config, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    if (!strstr(e.message, why))
        fail_msg("'%s' does not say '%s'", e.message, why);
}

static void what_is_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"region = r\n[default]\n", "f:1: a setting before the first section"},
        {"[default\nregion = r\n", "f:1: the section's ']' is missing"},
        {"[default]\n[]\n", "f:2: a section without a name"},
        {"[default] region = r\n", "f:1: text after the section's ']'"},
        {"[default]\n\nregion\n", "f:3: neither a section nor a setting"},
        {"[default]\n= r\n", "f:2: neither a section nor a setting"},
        {"[default]\ns3 =\n  path\n", "f:3: not a setting of 's3'"},
        {"[default]\nregion = r\xff\n", "f:2: bytes that are not UTF-8"},
        {"[a]\nregion = r\n" BOM "[default]\n", "f:3: a byte order mark inside"},
        {BOM BOM "[default]\n", "f:1: a byte order mark inside"},
        {"[default]\nregion = \x1b[0m\n", "f:2: control character 0x1b"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        is_refused(slice_from(rows[i].text), true, rows[i].why);
}

/* The encoding is named: common editors on Windows write it. */
static void other_encodings_are_refused_by_name(void **state)
{
    (void)state;
    is_refused((slice){"\xFF\xFE[\0d\0", 6}, true, "f: the file is UTF-16; save it as UTF-8");
    is_refused((slice){"\xFE\xFF\0[\0d", 6}, false, "f: the file is UTF-16");
    is_refused((slice){"\xFF\xFE\0\0[\0\0\0", 8}, true, "f: the file is UTF-32");
    is_refused((slice){"\0\0\xFE\xFF\0\0\0[", 8}, true, "f: the file is UTF-32");
    is_refused((slice){"[\0d\0e\0", 6}, true, "f: the file contains NUL bytes");
}

static void repeats_are_refused_with_both_lines(void **state)
{
    static const struct {
        const char *text;
        bool is_config;
        const char *why;
    } rows[] = {
        {"[default]\na=1\n[default]\nb=1\n", true,
         "section 'profile default' occurs twice: in line 1 and in line 3; keep one of them"},
        {"[x]\n[y]\n\n[x]\n", false, "section 'profile x' occurs twice: in line 1 and in line 4"},
        {"[ x]\n[\"x\"]\n", false, "in line 1 and in line 2"},
        {"[default]\n[profile default]\n", true, "in line 1 and in line 2"},
        {"[profile x]\n[profile  \"x\"]\n", true, "in line 1 and in line 2"},
        {"[sso-session x]\n[services x]\n[sso-session x]\n", true,
         "section 'sso-session x' occurs twice: in line 1 and in line 3"},
        {"[services x]\n[services x]\n", true, "in line 1 and in line 2"},
        {"[plugins]\n[plugins]\n", true, "section 'plugins' occurs twice"},
        {"[x]\nregion = a\nb = 1\nREGION: c\n", false,
         "f:4: setting 'region' occurs twice: in line 2 and in line 4"},
        {"[default]\ns3 =\n  a = 1\n  A = 2\n", true,
         "setting 's3.a' occurs twice: in line 3 and in"},
        {"[default]\ns3 =\n  a = 1\nx = 1\ns3 =\n  b = 1\n", true, "in line 2 and in line 5"},
        {"[z]\nq = 1\n[y]\na = 1\na = 2\n[x]\nb = 1\nb = 1\n", false, "in line 4 and in line 5"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        is_refused(slice_from(rows[i].text), rows[i].is_config, rows[i].why);
}

static void distinct_settings_are_not_repeats(void **state)
{
    static const char *const rows[] = {
        "[x]\na=1\n[X]\na=1\n", "[sso-session x]\na=1\n[profile x]\na=1\n[services x]\na=1\n",
        "[profile x]\ns3 =\n  a = 1\ns3api =\n  a = 1\na = 1\n"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(s3_aws_file) f = {0};
        assert_true(s3_aws_file_parse(&f, "f", slice_from(rows[i]), true, NULL));
    }
}

static void a_value_of_very_many_lines_is_refused(void **state)
{
    AUTO(buf) text = BUF(1 << 20);
    (void)state;
    buf_append_str(&text, "[default]\ncredential_process = x\n");
    while (text.len < (1 << 20) - 100)
        buf_append_str(&text, "  0123456789\n");
    is_refused(buf_slice(&text), true, "the value exceeds 65536 bytes");
}

/* --- which section is the profile --- */

static bool parse(const char *name, bool is_config, const char *text, s3_profile *p, err *e)
{
    *p = (s3_profile){.name = xstrdup(name)};
    return s3_profile_parse(p, slice_from(text), is_config, e);
}

/* AWS's tools skip such a section: its settings would be lost silently. */
static void a_section_in_the_spelling_of_the_other_file_is_refused(void **state)
{
    static const struct {
        const char *name;
        bool is_config;
        const char *text, *why;
    } rows[] = {
        {"x", true, "[x]\nregion = r\n", "~/.aws/config:1: section [x] is not read as profile 'x'"},
        {"x", true, "[profile x]\n[x]\n", "write [profile NAME]"},
        {"x", true, "[Profile x]\n", "write [profile NAME], in lower case"},
        {"x", false, "[profile x]\n", "~/.aws/credentials:1: section [profile x]"},
        {"default", false, "[Default]\n", "write [default]"},
        {"default", true, "[DEFAULT]\n", "write [default]"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(s3_profile) p = {0};
        err e = ERR_INIT;
        assert_false(parse(rows[i].name, rows[i].is_config, rows[i].text, &p, &e));
        if (!strstr(e.message, rows[i].why))
            fail_msg("row %zu: %s", i, e.message);
    }
}

static void other_sections_are_ignored(void **state)
{
    static const struct {
        const char *name;
        bool is_config;
        const char *text;
        bool found;
    } rows[] = {
        {"x", true, "[y]\n[profile x]\n[profile X]\n", true},
        {"x", false, "[profile y]\n[x]\n", true},
        {"default", true, "[profile default]\n", true},
        {"default", false, "[Default]\n[default]\n", true},
        {"x", true, "[services x]\n[sso-session x]\n", false},
        {"x y", true, "[profile x y]\n", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(s3_profile) p = {0};
        assert_true(parse(rows[i].name, rows[i].is_config, rows[i].text, &p, NULL));
        assert_int_equal(p.found, rows[i].found);
    }
}

static void misspelt_settings_are_recognised(void **state)
{
    static const char *const rows[][2] = {
        {"regoin", "region"},
        {"aws_region", "region"},
        {"endpoint-url", "endpoint_url"},
        {"endpont_url", "endpoint_url"},
        {"s3.adressing_style", "s3.addressing_style"},
        {"credentail_process", "credential_process"},
        {"sorce_profile", "source_profile"},
        {"service", "services"},
        {"region\xc2\xa0", "region"},
        {"access_key_id", "aws_access_key_id"},
        {"secret_key", "aws_secret_access_key"},
        {"aws_acces_key", "aws_access_key_id"},
        {"aws_secret_acces", "aws_secret_access_key"},
        {"accesskeys", "aws_access_key_id"},
        {"aws_key", "aws_access_key_id"},
        {"aws_key_id", "aws_access_key_id"},
        {"aws_access_id", "aws_access_key_id"},
        {"aws_secret", "aws_secret_access_key"},
        {"aws_mfa_device", NULL},
        {"vault_secret_path", NULL},
        {"expiration", NULL},
        {"x_security_token_expires", NULL},
        {"sso_account_name", NULL},
        {"cli_pager", NULL},
        {"s3", NULL},
        {"azure_tenant_id", NULL},
        {"granted_sso_region", NULL},
        {"include_profile", NULL},
        {"aws_expiration", NULL},
        {"a_name_that_is_very_much_longer_than_any_setting_could_be_and_then_some_more", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *meant = s3_setting_meant(rows[i][0]);
        if (!str_equal(meant, rows[i][1]))
            fail_msg("%s: %s", rows[i][0], meant ? meant : "nothing");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(other_encodings_are_refused_by_name),
        cmocka_unit_test(repeats_are_refused_with_both_lines),
        cmocka_unit_test(distinct_settings_are_not_repeats),
        cmocka_unit_test(a_value_of_very_many_lines_is_refused),
        cmocka_unit_test(a_section_in_the_spelling_of_the_other_file_is_refused),
        cmocka_unit_test(other_sections_are_ignored),
        cmocka_unit_test(misspelt_settings_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
