#include "base/util.h"
#include "detection/index/score.h"

#include <math.h>

float score_idf(size_t documents, size_t frequency)
{
    return logf((float)documents / (float)frequency);
}

float score_threshold(size_t len, float target, const score_decay *decay)
{
    if (!decay->has_start)
        return target;
    if (len <= decay->start)
        return 1.0f;
    if (!decay->has_end || len >= decay->end)
        return target;
    float ratio = (float)(len - decay->start) / (float)(decay->end - decay->start);
    return 1.0f - (1.0f - target) * ratio;
}

float score_question_floor(float threshold)
{
    float least = (threshold - (0.2f + 0.1f)) / 0.7f;
    return least > 0.0f ? least : 0.0f;
}

/* Confidence in a component of `count` n-grams or tokens: 1 from `enough` on, below 0.5 to 1.
 */
static float confidence(size_t count, size_t enough)
{
    if (count >= enough)
        return 1.0f;
    return 0.5f + ((float)count / (float)enough) * 0.5f;
}

/* The weight that a short question and a short answer lose goes to the other parts. */
static float base_of_three(const score_input *in, float cq, float ca)
{
    if (cq >= 1.0f && ca >= 1.0f)
        return (in->question * 0.7f + in->answer * 0.2f) + in->passage * 0.1f;
    float question = 0.7f * cq;
    float rest = 0.7f * (1.0f - cq);
    float answer_share = 0.2f + rest * 0.5f;
    float passage_share = 0.1f + rest * 0.5f;
    float answer = answer_share * ca;
    float passage = passage_share + answer_share * (1.0f - ca);
    return (in->question * question + in->answer * answer) + in->passage * passage;
}

/* A question and one other part, weighted `share` and 1 - share. */
static float base_of_two(float question, float other, float cq, float share, float other_share)
{
    if (cq >= 1.0f)
        return question * share + other * other_share;
    return question * (share * cq) + other * (other_share + share * (1.0f - cq));
}

/* Every part of the record was found completely. */
static bool is_exact(const score_input *in)
{
    return in->question == 1.0f && (!in->has_answer || in->answer == 1.0f) &&
           (!in->has_passage || in->passage == 1.0f);
}

float score_base(const score_input *in)
{
    if (!in->compatible && is_exact(in))
        return 1.0f;
    float cq = confidence(in->question_ngrams, 20);
    if (in->has_answer && in->has_passage)
        return base_of_three(in, cq, confidence(in->answer_distinct, 4));
    if (in->has_answer)
        return base_of_two(in->question, in->answer, cq, 0.75f, 0.25f);
    if (in->has_passage)
        return base_of_two(in->question, in->passage, cq, 0.85f, 0.15f);
    return in->question;
}

float score_final(const score_input *in, float threshold, const score_decay *decay)
{
    float base = score_base(in);
    if (base > 1.0f)
        base = 1.0f;
    if (!decay->has_start && !decay->has_end)
        return base;
    size_t len = in->question_tokens + (in->has_answer ? in->answer_distinct : 0) +
                 (in->has_passage ? in->passage_tokens : 0);
    float required = score_threshold(len, threshold, decay);
    if (required <= threshold)
        return base;
    float scale = threshold / required;
    return base * scale + (1.0f - scale) * (base == 1.0f ? 1.0f : 0.0f);
}
