/* decon-server: its commands. Without the name of one it serves. */
#include "decon/base/buf.h"
#include "base/util.h"
#include "base/options/options_completion.h"
#include "detection/commands.h"
#include "detection/config/config.h"
#include "detection/batch/detect.h"
#include "detection/review/review.h"
#include "detection/http/serve.h"

static int completion_command(int argc, char **argv)
{
    const options_command commands[] = {{.name = "", .options = &serve_options},
                                        {.name = "serve", .options = &serve_options},
                                        {.name = "detect", .options = &detect_options},
                                        {.name = "review", .options = &review_command_options},
                                        {.name = "completion", .options = &(option_set){0}}};
    UNUSED(argv);
    if (argc > 1) {
        fputs("usage: decon-server completion\n", stderr);
        return 2;
    }
    options_bash_completion("decon-server", commands, ARRAY_LEN(commands), stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} commands
    [] =
        {
            {"serve", serve_command},   {"detect", detect_command},
            {"review", review_command}, {"completion", completion_command},
            {"server", serve_command}, /* as the reference program is started */
};

int server_main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(commands); i++)
        if (str_equal(argv[1], commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    return serve_command(argc, argv);
}
