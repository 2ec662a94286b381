/* A table of options, and the settings that a test reads into it. */
#ifndef TESTS_UNIT_BASE_OPTIONS_OPTIONS_SITE_H
#define TESTS_UNIT_BASE_OPTIONS_OPTIONS_SITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "decon/base/buf.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "tests/unit/base/options/options_table.h"

static settings s;
static option_origin origins[TABLE_ROWS];
static err e;
static char yaml_path[] = "/tmp/test-options-XXXXXX";

static inline int begin(void **state)
{
    UNUSED(state);
    e = (err)ERR_INIT;
    memset(origins, 0, sizeof origins);
    memset(&s, 0xa5, sizeof s); /* options_defaults must ignore previous values */
    return options_defaults(&table_set, &s, &e) ? 0 : -1;
}

static inline int end(void **state)
{
    UNUSED(state);
    options_deinit(&table_set, &s);
    return 0;
}

static inline option_origin origin_of(const char *key)
{
    for (size_t i = 0; i < TABLE_ROWS; i++)
        if (str_equal(table_rows[i].key, key))
            return origins[i];
    fail_msg("no row %s", key);
    return 0;
}

static inline bool yaml_bytes(const option_set *set, slice text)
{
    e = (err)ERR_INIT;
    assert_true(fs_write_file(yaml_path, text, false, NULL));
    return options_yaml(set, yaml_path, &s, origins, &e);
}

static inline bool yaml(const char *text)
{
    return yaml_bytes(&table_set, slice_from(text));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
