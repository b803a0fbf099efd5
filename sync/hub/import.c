/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/jsonr.h"
#include "sync/hub/hub.h"
#include "sync/hub/put.h"
#include "sync/hub/verbs.h"
#include "sync/link.h"
#include "sync/topic.h"

/*
 * Import: files of put lines. Straight into the store where no hub runs, else through the broker to the hub that does:
 * only one process writes a store.
 */

enum {
        CHUNK_MAX = 60 * 1024,  /* of lines, in one message or transaction */
        TICK_MS = 100,
        ANSWER_MS = 30000,
        ASK_AGAIN_MS = 5000, /* a hub that was restarted has forgotten the question */
        DRAIN_MS = 1000,     /* after asking twice: a second answer is not the next chunk's */
        LINE_MAX_LEN = 64 * 1024,
};

struct import {
        const struct verb_call *call;
        const char *file;
        int first_line; /* of the chunk, from 1 */
        long n_ok, n_bad;

        /* straight */
        struct book book;
        struct changes changes;

        /* through the broker */
        sd_event *event;
        struct link *link;
        bool hub_online; /* its retained status says so: it reads what is put now */
        bool asked, answered;
        struct bytes chunk;
        const char *trouble;
};

/* ---- answers -------------------------------------------------------------------------------------------- */

static void show_answer(struct import *import, struct slice line) {
        CLEANUP(jsonr_unref) json_t *json = NULL;
        struct jsonr_error error;
        const char *words;

        if (line.len == 0 || jsonr_parse(line, &json, &error) != 0)
                return;
        if (json_is_true(json_object_get(json, "ok"))) {
                import->n_ok++;
                return;
        }
        import->n_bad++;
        words = json_string_value(json_object_get(json, "error"));
        (void)fprintf(stderr, "%s:%lld: %s\n", import->file,
                      (long long)json_integer_value(json_object_get(json, "line")) +
                              import->first_line - 1,
                      words ? words : "refused");
}

static void show_answers(struct import *import, struct slice answers) {
        while (answers.len > 0) {
                const uint8_t *end = memchr(answers.bytes, '\n', answers.len);
                size_t len = end ? (size_t)(end - answers.bytes) : answers.len;

                show_answer(import, (struct slice) { answers.bytes, len });
                len += end != NULL;
                answers.bytes += len;
                answers.len -= len;
        }
}

/* ---- straight into the store -------------------------------------------------------------------------------- */

static int put_straight(struct import *import) {
        CLEANUP(bytes_fini) struct bytes answers = { 0 };
        struct put put = { .book = &import->book, .site = import->call->site };
        int r = db_begin(import->book.db);

        if (r == 0)
                r = put_lines(&put, bytes_slice(&import->chunk), &answers);
        if (r == 0)
                r = db_commit(import->book.db);
        if (r < 0) {
                import->trouble = db_error(import->book.db);
                db_rollback(import->book.db);
                return r;
        }
        show_answers(import, bytes_slice(&answers));
        return 0;
}

/* ---- through the broker ------------------------------------------------------------------------------------- */

static int subscribe(struct import *import, enum topic_kind kind) {
        char topic[TOPIC_SIZE];
        int r = topic_make(topic, import->call->site, kind, NULL);

        return r == 0 ? link_subscribe(import->link, topic) : r;
}

static void on_up(void *userdata) {
        struct import *import = userdata;

        import->asked = import->hub_online = false;
        if (subscribe(import, TOPIC_PUT_REPLY) < 0 || subscribe(import, TOPIC_HUB_STATUS) < 0)
                import->trouble = "cannot subscribe to the hub's answers";
}

static void on_down(void *userdata, const char *reason) {
        (void)userdata;
        (void)reason; /* the chunk is asked again: adopting twice changes nothing */
}

static bool is_online(struct slice status) {
        CLEANUP(jsonr_unref) json_t *json = NULL;
        struct jsonr_error error;
        char state[16] = "";

        return jsonr_parse(status, &json, &error) == 0 &&
               jsonr_string(json, "state", state, sizeof(state), &error) == 0 &&
               strcmp(state, "online") == 0;
}

static void on_message(void *userdata, const struct link_message *message) {
        struct import *import = userdata;
        char site[NAME_SIZE], id[ID_SIZE];
        enum topic_kind kind;

        if (topic_parse(message->topic, site, &kind, id) < 0)
                return;
        if (kind == TOPIC_HUB_STATUS)
                import->hub_online = is_online(message->payload);
        if (kind != TOPIC_PUT_REPLY || !import->asked || import->answered)
                return;
        import->answered = true;
        show_answers(import, message->payload);
}

static void on_published(void *userdata, int id, bool ok) {
        (void)userdata;
        (void)id;
        (void)ok;
}

static void on_room(void *userdata) {
        (void)userdata;
}

static int ask(struct import *import) {
        char topic[TOPIC_SIZE];
        int id, r = topic_make(topic, import->call->site, TOPIC_PUT, NULL);

        if (r == 0)
                r = link_publish(import->link, topic, bytes_slice(&import->chunk), false, 0, &id);
        import->asked = import->asked || r == 0;
        return r == -EAGAIN || r == -ENOTCONN ? 0 : r;
}

