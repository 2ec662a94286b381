/* The script of tests/fake/transport: rules, and which of them answers a request.
 *
 * Owner:   a fake_script is embedded in the fake transport; rules and replies are deep copies.
 * Threads: one.
 * Fails:   an unexpected request becomes a line of `complaints`, which fails the test at its end.
 */
#ifndef TESTS_FAKE_SCRIPT_H
#define TESTS_FAKE_SCRIPT_H

#include "tests/fake/transport.h"

typedef struct rule_node {
    struct rule_node *next;
    fake_rule rule;
    unsigned used;
} rule_node;

typedef struct fake_script {
    rule_node *expected, *patterns;
    fake_handler handler;
    void *handler_ctx;
    buf complaints;
} fake_script;

void script_deinit(fake_script *s);
void script_append(rule_node **list, const fake_rule *rule);

/* The reply to a request, the caller's (script_free_reply). *ours: no rule matched; the reply is an
 * error.
 */
fake_reply script_reply(fake_script *s, const fake_request *request, bool *ours);
void script_add_content_length(fake_reply *reply); /* if it is required and missing */
void script_complain_of_rest(const fake_script *s, buf *out);

http_header *script_copy_headers(const http_header *from, size_t count);
void script_free_headers(const http_header *headers, size_t count);
slice script_copy_slice(slice s);
void script_free_slice(slice s);
void script_free_reply(const fake_reply *reply);

#endif
