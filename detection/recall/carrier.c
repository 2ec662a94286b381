#include "base/util.h"
#include "detection/recall/carrier.h"

#include <ctype.h>

static const char *const words[] = {
    "about",   "above",     "across",  "after",     "again",    "along",    "already",  "although",
    "always",  "among",     "another", "apple",     "around",   "autumn",   "bakery",   "basket",
    "because", "before",    "behind",  "below",     "beside",   "between",  "bicycle",  "blanket",
    "bottle",  "bridge",    "bright",  "brother",   "butter",   "candle",   "carpet",   "castle",
    "chair",   "cheese",    "cherry",  "children",  "chimney",  "circle",   "clever",   "cloud",
    "coffee",  "collar",    "corner",  "cotton",    "cousin",   "curtain",  "dancer",   "daughter",
    "desk",    "dinner",    "doctor",  "dozen",     "dragon",   "drawer",   "during",   "early",
    "eleven",  "engine",    "enough",  "evening",   "every",    "farmer",   "feather",  "fence",
    "finger",  "flower",    "forest",  "forty",     "fountain", "friend",   "garden",   "gentle",
    "glass",   "golden",    "grandma", "gravel",    "green",    "hammer",   "handle",   "happy",
    "harvest", "helmet",    "honey",   "hundred",   "island",   "jacket",   "journey",  "kettle",
    "kitchen", "ladder",    "lantern", "laughter",  "leather",  "letter",   "library",  "little",
    "market",  "meadow",    "mirror",  "modest",    "morning",  "mountain", "napkin",   "narrow",
    "needle",  "neighbour", "never",   "notebook",  "november", "ocean",    "often",    "onion",
    "orange",  "orchard",   "paper",   "parcel",    "patient",  "pencil",   "pepper",   "piano",
    "picture", "pillow",    "pocket",  "potato",    "pretty",   "quarter",  "quiet",    "rabbit",
    "railway", "rather",    "ribbon",  "river",     "sailor",   "saddle",   "school",   "season",
    "seldom",  "seven",     "shadow",  "shelter",   "silver",   "simple",   "sister",   "slowly",
    "soldier", "something", "spoon",   "spring",    "stable",   "station",  "stone",    "stranger",
    "sugar",   "summer",    "sweater", "tailor",    "teacher",  "thirty",   "through",  "thunder",
    "ticket",  "tomato",    "towards", "tower",     "travel",   "twelve",   "umbrella", "under",
    "until",   "uncle",     "valley",  "velvet",    "village",  "violin",   "wagon",    "waiter",
    "walnut",  "warm",      "weather", "wedding",   "whisper",  "willow",   "window",   "winter",
    "within",  "wooden",    "yellow",  "yesterday", "young",    "zebra"};

carrier carrier_new(uint64_t seed)
{
    return (carrier){.state = seed};
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next_number(carrier *c)
{
    uint64_t z = c->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint64_t carrier_number(carrier *c, uint64_t limit)
{
    return next_number(c) % limit;
}

const char *carrier_word(carrier *c)
{
    return words[carrier_number(c, ARRAY_LEN(words))];
}

void carrier_put(carrier *c, size_t count, buf *out)
{
    size_t left = 0; /* of the sentence */
    for (size_t i = 0; i < count; i++) {
        const char *word = carrier_word(c);
        if (left == 0) {
            buf_append_str(out, i > 0 ? ". " : "");
            buf_append_char(out, (char)toupper((unsigned char)word[0]));
            buf_append_str(out, word + 1);
            left = 5 + (size_t)carrier_number(c, 12);
            continue;
        }
        buf_append_char(out, ' ');
        buf_append_str(out, word);
        left--;
    }
    buf_append_str(out, count > 0 ? "." : "");
}
