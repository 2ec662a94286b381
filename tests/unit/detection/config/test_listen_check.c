/* The address of `listen` if names cannot be resolved. */
#include "base/util.h"
#include "detection/config/listen_check.h"

#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int outcome;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    UNUSED(name);
    UNUSED(service);
    UNUSED(hints);
    UNUSED(out);
    return outcome;
}

static err fault_of(int failed)
{
    err e = ERR_INIT;
    char name[] = "host.invalid";
    server_config c = {.listen = name};
    outcome = failed;
    assert_false(listen_check(&c, &e));
    return e;
}

static void only_a_name_that_does_not_exist_is_a_fault_of_the_configuration(void **state)
{
    UNUSED(state);
    err e = fault_of(EAI_NONAME);
    assert_int_equal(e.code, ERR_CONFIG);
    assert_int_equal(err_exit_status(&e), 2);
    e = fault_of(EAI_AGAIN);
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(err_exit_status(&e), 1);
    assert_non_null(strstr(e.message, "listen host.invalid: resolve: "));
    e = fault_of(EAI_SYSTEM);
    assert_int_equal(e.code, ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_name_that_does_not_exist_is_a_fault_of_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
