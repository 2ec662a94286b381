/* Each AWS variable and profile setting in the table of s3/config/settings.c: the client's requests
 * with it are compared with those without it. A supported setting changes them, an ignored one does
 * not, a refused one is an error that names it. */
#include "tests/unit/s3/config/settings_samples.h"

/* --- the world --- */

static const http_header etag = {"ETag", "\"e\""};

#define ROLE_JSON                                                                                  \
    "{\"Version\":1,\"AccessKeyId\":\"ID-R\",\"SecretAccessKey\":\"SECRET\",\"Token\":\"T\","      \
    "\"Expiration\":\"2100-01-01T00:00:00Z\"}"
#define STS_XML(action)                                                                            \
    "<" action "Response><" action "Result><Credentials><AccessKeyId>ID-A</AccessKeyId>"           \
    "<SecretAccessKey>SECRET</SecretAccessKey><SessionToken>T</SessionToken>"                      \
    "<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></" action "Result></" action      \
    "Response>"

static bool asks(const fake_request *r, const char *word)
{
    return strstr(r->url, word) != NULL;
}

static void answer_imds(const fake_request *r, unsigned mode, fake_reply *reply)
{
    if (mode & IMDS_DEAD)
        reply->error = ERR_TIMEOUT;
    else if (asks(r, "/api/token") && (mode & IMDS_V1))
        reply->status = 404;
    else
        reply->body = asks(r, "/api/token")                             ? SLICE_LIT("TOKEN")
                      : str_ends_with(r->url, "/security-credentials/") ? SLICE_LIT("role")
                                                                        : SLICE_LIT(ROLE_JSON);
}

static void answer_store(const fake_request *r, unsigned mode, fake_reply *reply)
{
    reply->status = mode & STORE_FAILS              ? 500
                    : strcmp(r->method, "GET") == 0 ? 404
                    : strcmp(r->method, "PUT") == 0 ? 200
                                                    : 204;
    reply->headers = &etag;
    reply->header_count = strcmp(r->method, "PUT") == 0 ? 1 : 0;
}

static void answer(void *ctx, const fake_request *r, fake_reply *reply)
{
    unsigned mode = *(unsigned *)ctx;
    bool is_sts = r->body.len && memmem(r->body.data, r->body.len, "Action=", 7);
    if (asks(r, "/latest/"))
        answer_imds(r, mode, reply);
    else if (is_sts && memmem(r->body.data, r->body.len, "WebIdentity", 11))
        reply->body = SLICE_LIT(STS_XML("AssumeRoleWithWebIdentity"));
    else if (is_sts)
        reply->body = SLICE_LIT(STS_XML("AssumeRole"));
    else if (asks(r, "/federation/"))
        reply->body =
            SLICE_LIT("{\"roleCredentials\":{\"accessKeyId\":\"ID-S\",\"secretAccessKey\":"
                      "\"SECRET\",\"sessionToken\":\"T\",\"expiration\":4102444800000}}");
    else if (str_ends_with(r->url, "/token"))
        reply->body = SLICE_LIT("{\"accessToken\":\"T2\",\"expiresIn\":3600}");
    else if (asks(r, "169.254.170.2") || asks(r, "127.0.0.1:1/"))
        reply->body = SLICE_LIT(ROLE_JSON);
    else
        answer_store(r, mode, reply);
}

static void write_sso_token(const char *name, const char *expires)
{
    uint8_t hash[SHA1_BYTES];
    char hex[2 * SHA1_BYTES + 1];
    sha1(slice_from(name), hash);
    hex_encode(hash, sizeof hash, hex);
    AUTO_FREE char *cache = xasprintf("%s/.aws/sso/cache", dir);
    AUTO_FREE char *path = xasprintf(".aws/sso/cache/%s.json", hex);
    AUTO_FREE char *text =
        xasprintf("{\"accessToken\":\"T\",\"expiresAt\":\"%s\",\"clientId\":\"C\","
                  "\"clientSecret\":\"SECRET\",\"refreshToken\":\"R\","
                  "\"registrationExpiresAt\":\"2100-01-01T00:00:00Z\"}",
                  expires);
    assert_true(fs_make_dirs(cache, NULL));
    free(write_file(path, text));
}

/* --- one run --- */

#define TRACE_MAX ((size_t)1 << 20)

typedef struct trial {
    const sample *sample;
    const char *key, *variable; /* the tested setting, in a profile or in the environment */
    const char *value;          /* NULL: it is not set */
} trial;
static size_t env_count;
static char *paths[3]; /* other, web, config */

