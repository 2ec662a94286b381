/* Certificates from other parties: a line or head that is read is written as the same bytes, and
 * the canonical form of a JSON text is its own canonical form. */
#include <stdlib.h>
#include <string.h>

#include "base/json/json_canonical.h"
#include "base/util.h"
#include "orchestrator/certify/certificate_head.h"
#include "orchestrator/certify/certificate_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void try_line(slice text)
{
    AUTO(certificate_scratch) scratch = certificate_scratch_new();
    AUTO(buf) again = BUF(CERTIFICATE_LINE_MAX_BYTES);
    certificate_line line;
    err e = ERR_INIT;
    if (!certificate_line_read(text, &scratch, &line, &e)) {
        expect(e.message[0] != '\0');
        return;
    }
    certificate_line_write(&line, &again);
    expect(slice_equal(buf_slice(&again), text));
    expect(line.key.len > 0 && line.size_bytes <= CERTIFICATE_SIZE_MAX);
}

static void try_head(slice text)
{
    AUTO(certificate_facts) facts = {0};
    err e = ERR_INIT;
    bool ok = certificate_head_read(text, &facts, &e);
    expect(ok || e.message[0] != '\0');
    expect(!ok || (facts.input && facts.created && strlen(facts.root) == MERKLE_ROOT_TEXT - 1));
}

static void try_canonical(slice text)
{
    AUTO(buf) once = BUF(1 << 20);
    AUTO(buf) twice = BUF(1 << 20);
    err e = ERR_INIT;
    if (!json_put_canonical(text, &once, &e)) {
        expect(e.message[0] != '\0');
        return;
    }
    expect(json_put_canonical(buf_slice(&once), &twice, &e));
    expect(slice_equal(buf_slice(&once), buf_slice(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice text = {.data = (const char *)data, .len = size};
    try_line(text);
    try_head(text);
    try_canonical(text);
    return 0;
}
