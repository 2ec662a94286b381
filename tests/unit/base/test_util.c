/* Running out of memory. */
#include "base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *run_out(void *size_bytes)
{
    util_out_of_memory(*(size_t *)size_bytes);
}

/* The exit status and the standard error of a process that runs out of memory in one of its threads. */
static int status_of(size_t size_bytes, char *text, size_t text_size)
{
    int ends[2], status = -1;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        dup2(ends[1], STDERR_FILENO);
        if (pthread_create(&thread, NULL, run_out, &size_bytes) == 0)
            pthread_join(thread, NULL);
        _exit(99);
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t n;
         len < text_size - 1 && (n = read(ends[0], text + len, text_size - 1 - len)) > 0;)
        len += (size_t)n;
    text[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void out_of_memory_is_one_line_and_exit_status_1(void **state)
{
    UNUSED(state);
    char text[512];
    int status = status_of(123, text, sizeof text);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_string_equal(text, "out of memory: 123 bytes requested; free memory and run again\n");
    status = status_of(0, text, sizeof text);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_string_equal(text, "out of memory: free memory and run again\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_of_memory_is_one_line_and_exit_status_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