static void set(const char *name, const char *value)
{
    assert_true(env_count + 2 < ENV_MAX);
    env[env_count++] = name;
    env[env_count++] = strcmp(value, "@other") == 0 ? paths[0]
                       : strcmp(value, "@web") == 0 ? paths[1]
                                                    : value;
    env[env_count] = NULL;
}

static void set_all(const char *const *pairs)
{
    for (size_t i = 0; pairs[i]; i += 2)
        set(pairs[i], pairs[i + 1]);
}

static void add_lines(buf *lines, buf *sections, const char *text)
{
    const char *end = text ? strstr(text, "@end") : NULL;
    size_t len = text ? (end ? (size_t)(end - text) : strlen(text)) : 0;
    buf_append(lines, text ? text : "", len);
    buf_append_str(sections, end ? end + strlen("@end") : "");
}

static void add_setting(buf *lines, const char *key, const char *value)
{
    const char *dot = strchr(key, '.');
    const char *text = strcmp(value, "@web") == 0 ? paths[1] : value;
    if (dot)
        buf_printf(lines, "%.*s =\n  %s = %s\n", (int)(dot - key), key, dot + 1, text);
    else
        buf_printf(lines, "%s = %s\n", key, text);
}

static void write_files(const trial *t)
{
    AUTO(buf) lines = BUF(65536);
    AUTO(buf) sections = BUF(65536);
    paths[0] = write_file("other", "[default]\nregion = eu-other-1\n" KEYS_OF("ID-OTHER"));
    paths[1] = write_file("web", "WEB");
    buf_append_str(&lines, "[default]\n");
    add_lines(&lines, &sections, t->sample->config);
    if (t->key)
        add_lines(&lines, &sections, t->sample->key_config);
    if (t->key && t->value)
        add_setting(&lines, t->key, t->value);
    buf_append_slice(&lines, buf_slice(&sections));
    paths[2] = write_file("config", buf_str(&lines));
    write_sso_token("https://x", "2100-01-01T00:00:00Z");
    write_sso_token("x", "2100-01-01T00:00:00Z");
    write_sso_token("y", "2013-05-23T00:00:00Z"); /* has expired: it is renewed */
}

static void set_environment(const trial *t)
{
    env_count = 0;
    if (t->variable && t->value)
        set(t->variable, t->value);
    if (t->variable)
        set_all(t->sample->more_env);
    set_all(t->sample->env);
    set("HOME", dir);
    set("AWS_CONFIG_FILE", paths[2]);
    site_env = env;
}

static void on_put(void *ctx, const s3_put_result *result, const err *e)
{
    UNUSED(result);
    site_done(ctx, e);
}

static void on_got(void *ctx, const s3_get_result *result, const err *e)
{
    UNUSED(result);
    site_done(ctx, e);
}

static bool on_data(void *ctx, slice data, err *e)
{
    UNUSED(ctx);
    UNUSED(data);
    UNUSED(e);
    return true;
}

static void operate(site *s, unsigned mode, FILE *file)
{
    if (mode & PUT)
        s3_put(s->c, &(s3_put_options){.bucket = "bucket",
                                       .key = "k",
                                       .fd = fileno(file),
                                       .size_bytes = 9,
                                       .on_done = on_put,
                                       .ctx = s});
    else if (mode & GET)
        s3_get(s->c, &(s3_get_options){.bucket = "bucket",
                                       .key = "k",
                                       .fd = -1,
                                       .on_data = on_data,
                                       .on_done = on_got,
                                       .ctx = s});
    else
        s3_delete(s->c, "bucket", "k", site_done, s);
    (void)site_end(s);
}

static void write_request(buf *out, const fake_request *r)
{
    buf_printf(out, "%s %s (%d %d)\n", r->method, r->url, r->connect_timeout_ms,
               r->total_timeout_ms);
    for (size_t i = 0; i < r->header_count; i++)
        buf_printf(out, "  %s: %s\n", r->headers[i].name, r->headers[i].value);
    buf_append_slice(out, r->body);
    buf_append_str(out, "\n");
}

