/* Tables for the Huffman codes of DEFLATE, for the native decoder.
 *
 * What:    a table is indexed by the next `root_bits` bits; longer codes use a second-level table.
 *          An entry contains the number of bits and their meaning.
 * Owner:   embedded. Threads: one at a time.
 * Fails:   huffman_build refuses sets of lengths that are over-subscribed, or incomplete except
 *          where zlib accepts them (a single code of one bit; no code at all).
 */
#ifndef COMPRESSION_GZIP_INFLATE_TABLES_H
#define COMPRESSION_GZIP_INFLATE_TABLES_H

#include "base/util.h"

#define LITERAL_ROOT_BITS  11
#define DISTANCE_ROOT_BITS 8
#define LENGTHS_ROOT_BITS  7

/* An entry:
 *   literal     ENTRY_LITERAL | byte << 16 | bits
 *   base        value << 16 | code bits << 8 | code and extra bits
 *   subtable    ENTRY_SPECIAL | ENTRY_SUBTABLE | its index << 16 | its bits << 8 | root bits
 *   the end     ENTRY_SPECIAL | ENTRY_END | bits
 *   no code     ENTRY_SPECIAL | 1: detected with one bit, as in zlib */
#define ENTRY_LITERAL  0x80000000u
#define ENTRY_SPECIAL  0x8000u
#define ENTRY_SUBTABLE 0x4000u
#define ENTRY_END      0x2000u

/* More than 288 symbols (32 distances) of at most 15 bits need with these root sizes. */
#define LITERAL_ENTRIES  2400
#define DISTANCE_ENTRIES 416
#define LENGTHS_ENTRIES  128

typedef enum huffman_kind { HUFFMAN_LENGTHS, HUFFMAN_LITERALS, HUFFMAN_DISTANCES } huffman_kind;

/* Builds the table of `kind` from the code length of each symbol. */
bool huffman_build(huffman_kind kind, const uint8_t *lengths, unsigned symbols, uint32_t *table)
    MUST_USE;

#endif
