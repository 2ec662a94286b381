/* base/list: order, removal anywhere, walks that free their entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/list.h"
#include "base/util.h"

typedef struct entry {
    char name;
    list_link link;
} entry;

static entry *entry_new(char name)
{
    entry *x = xcalloc(1, sizeof *x);
    x->name = name;
    return x;
}

/* The names in forward order; checks that the backward links agree. */
static void expect_names(linked_list *l, const char *names)
{
    size_t count = 0;
    LIST_EACH (x, l, entry, link)
        assert_int_equal(x->name, names[count++]);
    assert_int_equal(names[count], '\0');
    assert_int_equal(l->count, count);
    for (list_link *at = l->last; at; at = at->previous)
        assert_int_equal(LIST_OWNER(at, entry, link)->name, names[--count]);
    assert_int_equal(count, 0);
}

static void free_all(linked_list *l)
{
    for (entry *x; (x = LIST_TAKE(l, entry, link));)
        free(x);
}

static void entries_keep_their_order(void **state)
{
    UNUSED(state);
    linked_list l = {0};
    expect_names(&l, "");
    assert_null(LIST_FIRST(&l, entry, link));
    entry *c = entry_new('c');
    list_append(&l, &c->link);
    list_append(&l, &entry_new('d')->link);
    list_prepend(&l, &entry_new('a')->link);
    expect_names(&l, "acd");
    list_insert(&l, &entry_new('b')->link, &c->link);
    expect_names(&l, "abcd");
    free_all(&l);
    expect_names(&l, "");
}

static void entries_are_removed_anywhere(void **state)
{
    UNUSED(state);
    static const char *const left[] = {"bcd", "acd", "abd", "abc"};
    for (size_t gone = 0; gone < 4; gone++) {
        linked_list l = {0};
        entry *each[4];
        for (size_t i = 0; i < 4; i++)
            list_append(&l, &(each[i] = entry_new((char)('a' + i)))->link);
        list_remove(&l, &each[gone]->link);
        expect_names(&l, left[gone]);
        list_append(&l, &each[gone]->link); /* a removed link can be reused */
        assert_ptr_equal(l.last, &each[gone]->link);
        free_all(&l);
    }
}

static void a_walk_may_free_its_entry(void **state)
{
    UNUSED(state);
    linked_list l = {0};
    for (char name = 'a'; name <= 'f'; name++)
        list_append(&l, &entry_new(name)->link);
    LIST_EACH (x, &l, entry, link)
        if (x->name % 2 == 0) {
            list_remove(&l, &x->link);
            free(x);
        }
    expect_names(&l, "ace");
    LIST_EACH (x, &l, entry, link) {
        list_remove(&l, &x->link);
        free(x);
    }
    expect_names(&l, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_keep_their_order),
        cmocka_unit_test(entries_are_removed_anywhere),
        cmocka_unit_test(a_walk_may_free_its_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
