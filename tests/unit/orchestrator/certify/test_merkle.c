/* Merkle roots, computed by the recursive definition of RFC 6962 in another program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/util.h"
#include "decon/base/buf.h"
#include "orchestrator/certify/merkle.h"

static const slice leaves[] = {
    SLICE_LIT(""),   SLICE_LIT("\x00"), SLICE_LIT("\x10"),     SLICE_LIT(" !"),
    SLICE_LIT("01"), SLICE_LIT("@ABC"), SLICE_LIT("PQRSTUVW"), SLICE_LIT("`abcdefghijklmno"),
};

/* The root of the first i leaves. */
static const char *const roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void small_trees_have_the_known_roots(void **state)
{
    char root[MERKLE_ROOT_TEXT];
    merkle m = {.count = 0};
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
        merkle_root(&m, root);
        assert_string_equal(root, roots[i]);
        if (i < ARRAY_LEN(leaves))
            merkle_add(&m, leaves[i]);
    }
}

/* Leaves "0", "1", ... */
static void large_trees_have_the_known_roots(void **state)
{
    char root[MERKLE_ROOT_TEXT], text[16];
    merkle m = {.count = 0};
    UNUSED(state);
    for (unsigned i = 0; i < 1000; i++) {
        if (i == 777) {
            merkle_root(&m, root);
            assert_string_equal(root,
                                "018a319d5e2bb933683eb1305e900102ef4a63640a8de503d7958e048625df05");
        }
        snprintf(text, sizeof text, "%u", i);
        merkle_add(&m, slice_from(text));
    }
    merkle_root(&m, root);
    assert_string_equal(root, "638afa98022925bacfddadb15ef22fd0199c1ac99c2973b6158243d13fce05c2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_trees_have_the_known_roots),
        cmocka_unit_test(large_trees_have_the_known_roots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
