#include "orchestrator/certify/merkle.h"

#include <string.h>

#include "base/util.h"

static void hash_leaf(slice leaf, uint8_t out[SHA256_BYTES])
{
    AUTO(digest_ctx) d = {0};
    digest_sha256_init(&d);
    digest_update(&d, "\x00", 1);
    digest_update(&d, leaf.data, leaf.len);
    digest_final(&d, out);
}

static void hash_nodes(const uint8_t left[SHA256_BYTES], const uint8_t right[SHA256_BYTES],
                       uint8_t out[SHA256_BYTES])
{
    char text[1 + 2 * SHA256_BYTES] = "\x01";
    memcpy(text + 1, left, SHA256_BYTES);
    memcpy(text + 1 + SHA256_BYTES, right, SHA256_BYTES);
    sha256((slice){text, sizeof text}, out);
}

void merkle_add(merkle *m, slice leaf)
{
    uint8_t node[SHA256_BYTES];
    unsigned level = 0;
    hash_leaf(leaf, node);
    for (; m->count >> level & 1; level++)
        hash_nodes(m->nodes[level], node, node);
    memcpy(m->nodes[level], node, sizeof node);
    m->count++;
}

/* Smaller trees are on the right. */
void merkle_root(const merkle *m, char out[MERKLE_ROOT_TEXT])
{
    uint8_t root[SHA256_BYTES];
    bool any = false;
    sha256(SLICE_LIT(""), root);
    for (unsigned level = 0; level < 64; level++) {
        if (!(m->count >> level & 1))
            continue;
        if (any)
            hash_nodes(m->nodes[level], root, root);
        else
            memcpy(root, m->nodes[level], sizeof root);
        any = true;
    }
    hex_encode(root, sizeof root, out);
}
