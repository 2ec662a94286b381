/* Doubly linked lists; the links are members of the entries.
 *
 * What:    a zeroed list is empty, a zeroed link is in no list. Adding and removing take constant
 *          time.
 * Owner:   entries belong to the list's owner; an entry is removed before it is freed.
 * Threads: one at a time.
 * Fails:   never.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/util.h"

typedef struct list_link {
    struct list_link *next, *previous;
} list_link;

typedef struct linked_list {
    list_link *first, *last;
    size_t count;
} linked_list;

/* Before `next`, which is in the list; NULL: at the end. */
static inline void list_insert(linked_list *l, list_link *link, list_link *next)
{
    link->next = next;
    link->previous = next ? next->previous : l->last;
    *(link->previous ? &link->previous->next : &l->first) = link;
    *(next ? &next->previous : &l->last) = link;
    l->count++;
}

static inline void list_append(linked_list *l, list_link *link)
{
    list_insert(l, link, NULL);
}

static inline void list_prepend(linked_list *l, list_link *link)
{
    list_insert(l, link, l->first);
}

/* `link` is in the list. */
static inline void list_remove(linked_list *l, list_link *link)
{
    *(link->previous ? &link->previous->next : &l->first) = link->next;
    *(link->next ? &link->next->previous : &l->last) = link->previous;
    *link = (list_link){0};
    l->count--;
}

static inline list_link *list_take_first(linked_list *l)
{
    list_link *link = l->first;
    if (link)
        list_remove(l, link);
    return link;
}

/* The entry of a link: NULL for NULL. */
static inline void *list_owner(list_link *link, size_t offset)
{
    return link ? (char *)link - offset : NULL;
}
#define LIST_OWNER(link, type, member) ((type *)list_owner((link), offsetof(type, member)))
#define LIST_FIRST(l, type, member)    LIST_OWNER((l)->first, type, member)
#define LIST_NEXT(entry, type, member) LIST_OWNER((entry)->member.next, type, member)
#define LIST_TAKE(l, type, member)     LIST_OWNER(list_take_first(l), type, member)

/* Loops over the list with `name`, a `type *`; the body may remove or free this entry, but no
 * other. */
#define LIST_EACH(name, l, type, member)                                                           \
    for (type *name = LIST_FIRST(l, type, member), *name##_next;                                   \
         name && (name##_next = LIST_NEXT(name, type, member), true); name = name##_next)

#endif
