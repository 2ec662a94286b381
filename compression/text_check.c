#include "base/util.h"
#include "compression/text_check.h"

void text_check_init(text_check *t, const jsonl_options *options)
{
    *t = (text_check){.checker = options ? jsonl_new(options) : NULL};
}

void text_check_deinit(text_check *t)
{
    jsonl_free(t->checker);
    *t = (text_check){0};
}

bool text_check_held(text_check *t, codec_format format, err *e)
{
    if (!err_is_set(&t->fault))
        return false;
    err shown = t->fault;
    content_head_explain(&t->head, format, &shown);
    if (e)
        *e = shown;
    return true;
}

static bool head_is_whole(const text_check *t)
{
    return t->head.len == sizeof t->head.bytes;
}

/* Without a checker, binary data would count as one line. */
static void refuse_binary(text_check *t)
{
    bool binary = false;
    if (content_head_name(&t->head, &binary) && binary)
        err_set(&t->fault, ERR_JSONL, "the decoded text is not JSON Lines");
}

bool text_check_feed(text_check *t, slice text, codec_format format, err *e)
{
    bool was_whole = head_is_whole(t);
    content_head_feed(&t->head, text);
    if (err_is_set(&t->fault)) /* the rest is only needed for the head */
        return !head_is_whole(t) || !text_check_held(t, format, e);
    if (t->checker && jsonl_feed(t->checker, text, &t->fault))
        return true;
    if (!t->checker && !was_whole && head_is_whole(t))
        refuse_binary(t);
    return !head_is_whole(t) || !text_check_held(t, format, e);
}

bool text_check_finish(text_check *t, codec_format format, err *e)
{
    if (err_is_set(&t->fault))
        return !text_check_held(t, format, e);
    if (t->checker && jsonl_finish(t->checker, &t->fault))
        return true;
    if (!t->checker && !head_is_whole(t))
        refuse_binary(t);
    return !text_check_held(t, format, e);
}
