/* Makes evaluation records of text: text_records COUNT [SEED] <FILE
 *
 * FILE: JSON lines whose only string with spaces is the text (make_english). Each record takes the next words of it: a
 * question of 8 to 72 words, and in three of four records an answer of 1 to 16. With make_english, a record has 60
 * cl100k tokens on average. Ends with status 1 if there is too little text. */
#include <inttypes.h>

#include "decon/base/buf.h"
#include "base/util.h"

typedef struct words {
    char *line;
    size_t capacity;
    char *at; /* the next word of the line */
} words;

static uint64_t state;

static size_t below(size_t limit)
{
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return (size_t)(((unsigned __int128)z * limit) >> 64);
}

/* The text of the next line; the closing quote and brace become its end. */
static bool next_line(words *w)
{
    if (getline(&w->line, &w->capacity, stdin) < 0)
        return false;
    char *end = strrchr(w->line, '"');
    if (end)
        *end = '\0';
    w->at = strstr(w->line, "\"text\":");
    w->at = w->at ? strchr(w->at + 7, '"') : NULL;
    w->at = w->at ? w->at + 1 : w->line + strlen(w->line);
    return true;
}

static bool put_words(words *w, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        while (!w->at || *w->at == '\0')
            if (!next_line(w))
                return false;
        size_t len = strcspn(w->at, " ");
        printf("%s%.*s", i > 0 ? " " : "", (int)len, w->at);
        w->at += len + (w->at[len] == ' ');
    }
    return true;
}

int main(int argc, char **argv)
{
    uint64_t count = 0;
    words w = {0};
    if (argc < 2 || !num_parse_u64(argv[1], &count) ||
        (argc > 2 && !num_parse_u64(argv[2], &state))) {
        fprintf(stderr, "usage: text_records COUNT [SEED]\n");
        return 2;
    }
    for (uint64_t i = 0; i < count; i++) {
        printf("{\"doc_id\":%" PRIu64
               ",\"eval_key\":\"synthetic\",\"split\":\"test\",\"eval_instance_index\":%" PRIu64
               ",\"fingerprint\":\"%016" PRIx64 "\",\"question\":\"",
               i, i, i * UINT64_C(0x9E3779B97F4A7C15));
        if (!put_words(&w, 8 + below(65)))
            return 1;
        printf("\",\"answer\":\"");
        if (below(4) > 0 && !put_words(&w, 1 + below(16)))
            return 1;
        puts("\"}");
    }
    free(w.line);
    return fflush(stdout) == 0 ? 0 : 1;
}
