/* Names as small numbers, in the order of their first use.
 *
 * What:    name_table_number yields a name's number and adds it if it is new.
 * Owner:   embedded; name_table_deinit. Threads: one. Fails: never.
 */
#ifndef DETECTION_TABLE_NAME_TABLE_H
#define DETECTION_TABLE_NAME_TABLE_H

#include "base/util.h"

typedef struct name_table {
    char **names;
    uint32_t *slots; /* number + 1; 0 is free */
    size_t count, capacity, slot_count;
} name_table;

void name_table_deinit(name_table *t);
DEFINE_AUTO(name_table, name_table_deinit)

uint32_t name_table_number(name_table *t, const char *name);

#endif
