/* Two detection servers with different settings, for tests of what a run and `check` do about it. */
#ifndef TESTS_FLOW_SETTINGS_SITE_H
#define TESTS_FLOW_SETTINGS_SITE_H

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"

#define SERVER_OF_ONE                                                                              \
    ",\"fingerprint\":\"" ONE "\",\"settings\":{\"contamination_score_threshold\":0.8,"            \
    "\"evaluation_records\":67240,\"evaluation_records_digest\":\"aa\"}"
#define SERVER_OF_TWO                                                                              \
    ",\"fingerprint\":\"" TWO "\",\"settings\":{\"contamination_score_threshold\":0.1,"            \
    "\"evaluation_records\":85013,\"evaluation_records_digest\":\"bb\"}"
#define OTHER_RECORDS                                                                              \
    ",\"fingerprint\":\"" TWO "\",\"settings\":{\"contamination_score_threshold\":0.8,"            \
    "\"evaluation_records\":67240,\"evaluation_records_digest\":\"bb\"}"

#endif
