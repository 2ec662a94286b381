/* Memory of the command's connections. */
#include "base/util.h"
#include "s3/cli/session/connection.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void many_connections_have_small_buffers(void **state)
{
    UNUSED(state);
    assert_int_equal(connection_receive_bytes(9), 512 << 10);
    assert_int_equal(connection_receive_bytes(58), 512 << 10); /* the default */
    assert_int_equal(connection_receive_bytes(256), 128 << 10);
    assert_in_range(connection_receive_bytes(1008) * 1008, 31 << 20, 32 << 20);
    assert_int_equal(connection_receive_bytes(1000000), 16 << 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_connections_have_small_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
