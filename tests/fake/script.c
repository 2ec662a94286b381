#include "base/util.h"
#include "tests/fake/script.h"

#include <string.h>

static char *copy_text(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

http_header *script_copy_headers(const http_header *from, size_t count)
{
    http_header *to = xcalloc(count + 1, sizeof *to); /* one more: room for Content-Length */
    for (size_t i = 0; i < count; i++)
        to[i] = (http_header){.name = xstrdup(from[i].name), .value = copy_text(from[i].value)};
    return to;
}

void script_free_headers(const http_header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free((void *)(uintptr_t)headers[i].name);
        free((void *)(uintptr_t)headers[i].value);
    }
    free((void *)(uintptr_t)headers);
}

slice script_copy_slice(slice s)
{
    return s.len ? (slice){.data = slice_dup(s), .len = s.len} : (slice){0};
}

void script_free_slice(slice s)
{
    free((void *)(uintptr_t)s.data);
}

static fake_reply copy_reply(const fake_reply *from)
{
    fake_reply to = *from;
    to.headers = script_copy_headers(from->headers, from->header_count);
    to.body = script_copy_slice(from->body);
    return to;
}

void script_free_reply(const fake_reply *reply)
{
    script_free_headers(reply->headers, reply->header_count);
    script_free_slice(reply->body);
}

static rule_node *rule_new(const fake_rule *rule)
{
    rule_node *node = xcalloc(1, sizeof *node);
    node->rule = *rule;
    node->rule.method = copy_text(rule->method);
    node->rule.url = copy_text(rule->url);
    node->rule.url_has = copy_text(rule->url_has);
    node->rule.body_has = copy_text(rule->body_has);
    node->rule.headers = script_copy_headers(rule->headers, rule->header_count);
    node->rule.reply = copy_reply(&rule->reply);
    return node;
}

static void rule_free(rule_node *node)
{
    free((void *)(uintptr_t)node->rule.method);
    free((void *)(uintptr_t)node->rule.url);
    free((void *)(uintptr_t)node->rule.url_has);
    free((void *)(uintptr_t)node->rule.body_has);
    script_free_headers(node->rule.headers, node->rule.header_count);
    script_free_reply(&node->rule.reply);
    free(node);
}

static void rules_free(rule_node *first)
{
    while (first) {
        rule_node *next = first->next;
        rule_free(first);
        first = next;
    }
}

void script_append(rule_node **list, const fake_rule *rule)
{
    while (*list)
        list = &(*list)->next;
    *list = rule_new(rule);
}

static bool rule_fits(const fake_rule *rule, const fake_request *request)
{
    if ((rule->method && !str_equal(rule->method, request->method)) ||
        (rule->url && !str_equal(rule->url, request->url)) ||
        (rule->url_has && !strstr(request->url, rule->url_has)))
        return false;
    if (rule->body_has && (!request->body.len || !memmem(request->body.data, request->body.len,
                                                         rule->body_has, strlen(rule->body_has))))
        return false;
    for (size_t i = 0; i < rule->header_count; i++) {
        const char *value = fake_request_header(request, rule->headers[i].name);
        if (!value || (rule->headers[i].value && !str_equal(value, rule->headers[i].value)))
            return false;
    }
    return true;
}

static const char *method_words(const fake_rule *rule)
{
    return rule->method ? rule->method : "any method";
}

static const char *url_words(const fake_rule *rule)
{
    if (rule->url)
        return rule->url;
    return rule->url_has ? rule->url_has : "any URL";
}

static const fake_reply *reply_of_patterns(fake_script *s, const fake_request *request)
{
    for (rule_node *node = s->patterns; node; node = node->next) {
        bool used_up = node->rule.times && node->used >= node->rule.times;
        if (!used_up && rule_fits(&node->rule, request)) {
            node->used++;
            return &node->rule.reply;
        }
    }
    return NULL;
}

/* The head of the strict queue; a mismatch is a complaint and leaves the queue as it is. */
static rule_node *expected_head(fake_script *s, const fake_request *request)
{
    rule_node *head = s->expected;
    if (!head || rule_fits(&head->rule, request))
        return head;
    buf_printf(&s->complaints, "\n  %s %s came where %s %s was expected", request->method,
               request->url, method_words(&head->rule), url_words(&head->rule));
    return NULL;
}

static fake_reply reply_of_expected(fake_script *s, rule_node *head)
{
    if (++head->used < head->rule.times)
        return copy_reply(&head->rule.reply);
    fake_reply reply = copy_reply(&head->rule.reply);
    s->expected = head->next;
    rule_free(head);
    return reply;
}

fake_reply script_reply(fake_script *s, const fake_request *request, bool *ours)
{
    const fake_reply *pattern = reply_of_patterns(s, request);
    if (pattern)
        return copy_reply(pattern);
    bool strict = s->expected != NULL;
    rule_node *head = expected_head(s, request);
    if (head)
        return reply_of_expected(s, head);
    if (!strict && s->handler) {
        fake_reply reply = {0};
        s->handler(s->handler_ctx, request, &reply);
        return copy_reply(&reply);
    }
    if (!strict)
        buf_printf(&s->complaints, "\n  %s %s was not expected", request->method, request->url);
    *ours = true;
    return copy_reply(&(fake_reply){.error = ERR_INTERNAL});
}

void script_add_content_length(fake_reply *reply)
{
    if (reply->status < 200 || reply->status == 204 || reply->status == 304 || reply->no_length)
        return;
    http_reply as_reply = {.headers = reply->headers, .header_count = reply->header_count};
    if (http_reply_header(&as_reply, "Content-Length"))
        return;
    http_header *headers = (http_header *)(uintptr_t)reply->headers; /* has room for one more */
    headers[reply->header_count++] = (http_header){.name = xstrdup("Content-Length"),
                                                   .value = xasprintf("%zu", reply->body.len)};
}

void script_complain_of_rest(const fake_script *s, buf *out)
{
    for (const rule_node *node = s->expected; node; node = node->next)
        buf_printf(out, "\n  %s %s was expected and did not come", method_words(&node->rule),
                   url_words(&node->rule));
}

void script_deinit(fake_script *s)
{
    rules_free(s->expected);
    rules_free(s->patterns);
    buf_deinit(&s->complaints);
}
