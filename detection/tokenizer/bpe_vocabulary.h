/* Vocabularies of byte-pair tokenizers: ranks of byte strings.
 *
 * What:    reads the public text format (base64, space, rank; a line each), compressed or not,
 *          and checks its known SHA-256.
 * Owner:   bpe_vocabulary_new / bpe_vocabulary_free.
 * Threads: constant after creation.
 * Fails:   ERR_CONFIG: no file (the searched folders are named), or not the known one.
 *
 * Sources, in this order: the given folder; the program itself; and, for a vocabulary that is not
 * built in, detection/data of the checkout and share/decon beside the program's bin folder.
 */
#ifndef DETECTION_TOKENIZER_BPE_VOCABULARY_H
#define DETECTION_TOKENIZER_BPE_VOCABULARY_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

#define BPE_NO_RANK UINT32_MAX

typedef struct bpe_source {  /* a known vocabulary file */
    const char *name;        /* "cl100k_base.tiktoken"; or with .xz appended */
    const char *sha256;      /* of the text, hex */
    size_t rank_limit;       /* ranks are below it */
    const char *remedy;      /* advice if the file is missing; not needed with `embedded` */
    slice (*embedded)(void); /* the text compressed with xz, built into the program; or NULL */
} bpe_source;

typedef struct bpe_vocabulary bpe_vocabulary;

/* `dir` may be NULL or empty. */
bpe_vocabulary *bpe_vocabulary_new(const bpe_source *source, const char *dir, err *e) MUST_USE;
void bpe_vocabulary_free(bpe_vocabulary *v); /* NULL is allowed */
DEFINE_AUTO_PTR(bpe_vocabulary, bpe_vocabulary_free)

uint32_t bpe_vocabulary_rank(const bpe_vocabulary *v, slice bytes); /* or BPE_NO_RANK */
uint32_t bpe_vocabulary_byte(const bpe_vocabulary *v, char byte);
uint32_t bpe_vocabulary_pair(const bpe_vocabulary *v, const char bytes[2]); /* or BPE_NO_RANK */
/* The first place after `at` (< piece.len), which begins a character, that no token crosses; or piece.len. */
size_t bpe_vocabulary_border(const bpe_vocabulary *v, slice piece, size_t at);
slice bpe_vocabulary_bytes(const bpe_vocabulary *v, uint32_t rank);

#endif
