/* Implementations of CRCs on this processor; internal interface of digest_crc.c.
 *
 * What:    a path advances a CRC's register over bytes; all paths give the same result. Every CRC
 *          is of the reflected kind: bit 0 of the register is the highest power of x.
 * Owner:   static tables, computed once. Threads: any. Fails: never.
 * Sources: RFC 3720 (CRC32C), CRC-64/NVME; folding by carry-less multiplication as in Intel's white
 *          paper of 2009 on fast CRC computation.
 */
#ifndef BASE_DIGEST_CRC_H
#define BASE_DIGEST_CRC_H

#include "base/util.h"

typedef enum crc_kind { CRC_IEEE, CRC_C, CRC_NVME, CRC_KIND_COUNT } crc_kind;

typedef struct crc_path {
    const char *name;
    bool (*usable)(void); /* whether the processor has the instructions */
    uint64_t (*update)(crc_kind kind, uint64_t reg, const unsigned char *data, size_t len);
} crc_path;

/* Paths at indexes 0 to CRC_PATHS_MAX - 1, slowest first; NULL if not compiled. The first is always
 * usable. */
#define CRC_PATHS_MAX 3
const crc_path *crc_path_get(size_t index);

/* Slicing by eight: portable. */
uint64_t crc_portable_update(crc_kind kind, uint64_t reg, const unsigned char *data, size_t len);

/* a times b, and x to the power of n, modulo the CRC's polynomial, as registers. */
uint64_t crc_multiply(crc_kind kind, uint64_t a, uint64_t b);
uint64_t crc_power(crc_kind kind, uint64_t n);
unsigned crc_bits(crc_kind kind);

/* crc_fold.c; NULL if the architecture has no such path. */
extern const crc_path *const crc_path_instructions;
extern const crc_path *const crc_path_folding;

#endif
