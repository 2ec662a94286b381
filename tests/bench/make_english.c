/* Writes JSON lines of English-like text to standard output: make_english MEBIBYTES [SEED].
 *
 * Word frequencies follow Zipf and Mandelbrot over some 40,000 forms (common words, then stems with
 * prefixes and endings), with names, numbers and invented words between them, punctuation, quotes,
 * paragraphs, and some characters beyond ASCII. The same seed gives the same text. The mix of
 * frequent, rare and new pieces resembles that of human text. */
#include <inttypes.h>
#include <math.h>

#include "decon/base/buf.h"
#include "base/util.h"

static const char common[] =
    "the of and to in a is that for it as was with be by on not he i this are or his from at which "
    "but have an had they you were their one all we can her has there been if more when will would "
    "who so no out up into them then she its some what could other than our about time these two "
    "may first any only new over such also after before must through most where much your way like "
    "well down should because each just those people how too little state good very make world "
    "still own see men work long get here between both life being under never day same another "
    "know while last might us great old year off come since against go came right used take three";

static const char stems[] =
    "act add age agree aim air allow animal answer appear area argue arm arrive art ask attend "
    "back balance ball bank base battle bear beat begin behave belief bell bind bird block blood "
    "board boat body book border borrow bottom bound branch brave bread break breath bridge bright "
    "bring broad brother build burn bus business buy cake call camp capital car card care carry "
    "case catch cause cell center certain chain chair chance change character charge chief child "
    "choose circle city claim class clean clear climb clock close cloth cloud coal coast coat cold "
    "collect color command comment commit common company compare complete compute concern "
    "condition connect consider contain contract control cook cool copper copy corner correct cost "
    "cotton count country course court cover create credit cross crowd cry culture current custom "
    "cut damage dance danger dark date daughter deal decide deep defend degree delay deliver "
    "demand "
    "depend describe desert design desire destroy detail determine develop differ dinner direct "
    "discover discuss disease distance divide doctor door doubt dream dress drink drive drop dry "
    "dust duty early earth ease east edge educate effect electric element employ empty end enemy "
    "energy engine enjoy enter equal escape event exact examine example exchange exercise exist "
    "expand expect expense explain express extend eye face fact factory fail fair faith fall "
    "family "
    "farm father fault favor fear feed feel field fight figure fill film final find finger finish "
    "fire fish fit fix flag flat flow flower fly follow food foot force foreign forest forget form "
    "forward frame free fresh friend front fruit fuel full function future gain game garden gas "
    "gather gentle glass gold govern grain grass gray green ground group grow guard guess guide "
    "gun "
    "hair half hammer hand happen harbor hard head health hear heart heat heavy help hide high "
    "hill "
    "history hold hole hollow home honor hope horse hospital hour house human hundred hunt hurry "
    "idea image imagine improve include increase industry insect instrument interest invent iron "
    "island join journey joy judge jump justice keep key kick kind king kitchen knee knife labor "
    "lack lake lamp land language large laugh law lead leaf learn leather leave left leg lesson "
    "letter level library lie lift light limit line lip liquid list listen load local lock look "
    "loose lose love low machine main manage map mark market marry mass master match material "
    "matter mean measure meat medical meet memory mention metal method middle milk mind mine "
    "minute "
    "mist mix model modern moment money month moon moral morning mother motion mountain mouth move "
    "music name narrow nation nature near neck need nerve net night noise normal north note notice "
    "number object observe ocean offer office oil open operate opinion order organ orange origin "
    "page pain paint pair paper parallel parent part pass past path patient pay peace pencil "
    "perfect perform period person picture piece pipe place plain plan plane plant plate play "
    "please pleasure plow point poison policy polish poor popular position possible pot potato "
    "pound powder power practice praise prepare present press pretty prevent price print prison "
    "private probable problem process produce profit program property protect prove provide public "
    "pull pump punish pure push quality question quick quiet rail rain raise range rate reach read "
    "ready real reason receive record red reduce refuse regret regular relate religion remain "
    "remember remove repeat reply report represent request require respect respond rest result "
    "return reward rhythm rice rich ride ring rise river road rock roll roof room root rope rough "
    "round row rub rule run sail salt sand save say scale school science sea search season seat "
    "second secret secretary section seed seem select self sell send sense separate serious serve "
    "set settle shade shake shape share sharp sheet shelf shell ship shock shoe shop short shout "
    "show shut side sign silent silk silver simple sing single sister size skill skin sleep slide "
    "slip slow small smell smile smoke smooth snow soap social society soft soil soldier solid "
    "solve son song sort sound soup south space spade speak special speed spend spirit sponge "
    "spoon "
    "spread spring square stage stamp stand star start station stay steam steel step stick stiff "
    "stitch stock stomach stone stop store storm story straight strange stream street stretch "
    "strike string strong structure student study subject substance succeed sudden suffer sugar "
    "suggest summer sun supply support suppose surface surprise sweet swim system table tail talk "
    "tall taste tax teach tear tell tend term test theory thick thin thing think thread throat "
    "throw thunder ticket tight till tin tired toe tongue tool tooth top touch town trade train "
    "transport travel tray treat tree trick trouble trousers true trust try turn twist type "
    "umbrella unit use value vary verse vessel view violent visit voice vote wait walk wall war "
    "warm wash waste watch water wave wax weather week weigh west wheel whip whistle white wide "
    "wind window wine wing winter wire wise woman wonder wood wool word worm wound write yellow "
    "young";

