/* make sim: run time of a fleet and cost of dividing the work, for each method of division.
 *
 *   fleet_sim TABLE SVG [FILES HOSTS]...
 * writes the table (Markdown) and the plot of the first scenario. docs/fleet.md has both.
 */
#include "tests/sim/sim_model.h"

#include <stdlib.h>

#include "decon/base/log.h"

#define SEED 1
/* List prices of S3 Standard, us-east-1, 1 December 2025: a million requests in dollars. */
#define WRITE_PRICE 5.0
#define READ_PRICE  0.4

enum { WAYS = 4, PLOT_WIDTH = 640, PLOT_HEIGHT = 260, MARGIN = 48, STEPS = 320 };
static const char *const colours[WAYS] = {"#c0392b", "#b7950b", "#2874a6", "#1e8449"};

static double price(const sim_requests *r)
{
    return ((double)(r->writes + r->lists) * WRITE_PRICE + (double)r->reads * READ_PRICE) / 1e6;
}

static void print_row(FILE *out, const sim_world *w, const sim_result *r, double ideal_s)
{
    fprintf(out, "| %u | %u | %s | %.2f h | %.2f | %llu | %llu | %llu | $%.2f | %llu | %llu |\n",
            w->file_count / 1000000, w->host_count, r->way, r->end_s / 3600, r->end_s / ideal_s,
            (unsigned long long)r->requests.lists, (unsigned long long)r->requests.writes,
            (unsigned long long)r->requests.reads, price(&r->requests),
            (unsigned long long)r->twice, (unsigned long long)r->lost);
}

static uint32_t working_at(const sim_world *w, const sim_result *r, double at_s)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->host_count; i++)
        count += r->host_end_s[i] > at_s;
    return count;
}

static void plot_way(FILE *svg, const sim_world *w, const sim_result *r, double end_s, int way)
{
    fprintf(svg, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"",
            colours[way]);
    for (int i = 0; i <= STEPS; i++) {
        double at_s = end_s * i / STEPS;
        fprintf(svg, "%.1f,%.1f ", MARGIN + (double)PLOT_WIDTH * i / STEPS,
                MARGIN + PLOT_HEIGHT * (1 - (double)working_at(w, r, at_s) / w->host_count));
    }
    fprintf(svg, "\"/>\n<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n", MARGIN + PLOT_WIDTH - 200,
            MARGIN + 18 * (way + 1), colours[way], r->way);
}

static void plot(const char *path, const sim_world *w, const sim_result *results)
{
    FILE *svg = fopen(path, "we");
    double end_s = 0;
    if (!svg) {
        perror(path);
        exit(1);
    }
    for (int i = 0; i < WAYS; i++)
        end_s = MAX(end_s, results[i].end_s);
    fprintf(svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "font-family=\"sans-serif\" "
            "font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
            "<text x=\"%d\" y=\"24\">Hosts that still work: %u hosts, %u million files</text>\n"
            "<path d=\"M%d %dv%dh%d\" fill=\"none\" stroke=\"black\"/>\n",
            PLOT_WIDTH + 2 * MARGIN, PLOT_HEIGHT + 2 * MARGIN, MARGIN, w->host_count,
            w->file_count / 1000000, MARGIN, MARGIN, PLOT_HEIGHT, PLOT_WIDTH);
    fprintf(svg, "<text x=\"8\" y=\"%d\">%u</text>\n<text x=\"%d\" y=\"%d\">0</text>\n", MARGIN + 6,
            w->host_count, MARGIN - 14, MARGIN + PLOT_HEIGHT + 18);
    fprintf(svg, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.1f h</text>\n", MARGIN + PLOT_WIDTH,
            MARGIN + PLOT_HEIGHT + 18, end_s / 3600);
    for (int i = 0; i < WAYS; i++)
        plot_way(svg, w, &results[i], end_s, i);
    fprintf(svg, "</svg>\n");
    if (fclose(svg) != 0)
        exit(1);
}

static void simulate(FILE *table, const char *svg, uint32_t files, uint32_t hosts)
{
    static void (*const ways[WAYS])(const sim_world *, sim_result *) = {sim_hash, sim_shares,
                                                                        sim_shares_list, sim_claim};
    sim_world w;
    sim_result results[WAYS] = {{.way = NULL}};
    sim_world_make(files, hosts, SEED, &w);
    double ideal_s = sim_ideal_s(&w);
    for (int i = 0; i < WAYS; i++) {
        results[i].host_end_s = xcalloc(hosts, sizeof *results[i].host_end_s);
        ways[i](&w, &results[i]);
        print_row(table, &w, &results[i], ideal_s);
        fflush(table);
    }
    if (svg)
        plot(svg, &w, results);
    for (int i = 0; i < WAYS; i++)
        free(results[i].host_end_s);
    sim_world_deinit(&w);
}

int main(int argc, char **argv)
{
    FILE *table = argc >= 5 ? fopen(argv[1], "we") : NULL;
    if (!table) {
        fprintf(stderr, "usage: fleet_sim TABLE SVG [FILES HOSTS]...\n");
        return 2;
    }
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    fprintf(table,
            "| million files | hosts | way | makespan | of the ideal | LIST | PUT | GET, HEAD | "
            "price | "
            "done twice | lost with a host |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (int i = 3; i + 1 < argc; i += 2)
        simulate(table, i == 3 ? argv[2] : NULL, (uint32_t)strtoul(argv[i], NULL, 10),
                 (uint32_t)strtoul(argv[i + 1], NULL, 10));
    return fclose(table) == 0 ? 0 : 1;
}
