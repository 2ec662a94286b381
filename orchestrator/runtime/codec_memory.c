#include "orchestrator/runtime/codec_memory.h"

#include "decon/base/buf.h"
#include "base/util.h"
#include "base/options/options.h"

struct codec_memory {
    uint64_t limit_bytes, used_bytes;
    linked_list waiting; /* codec_ticket, in order */
    bool pumping;
};

codec_memory *codec_memory_new(uint64_t limit_bytes)
{
    codec_memory *m = xcalloc(1, sizeof *m);
    m->limit_bytes = limit_bytes;
    return m;
}

void codec_memory_free(codec_memory *m)
{
    free(m);
}

uint64_t codec_memory_limit(const codec_memory *m)
{
    return m->limit_bytes;
}

/* on_admitted may call codec_memory_ask and _give: only the outermost call admits. */
static void pump(codec_memory *m)
{
    if (m->pumping)
        return;
    m->pumping = true;
    codec_ticket *t;
    while ((t = LIST_FIRST(&m->waiting, codec_ticket, link)) &&
           t->bytes <= m->limit_bytes - m->used_bytes) {
        list_remove(&m->waiting, &t->link);
        t->waiting = false;
        t->admitted = true;
        m->used_bytes += t->bytes;
        t->on_admitted(t);
    }
    m->pumping = false;
}

void codec_memory_ask(codec_memory *m, codec_ticket *t, uint64_t bytes)
{
    list_append(&m->waiting, &t->link);
    t->waiting = true;
    t->bytes = MIN(bytes, m->limit_bytes);
    pump(m);
}

void codec_memory_give(codec_memory *m, codec_ticket *t)
{
    if (t->waiting)
        list_remove(&m->waiting, &t->link);
    if (t->admitted)
        m->used_bytes -= t->bytes;
    t->waiting = t->admitted = false;
    pump(m);
}

void codec_memory_advise(const codec_memory *m, err *e)
{
    char limit[32];
    format_size(m->limit_bytes, limit, sizeof limit);
    err_append(e, "; raise codec_memory, which is %s", limit);
}

void codec_memory_advise_server(uint64_t server_bytes, err *e)
{
    char limit[32];
    format_size(server_bytes, limit, sizeof limit);
    err_append(e, "; the detection server cannot read it: raise its codec_memory, which is %s",
               limit);
}