static const char endings[] = "- s ed ing er ers ly ion ions al ment ness ful less able ist ity y "
                              "ive ism like ship hood ward wise";
static const char prefixes[] = "- re un over out under inter mis pre non dis co";
static const char syllables[] =
    "an ar ber bo ca cor da del dor el en fa fer gal gan har hol in is jan ka kel la lan lin lor "
    "ma mar men mi mor na nel nor o or pa per pol ra ren ri ros sa sel sha son sta tan tel ter tor "
    "u va vel ver vi wal wen wil ya zan zor";

#define MAX_FORMS 40000

typedef struct words {
    char **items;
    size_t count;
} words;

static uint64_t state;

static uint64_t next_random(void)
{
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static size_t below(size_t limit)
{
    return (size_t)(((unsigned __int128)next_random() * limit) >> 64);
}

static bool chance(double share)
{
    return (double)(next_random() >> 11) * 0x1p-53 < share;
}

static void words_add(words *w, char *take_word)
{
    if (w->count % 1024 == 0)
        w->items = xrealloc(w->items, (w->count + 1024) * sizeof *w->items);
    w->items[w->count++] = take_word;
}

static words words_of(const char *list)
{
    words w = {0};
    while (*list) {
        size_t len = strcspn(list, " ");
        words_add(&w, xstrndup(list, len));
        list += len + (list[len] == ' ');
    }
    return w;
}

static void words_deinit(words *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->items[i]);
    free(w->items);
}
DEFINE_AUTO(words, words_deinit)

static const char *affix(const char *text)
{
    return *text == '-' ? "" : text;
}

static void shuffle(words *w, size_t from)
{
    for (size_t i = w->count - 1; i > from; i--) {
        size_t k = from + below(i - from + 1);
        char *other = w->items[i];
        w->items[i] = w->items[k];
        w->items[k] = other;
    }
}

/* Plain stems are frequent, those with an ending less so, those with a prefix too are rare. */
static words make_forms(void)
{
    AUTO(words) stem = words_of(stems);
    AUTO(words) ending = words_of(endings);
    AUTO(words) prefix = words_of(prefixes);
    words forms = words_of(common);
    for (size_t p = 0; p < prefix.count; p++)
        for (size_t e = 0; e < ending.count; e += p == 0 ? 6 : ending.count) {
            size_t from = forms.count;
            for (size_t k = e; k < (p == 0 ? MIN(e + 6, ending.count) : ending.count); k++)
                for (size_t s = 0; s < stem.count && forms.count < MAX_FORMS; s++)
                    words_add(&forms, xasprintf("%s%s%s", affix(prefix.items[p]), stem.items[s],
                                                affix(ending.items[k])));
            if (forms.count > from)
                shuffle(&forms, from);
        }
    return forms;
}

/* Drawing by frequency in constant time (Walker's and Vose's alias method). */
typedef struct draw {
    double *share;
    uint32_t *other;
    size_t count;
} draw;

static draw draw_new(size_t count)
{
    draw d = {xcalloc(count, sizeof *d.share), xcalloc(count, sizeof *d.other), count};
    AUTO_FREE uint32_t *rows = xcalloc(count, sizeof *rows);
    double total = 0;
    size_t few = 0, many = count;
    for (size_t i = 0; i < count; i++)
        total += d.share[i] = pow((double)i + 2.7, -1.2);
    for (size_t i = 0; i < count; i++) {
        d.share[i] *= (double)count / total;
        if (d.share[i] < 1)
            rows[few++] = (uint32_t)i;
        else
            rows[--many] = (uint32_t)i;
    }
    while (few > 0 && many < count) {
        uint32_t small = rows[--few], large = rows[many];
        d.other[small] = large;
        d.share[large] -= 1 - d.share[small];
        if (d.share[large] < 1) {
            many++;
            rows[few++] = large;
        }
    }
    for (; many < count; many++)
        d.share[rows[many]] = 1;
    while (few > 0)
        d.share[rows[--few]] = 1;
    return d;
}

