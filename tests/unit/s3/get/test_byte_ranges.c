/* Byte ranges of an object: added in any order, joined, with their combined CRC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "s3/get/byte_ranges.h"

static void add(s3_extents *set, uint64_t from, uint64_t to)
{
    s3_extents_add(set, (s3_extent){.from = from, .to = to});
}

static void neighbours_are_joined(void **state)
{
    s3_extents set = {0};
    (void)state;
    add(&set, 20, 30);
    add(&set, 0, 10);
    add(&set, 40, 50);
    assert_int_equal(set.count, 3);
    add(&set, 10, 20);
    assert_int_equal(set.count, 2);
    assert_int_equal(set.rows[0].to, 30);
    add(&set, 30, 40);
    assert_int_equal(set.count, 1);
    assert_int_equal(s3_extents_bytes(&set), 50);
    add(&set, 60, 60); /* nothing */
    assert_int_equal(set.count, 1);
    s3_extents_deinit(&set);
}

static void gaps_are_found(void **state)
{
    s3_extents set = {0};
    s3_extent gap;
    (void)state;
    assert_true(s3_extents_gap(&set, 0, 100, &gap));
    assert_int_equal(gap.to, 100);
    add(&set, 10, 20);
    add(&set, 30, 100);
    assert_true(s3_extents_gap(&set, 0, 100, &gap));
    assert_int_equal(gap.from, 0);
    assert_int_equal(gap.to, 10);
    assert_true(s3_extents_gap(&set, 10, 100, &gap));
    assert_int_equal(gap.from, 20);
    assert_int_equal(gap.to, 30);
    assert_true(s3_extents_gap(&set, 25, 28, &gap));
    assert_int_equal(gap.from, 25);
    assert_int_equal(gap.to, 28);
    assert_false(s3_extents_gap(&set, 30, 100, &gap));
    assert_false(s3_extents_gap(&set, 12, 20, &gap));
    assert_true(s3_extents_cover(&set, 12, 20));
    assert_false(s3_extents_cover(&set, 12, 21));
    assert_false(s3_extents_cover(&set, 20, 21));
    assert_true(s3_extents_cover(&set, 5, 5));
    s3_extents_deinit(&set);
}

static void what_one_set_lacks_of_another(void **state)
{
    s3_extents have = {0}, set = {0};
    s3_extent missing;
    (void)state;
    assert_false(s3_extents_missing(&set, &have, &missing));
    add(&have, 10, 20);
    add(&have, 40, 60);
    add(&set, 10, 20);
    add(&set, 45, 50);
    assert_true(s3_extents_missing(&set, &have, &missing));
    assert_int_equal(missing.from, 40);
    assert_int_equal(missing.to, 45);
    add(&set, 40, 45);
    assert_true(s3_extents_missing(&set, &have, &missing));
    assert_int_equal(missing.from, 50);
    assert_int_equal(missing.to, 60);
    add(&set, 50, 60);
    assert_false(s3_extents_missing(&set, &have, &missing));
    s3_extents_deinit(&have);
    s3_extents_deinit(&set);
}

/* Any order of five pieces gives the CRC of the whole. */
static void crcs_are_combined_in_any_order(void **state)
{
    static const char text[] = "the quiet river follows the old bridge";
    static const uint64_t cuts[] = {0, 1, 9, 10, 25, sizeof text - 1};
    static const s3_checksum_kind kinds[] = {S3_CHECKSUM_CRC64NVME, S3_CHECKSUM_CRC32C,
                                             S3_CHECKSUM_CRC32};
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        s3_hash whole;
        s3_hash_init(&whole, kinds[k]);
        s3_hash_update(&whole, text, sizeof text - 1);
        for (unsigned order = 0; order < 120; order++) {
            s3_extents set = {.kind = kinds[k]};
            unsigned left[] = {0, 1, 2, 3, 4}, rest = order;
            for (unsigned n = 5; n > 0; n--) {
                unsigned pick = rest % n, piece = left[pick];
                rest /= n;
                memmove(left + pick, left + pick + 1, (n - pick - 1) * sizeof *left);
                s3_hash one;
                s3_hash_init(&one, kinds[k]);
                s3_hash_update(&one, text + cuts[piece], (size_t)(cuts[piece + 1] - cuts[piece]));
                s3_extents_add(&set, (s3_extent){cuts[piece], cuts[piece + 1], one.crc});
            }
            assert_int_equal(set.count, 1);
            assert_int_equal(set.rows[0].crc, whole.crc);
            s3_extents_deinit(&set);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_joined),
        cmocka_unit_test(gaps_are_found),
        cmocka_unit_test(what_one_set_lacks_of_another),
        cmocka_unit_test(crcs_are_combined_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