/* Lets the loop run; a negative errno, or what went wrong meanwhile. */
static int tick(struct import *import) {
        int r = sd_event_run(import->event, TICK_MS * 1000);

        return r >= 0 && import->trouble ? -EIO : r;
}

static int put_through_broker(struct import *import) {
        int64_t began_ms = clock_mono_ms(), asked_ms = 0, now_ms = began_ms;
        bool twice = false;
        int r = 0;

        import->asked = import->answered = false;
        while (r >= 0 && !import->answered && now_ms - began_ms < ANSWER_MS) {
                if (import->hub_online && now_ms - asked_ms >= ASK_AGAIN_MS) {
                        twice = import->asked;
                        asked_ms = now_ms;
                        r = ask(import);
                }
                if (r >= 0)
                        r = tick(import);
                now_ms = clock_mono_ms();
        }
        while (r >= 0 && twice && clock_mono_ms() - now_ms < DRAIN_MS)
                r = tick(import);
        if (r >= 0 && !import->answered) {
                const char *error = link_last_error(import->link);

                import->trouble = *error ? error : "the hub does not answer";
                return -ETIMEDOUT;
        }
        return r < 0 ? r : 0;
}

static int start_link(struct import *import) {
        static const struct link_handler handler = { on_up, on_down, on_message, on_published,
                                                     on_room };
        struct link_config config = import->call->config->broker;
        int r = sd_event_default(&import->event);

        (void)snprintf(config.client_id, sizeof(config.client_id), "tally-hub-import-%ld",
                       (long)getpid());
        return r < 0 ? r : link_new(import->event, &config, &handler, import, &import->link);
}

/* ---- files --------------------------------------------------------------------------------------------------- */

static int put_chunk(struct import *import) {
        int r;

        if (import->chunk.len == 0)
                return 0;
        r = bytes_error(&import->chunk);
        if (r == 0)
                r = import->link ? put_through_broker(import) : put_straight(import);
        bytes_clear(&import->chunk);
        return r;
}

static int import_lines(struct import *import, FILE *file) {
        char *line = NULL;
        size_t size = 0;
        int n = 0, r = 0;
        ssize_t len;

        import->first_line = 1;
        while (r == 0 && (len = getline(&line, &size, file)) >= 0) {
                if (import->chunk.len + (size_t)len > CHUNK_MAX) {
                        r = put_chunk(import);
                        import->first_line = n + 1;
                }
                n++;
                bytes_append(&import->chunk, line, (size_t)len);
                if (len > 0 && line[len - 1] != '\n')
                        bytes_append_char(&import->chunk, '\n');
        }
        free(line);
        if (r == 0 && ferror(file)) {
                import->trouble = "cannot be read";
                r = -EIO;
        }
        return r == 0 ? put_chunk(import) : r;
}

static int import_file(struct import *import, const char *path) {
        FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
        int r;

        import->file = path;
        if (!file) {
                (void)fprintf(stderr, "tally-hub: %s: %s\n", path, strerror(errno));
                return -EIO;
        }
        r = import_lines(import, file);
        if (r < 0)
                (void)fprintf(stderr, "tally-hub: %s: %s\n", path,
                              import->trouble ? import->trouble : strerror(-r));
        if (file != stdin)
                (void)fclose(file);
        return r;
}

/* A hub that holds the lock does it; else this process is the store's only writer for a moment. */
static int start(struct import *import, int *ret_lock) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        const struct hub_config *config = import->call->config;
        int r = hub_lock(config->path, ret_lock);

        if (r == -EWOULDBLOCK && config->has_broker)
                return start_link(import);
        if (r == -EWOULDBLOCK) {
                (void)fprintf(stderr, "tally-hub: a hub runs on %s, and there is no [broker] to "
                                      "reach it by\n", config->path);
                return r;
        }
        if (r == 0)
                r = db_open(config->path, false, &import->book.db, &error);
        if (r != 0)
                (void)fprintf(stderr, "tally-hub: %s\n",
                              error.len ? bytes_str(&error) : strerror(r < 0 ? -r : EIO));
        import->book.changes = &import->changes;
        return r;
}

int verb_import(const struct verb_call *call) {
        struct import import = { .call = call };
        int lock = -1, r;

        if (call->n_words == 0) {
                (void)fprintf(stderr, "tally-hub: import which FILE? \"-\" is standard input\n");
                return 2;
        }
        r = start(&import, &lock);
        for (int i = 0; r == 0 && i < call->n_words; i++)
                r = import_file(&import, call->words[i]);
        if (r == 0)
                (void)printf("%ld adopted, %ld refused\n", import.n_ok, import.n_bad);
        if (import.link)
                link_free(import.link, (struct slice) { NULL, 0 });
        sd_event_unref(import.event);
        book_fini(&import.book);
        changes_fini(&import.changes);
        db_close(import.book.db);
        bytes_fini(&import.chunk);
        if (lock >= 0)
                (void)close(lock);
        return r == 0 && import.n_bad == 0 ? 0 : 1;
}
