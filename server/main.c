/* decon-server: its commands. Without the name of one it serves. */
#include "base/buf.h"
#include "server/detect.h"
#include "server/review.h"
#include "server/serve.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"serve", serve_command},
    {"detect", detect_command},
    {"review", review_command},
    {"server", serve_command}, /* as the reference program is started */
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(commands); i++)
        if (str_equal(argv[1], commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    return serve_command(argc, argv);
}
