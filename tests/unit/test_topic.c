/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "sync/topic.h"

static const struct {
        enum topic_kind kind;
        const char *id;
        const char *topic;
} cases[] = {
        { TOPIC_STATUS, "gw-07", "tally/v1/leeds/gw-07/status" },
        { TOPIC_LOG, "gw-07", "tally/v1/leeds/gw-07/log" },
        { TOPIC_NOW, "gw-07", "tally/v1/leeds/gw-07/now" },
        { TOPIC_ACK, "gw-07", "tally/v1/leeds/gw-07/ack" },
        { TOPIC_WANT, "gw-07", "tally/v1/leeds/gw-07/want" },
        { TOPIC_GW_FEED, "gw-07", "tally/v1/leeds/gw-07/feed" },
        { TOPIC_CMD, "gw-07", "tally/v1/leeds/gw-07/cmd" },
        { TOPIC_REPLY, "gw-07", "tally/v1/leeds/gw-07/reply" },
        { TOPIC_FEED, NULL, "tally/v1/leeds/feed" },
        { TOPIC_PUT, NULL, "tally/v1/leeds/put" },
        { TOPIC_PUT_REPLY, NULL, "tally/v1/leeds/put/reply" },
        { TOPIC_HUB_STATUS, NULL, "tally/v1/leeds/hub/status" },
        { TOPIC_STOCK, "85123A", "tally/v1/leeds/stock/85123A" },
        { TOPIC_STOCK, "a/b+c#d%e f", "tally/v1/leeds/stock/a%2Fb%2Bc%23d%25e%20f" },
        { TOPIC_ORDER, "536365", "tally/v1/leeds/order/536365" },
        { TOPIC_EXCEPTION, "gw-07-1201", "tally/v1/leeds/exception/gw-07-1201" },
};

static void every_kind_is_made_and_read_back(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                char topic[TOPIC_SIZE], site[NAME_SIZE], id[ID_SIZE];
                enum topic_kind kind;

                assert_int_equal(topic_make(topic, "leeds", cases[i].kind, cases[i].id), 0);
                assert_string_equal(topic, cases[i].topic);
                assert_int_equal(topic_parse(topic, site, &kind, id), 0);
                assert_string_equal(site, "leeds");
                assert_int_equal(kind, cases[i].kind);
                assert_string_equal(id, cases[i].id ? cases[i].id : "");
        }
}

static void a_plus_subscribes_to_all(void **state) {
        char topic[TOPIC_SIZE];

        (void)state;
        assert_int_equal(topic_make(topic, "leeds", TOPIC_LOG, "+"), 0);
        assert_string_equal(topic, "tally/v1/leeds/+/log");
        assert_int_equal(topic_make(topic, "leeds", TOPIC_STOCK, "+"), 0);
        assert_string_equal(topic, "tally/v1/leeds/stock/+");
}

static void the_longest_names_fit(void **state) {
        char site[NAME_SIZE], id[ID_SIZE], topic[TOPIC_SIZE], back[ID_SIZE], site_back[NAME_SIZE];
        enum topic_kind kind;

        (void)state;
        memset(site, 's', sizeof(site));
        site[NAME_SIZE - 1] = '\0';
        memset(id, '/', sizeof(id));
        id[ID_SIZE - 1] = '\0';
        assert_int_equal(topic_make(topic, site, TOPIC_EXCEPTION, id), 0);
        assert_int_equal(topic_parse(topic, site_back, &kind, back), 0);
        assert_string_equal(back, id);
}

static void what_is_no_name_makes_no_topic(void **state) {
        char topic[TOPIC_SIZE], longer[ID_SIZE + 1];

        (void)state;
        memset(longer, 'x', sizeof(longer));
        longer[ID_SIZE] = '\0';
        assert_int_equal(topic_make(topic, "Leeds", TOPIC_LOG, "gw"), -EINVAL);
        assert_int_equal(topic_make(topic, "", TOPIC_FEED, NULL), -EINVAL);
        assert_int_equal(topic_make(topic, "leeds", TOPIC_LOG, NULL), -EINVAL);
        assert_int_equal(topic_make(topic, "leeds", TOPIC_LOG, "gw/7"), -EINVAL);
        assert_int_equal(topic_make(topic, "leeds", TOPIC_LOG, "hub"), -EINVAL);
        assert_int_equal(topic_make(topic, "leeds", TOPIC_FEED, "gw"), -EINVAL);
        assert_int_equal(topic_make(topic, "leeds", TOPIC_STOCK, ""), -EINVAL);
        assert_int_equal(topic_make(topic, "leeds", TOPIC_STOCK, longer), -ENAMETOOLONG);
}

static void foreign_topics_are_refused(void **state) {
        static const char *const foreign[] = {
                "",
                "tally",
                "tally/v1/",
                "tally/v1/leeds",
                "tally/v1/leeds/",
                "tally/v2/leeds/feed",
                "tally/v1/Leeds/feed",
                "tally/v1/leeds/feeds",
                "tally/v1/leeds/feed/",
                "tally/v1/leeds/hub/log",
                "tally/v1/leeds/gw-07",
                "tally/v1/leeds/gw-07/",
                "tally/v1/leeds/gw-07/logs",
                "tally/v1/leeds/gw-07/log/x",
                "tally/v1/leeds/stock/",
                "tally/v1/leeds/stock/a/b",
                "tally/v1/leeds/stock/a%",
                "tally/v1/leeds/stock/a%2",
                "tally/v1/leeds/stock/a%00",
                "tally/v1/leeds/stock/%41",
                "tally/v1/leeds/stock/a%2f",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
                char site[NAME_SIZE], id[ID_SIZE];
                enum topic_kind kind;

                assert_int_equal(topic_parse(foreign[i], site, &kind, id), -EINVAL);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_kind_is_made_and_read_back),
                cmocka_unit_test(a_plus_subscribes_to_all),
                cmocka_unit_test(the_longest_names_fit),
                cmocka_unit_test(what_is_no_name_makes_no_topic),
                cmocka_unit_test(foreign_topics_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