/* All requests and the result. */
static char *run(const trial *t)
{
    AUTO(buf) out = BUF(TRACE_MAX);
    unsigned mode = t->sample->flags;
    site s = {.f = fake_new()};
    err e = ERR_INIT;
    FILE *file = tmpfile();
    assert_true(file && fputs("123456789", file) >= 0 && fflush(file) == 0);
    write_files(t);
    set_environment(t);
    s3_config config = {.endpoint = mode & AT_AWS ? NULL : "http://store",
                        .getenv_fn = site_getenv,
                        .start_wait_ms = 1,
                        .outage_wait_ms = 1};
    fake_handle(s.f, answer, &mode);
    if ((mode & PROGRAM) && t->value)
        fake_expect_process(s.f, &(fake_process_rule){.command = "keys", .output = ROLE_JSON});
    AUTO_FREE char *bundle = s3_config_ca_bundle(&config);
    buf_printf(&out, "bundle %s\n", bundle ? bundle : "-");
    s.c = s3_client_new(fake_transport_base(s.f), &config, &e);
    if (s.c) {
        operate(&s, mode, file);
        e = s.error;
    }
    for (size_t i = 0; i < fake_request_count(s.f); i++)
        write_request(&out, fake_request_at(s.f, i));
    buf_printf(&out, "error: %s\n", err_is_set(&e) ? e.message : "none");
    s3_client_free(s.c);
    fake_free(s.f);
    (void)fclose(file);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        free(paths[i]);
    site_env = NULL;
    return buf_give(&out);
}

/* --- the comparison --- */

static const sample *sample_of(const s3_setting *row)
{
    const char *name = row->key ? row->key : row->variable;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        if (strcmp(samples[i].name, name) == 0)
            return &samples[i];
    fail_msg("no sample of %s", name);
    return NULL;
}

/* In messages the key of a nested setting is named in full. */
static void compare(const s3_setting *row, trial t)
{
    const char *name = t.key ? t.key : t.variable;
    t.value = NULL;
    AUTO_FREE char *without = run(&t);
    t.value = t.sample->value;
    AUTO_FREE char *with = run(&t);
    bool same = strcmp(without, with) == 0, is_refused = row->use == S3_SETTING_REFUSED;
    const char *error = strstr(with, "error: ");
    if (is_refused && !strstr(error, name))
        fail_msg("%s is not refused: %s", name, with);
    if (row->use == S3_SETTING_IGNORED && !same)
        fail_msg("%s is not ignored:\n%s\nbut without it:\n%s", name, with, without);
    if (row->use == S3_SETTING_IGNORED && strcmp(error, "error: none\n") != 0)
        fail_msg("%s: %s", name, error);
    if (row->use == S3_SETTING_SUPPORTED && same != !!(t.sample->flags & AS_IS))
        fail_msg("%s has %s effect:\n%s", name, same ? "no" : "an", with);
    if (!row->values)
        return;
    t.value = "nonsense";
    AUTO_FREE char *wrong = run(&t);
    if (!strstr(wrong, "error: ") || !strstr(strstr(wrong, "error: "), name) ||
        !strstr(wrong, "nonsense"))
        fail_msg("%s takes any value: %s", name, wrong);
}

static void each_use(s3_setting_use use)
{
    unsigned tried = 0;
    for (size_t i = 0; i < s3_setting_count; i++) {
        const s3_setting *row = &s3_settings[i];
        if (row->use != use)
            continue;
        const sample *of = sample_of(row);
        if (row->key)
            compare(row, (trial){.sample = of, .key = row->key});
        if (row->variable)
            compare(row, (trial){.sample = of, .variable = row->variable});
        tried++;
    }
    assert_true(tried > 5);
}

static void supported_settings_change_what_is_asked(void **state)
{
    (void)state;
    each_use(S3_SETTING_SUPPORTED);
}

static void ignored_settings_change_nothing(void **state)
{
    (void)state;
    each_use(S3_SETTING_IGNORED);
}

static void refused_settings_are_errors_that_name_them(void **state)
{
    (void)state;
    each_use(S3_SETTING_REFUSED);
}

static void the_table_names_each_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < s3_setting_count; i++)
        for (size_t j = 0; j < i; j++) {
            const s3_setting *a = &s3_settings[i], *b = &s3_settings[j];
            assert_false(a->key && b->key && strcmp(a->key, b->key) == 0);
            assert_false(a->variable && b->variable && strcmp(a->variable, b->variable) == 0);
        }
    assert_int_equal(ARRAY_LEN(samples), s3_setting_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(supported_settings_change_what_is_asked, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(ignored_settings_change_nothing, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(refused_settings_are_errors_that_name_them, make_dir,
                                        remove_dir),
        cmocka_unit_test(the_table_names_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
