/* What the tests of cl100k share: four records, texts that hold them, what is expected of a scan.
 *
 * What:    the records and texts have known results of the reference; positions count tokens.
 * Owner:   tower_set_up and tower_tear_down make and end the detect_site of a test's state.
 * Threads: the test's.
 * Fails:   a failed step fails the test.
 */
#ifndef TESTS_FAKE_TOWER_SITE_H
#define TESTS_FAKE_TOWER_SITE_H

#include "base/util.h"
#include "tests/fake/detect_site.h"

#define REFERENCE "passage_question_answer_reference.jsonl"

/* Tokens: passage 22, question 9, answer 3; then 10 and 1; 10; 4. */
#define PASSAGE                                                                                    \
    "The Eiffel Tower - a landmark in Paris (France) - was constructed in 1889: it is a global "   \
    "cultural icon."
#define YEAR_ASKED "What year was the Eiffel tower constructed?"
#define ELEMENT    "Which element is most abundant in the earth's crust?"
#define TEST_SAT   "\"eval_key\":\"test-sat-en\","
#define WITH_ELEMENT                                                                               \
    "{\"doc_id\":102," TEST_SAT "\"question\":\"" ELEMENT "\",\"answer\":\"Oxygen\"}"
#define SUM_AND_LEAF                                                                               \
    "{\"doc_id\":103,\"question\":\"Solve for x: 2x, 5, 15!\",\"answer\":\"Take 5 from both "      \
    "sides, which leaves 2x and 10. Half of that is 5\"}",                                         \
        "{\"doc_id\":104,\"passage\":\"Green plants turn sunlight into food, and give off what "   \
        "we breathe.\",\"question\":\"What is photosynthesis?\",\"answer\":\"Making food out of "  \
        "the light of the sun\"}"

extern const char *const tower_with_passage[], *const tower_in_question[];
extern const char *const tower_without_answer[];

int tower_set_up(void **state);
int tower_tear_down(void **state);
/* Again, from the records of reference file REFERENCE. */
void tower_index(detect_site *s, const char *const *lines);

typedef struct expectation {
    uint32_t doc_id;
    double score;
    size_t first, last, answer; /* answer 0: none */
} expectation;

void expect_matches(detect_site *s, const buf *text, const expectation *expected, size_t count);
#define EXPECT_MATCHES(s, text, ...)                                                               \
    expect_matches(s, text, (const expectation[]){__VA_ARGS__},                                    \
                   ARRAY_LEN(((const expectation[]){__VA_ARGS__})))

/* " stone" is one token. */
void put_stones(buf *text, unsigned count);
/* `before` tokens, passage and question, 3 tokens, the answer. */
void put_tower(buf *text, unsigned before);

#endif