static size_t draw_one(const draw *d)
{
    size_t i = below(d->count);
    return chance(d->share[i]) ? i : d->other[i];
}

/* --- text --- */

typedef struct writer {
    words forms, parts;
    draw by_rank;
} writer;

static void put_name(const writer *w, buf *out)
{
    size_t at = out->len;
    for (size_t count = 2 + below(3); count > 0; count--)
        buf_append_str(out, w->parts.items[below(w->parts.count)]);
    out->data[at] = (char)(out->data[at] - 32);
}

static void put_number(buf *out)
{
    switch (below(4)) {
    case 0:
        buf_printf(out, "%zu", 1800 + below(230));
        break;
    case 1:
        buf_printf(out, "%zu.%zu", below(1000), below(100));
        break;
    default:
        buf_printf(out, "%zu", below(below(2) ? 100 : 1000000));
    }
}

static void put_word(const writer *w, buf *out, bool first)
{
    static const char *const foreign[] = {"caf\u00e9", "na\u00efve", "Z\u00fcrich", "S\u00e3o",
                                          "\u03c0",    "\u00b0C",    "\u2026",      "\u20ac"};
    size_t at = out->len;
    if (chance(0.02)) {
        put_name(w, out);
    } else if (chance(0.012)) {
        put_number(out);
    } else if (chance(0.002)) {
        buf_append_str(out, foreign[below(ARRAY_LEN(foreign))]);
    } else {
        buf_append_str(out, w->forms.items[draw_one(&w->by_rank)]);
        if (chance(0.006))
            buf_append_str(out, chance(0.5) ? "'s" : "\u2019s");
        if (first && out->data[at] >= 'a' && out->data[at] <= 'z')
            out->data[at] = (char)(out->data[at] - 32);
    }
}

static void put_sentence(const writer *w, buf *out)
{
    size_t count = 4 + below(12) + below(14);
    bool quoted = chance(0.05);
    if (quoted)
        buf_append_str(out, chance(0.5) ? "\\\"" : "\u201c");
    for (size_t i = 0; i < count; i++) {
        put_word(w, out, i == 0);
        if (i + 1 == count)
            break;
        if (chance(0.06))
            buf_append_str(out, ",");
        else if (chance(0.008))
            buf_append_str(out, chance(0.5) ? " \u2014" : ";");
        buf_append_str(out, chance(0.01) ? "-" : " ");
    }
    buf_append_str(out, chance(0.06) ? "?" : ".");
    if (quoted)
        buf_append_str(out, chance(0.5) ? "\\\"" : "\u201d");
}

/* Most documents are short, a few long. */
static void put_document(const writer *w, buf *out, uint64_t number)
{
    size_t len = (size_t)(600 * exp(3 * (double)below(1000000) / 1e6));
    buf_clear(out);
    buf_printf(out, "{\"id\":\"doc-%" PRIu64 "\",\"text\":\"", number);
    while (out->len < len) {
        put_sentence(w, out);
        buf_append_str(out, chance(0.12) ? "\\n\\n" : " ");
    }
    buf_append_str(out, "\"}\n");
}

int main(int argc, char **argv)
{
    uint64_t mebibytes = 0;
    state = 1;
    if (argc < 2 || !num_parse_u64(argv[1], &mebibytes) ||
        (argc > 2 && !num_parse_u64(argv[2], &state))) {
        fprintf(stderr, "usage: make_english MEBIBYTES [SEED]\n");
        return 2;
    }
    writer w = {.parts = words_of(syllables), .forms = make_forms()};
    w.by_rank = draw_new(w.forms.count);
    AUTO(buf) line = BUF(1 << 20);
    bool ok = true;
    for (uint64_t number = 0, total = 0; ok && total < mebibytes << 20; number++) {
        put_document(&w, &line, number);
        total += line.len;
        ok = fwrite(line.data, 1, line.len, stdout) == line.len;
    }
    words_deinit(&w.forms);
    words_deinit(&w.parts);
    free(w.by_rank.share);
    free(w.by_rank.other);
    return ok && fflush(stdout) == 0 ? 0 : 1;
}
