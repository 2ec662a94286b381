#include "orchestrator/status/status_sums.h"

#include <string.h>

#include "base/array.h"
#include "base/util.h"
#include "orchestrator/config/file_names.h"
#include "base/digest/shard.h"

#define FURTHER_FOLDERS "(further folders)"

static int compare_name(const char *name, size_t len, const char *other)
{
    int order = strncmp(name, other, len);
    return order ? order : -(other[len] != '\0');
}

static size_t find_folder(const status_sums *s, const char *name, size_t len, bool *found)
{
    size_t first = 0, end = s->folder_count;
    *found = false;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int order = compare_name(name, len, s->folders[middle].name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            end = middle;
        else
            first = middle + 1;
    }
    return first;
}

static status_folder *insert_folder(status_sums *s, size_t at, const char *name, size_t len)
{
    status_folder *folder = ARRAY_ADD_AT(s->folders, s->folder_count, at);
    *folder = (status_folder){.name = xstrndup(name, len)};
    return folder;
}

/* Inputs are in the order of their keys, so the latest folder is the most likely. */
static status_folder *folder_of(status_sums *s, const status_table *t, const char *key)
{
    const char *name = places_relative(t->places, key);
    size_t len = (size_t)(names_basename(name) - name);
    bool found = false;
    len -= len > 0; /* without the slash */
    if (s->folder_count && compare_name(name, len, s->folders[s->newest_folder].name) == 0)
        return &s->folders[s->newest_folder];
    size_t at = find_folder(s, name, len, &found);
    if (!found && s->folder_count >= STATUS_FOLDERS_MAX) {
        name = FURTHER_FOLDERS;
        len = strlen(name);
        at = find_folder(s, name, len, &found);
    }
    s->newest_folder = at;
    return found ? &s->folders[at] : insert_folder(s, at, name, len);
}

void status_sums_add(status_sums *s, status_table *t, size_t index, uint64_t lines,
                     uint64_t contaminated_lines, const set_counts *sets)
{
    status_folder *folder = folder_of(s, t, t->inputs.sorted[index]->key);
    t->state[index] |= INPUT_COUNTED;
    s->counted++;
    s->lines += lines;
    s->contaminated_lines += contaminated_lines;
    folder->lines += lines;
    folder->contaminated_lines += contaminated_lines;
    if (sets)
        set_counts_add_all(&s->sets, sets);
}

static void add_input(status_sums *s, const status_table *t, size_t index)
{
    const listed *input = t->inputs.sorted[index];
    uint8_t state = t->state[index];
    status_folder *folder = folder_of(s, t, input->key);
    bool done = state & INPUT_DONE, contaminated = done && (state & INPUT_CONTAMINATED);
    s->inputs++;
    s->input_bytes += input->size_bytes;
    *(done ? &s->done_bytes : &s->left_bytes) += input->size_bytes;
    s->clean += done && !contaminated;
    s->contaminated += contaminated;
    s->refused += !done && (state & INPUT_REFUSED);
    s->failed += !done && (state & INPUT_FAILED);
    s->left += !done;
    folder->files++;
    folder->done += done;
    folder->contaminated += contaminated;
}

/* If shares are fixed by hash, the files left of each host's share. */
static void add_to_share(const status_table *t, size_t index, status_runs *runs)
{
    if ((t->state[index] & INPUT_DONE) || runs->claims || !runs->host_count ||
        runs->host_count > UINT32_MAX)
        return;
    const listed *input = t->inputs.sorted[index];
    int64_t host = shard_of_key(input->key, (unsigned)runs->host_count);
    size_t first = 0, end = runs->count; /* hosts are sorted by index */
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (runs->hosts[middle].index < host)
            first = middle + 1;
        else
            end = middle;
    }
    if (first == runs->count || runs->hosts[first].index != host)
        return;
    runs->hosts[first].left_files++;
    runs->hosts[first].left_bytes += input->size_bytes;
}

void status_sums_close(status_sums *s, const status_table *t, status_runs *runs)
{
    for (size_t i = 0; i < t->inputs.count; i++) {
        add_input(s, t, i);
        add_to_share(t, i, runs);
    }
    for (size_t i = 0; i < runs->count; i++) {
        const status_host *h = &runs->hosts[i];
        s->running += h->running && !h->silent;
        s->silent += h->silent;
        s->bytes_per_s += h->running && !h->silent ? h->bytes_per_s : 0;
    }
}

uint64_t status_sums_left_ms(const status_sums *s)
{
    if (s->left == 0)
        return 0;
    return s->bytes_per_s ? s->left_bytes / s->bytes_per_s * 1000 : UINT64_MAX;
}

void status_sums_deinit(status_sums *s)
{
    for (size_t i = 0; i < s->folder_count; i++)
        free(s->folders[i].name);
    free(s->folders);
    set_counts_deinit(&s->sets);
    *s = (status_sums){0};
}
