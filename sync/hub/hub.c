/* SPDX-License-Identifier: MIT */
#include "sync/hub/hub.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "sync/hub/apply.h"
#include "sync/hub/incident.h"
#include "sync/hub/payload.h"
#include "sync/hub/publish.h"
#include "sync/hub/put.h"

enum {
        WORK_PRIORITY = 10,        /* after the link: what has arrived shares a transaction */
        BATCHES_MAX = 64,          /* log batches in one transaction */
        STOCK_COALESCE_MS = 1000,  /* the feed's stock entries */
        STATUS_MS = 10000,         /* the status while something is applied */
        QUEUE_BYTES_MAX = 64 * 1024 * 1024,
        LOCK_WAIT_MS = 3000, /* at start: an import that has the store is done soon */
        LOCK_TRY_MS = 50,
};

struct incoming {
        enum topic_kind kind;
        char site[NAME_SIZE], id[ID_SIZE];
        struct bytes payload;
        struct incoming *next;
};

/* First in, first out; running totals have one of their own: newest truth first. */
struct queue {
        struct incoming *first, **last;
};

struct hub {
        const struct hub_config *config;
        sd_event *event;
        struct db *db;
        struct link *link;
        int lock_fd;
        struct book book;
        struct changes changes;
        struct publisher publisher;
        struct queue totals, others;
        size_t queued_bytes;
        sd_event_source *work;         /* defer, one shot */
        sd_event_source *stock_timer;  /* one shot, while something moved */
        sd_event_source *status_timer; /* one shot, while something is applied */
        bool stock_due, status_due;
};

int hub_lock(const char *path, int *ret_fd) {
        char lock[PATH_SIZE + 8];
        int fd, r;

        (void)snprintf(lock, sizeof(lock), "%s.lock", path);
        fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
        if (fd < 0)
                return -errno;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                r = -errno;
                (void)close(fd);
                return r;
        }
        *ret_fd = fd;
        return 0;
}

/* ---- queues ----------------------------------------------------------------------------------------------- */

static void queue_init(struct queue *queue) {
        queue->first = NULL;
        queue->last = &queue->first;
}

static void queue_push(struct queue *queue, struct incoming *incoming) {
        *queue->last = incoming;
        queue->last = &incoming->next;
}

static struct incoming *queue_pop(struct queue *queue) {
        struct incoming *incoming = queue->first;

        if (incoming) {
                queue->first = incoming->next;
                if (!queue->first)
                        queue->last = &queue->first;
        }
        return incoming;
}

static void incoming_free(struct hub *hub, struct incoming *incoming) {
        hub->queued_bytes -= incoming->payload.len;
        bytes_fini(&incoming->payload);
        free(incoming);
}

static void queue_drop(struct hub *hub, struct queue *queue) {
        struct incoming *incoming;

        while ((incoming = queue_pop(queue)) != NULL)
                incoming_free(hub, incoming);
}

static void wake(struct hub *hub) {
        (void)sd_event_source_set_enabled(hub->work, SD_EVENT_ONESHOT);
}

/* ---- what comes -------------------------------------------------------------------------------------------- */

static bool is_our_site(const struct hub *hub, const char *site) {
        for (size_t i = 0; i < hub->config->n_sites; i++)
                if (strcmp(hub->config->sites[i], site) == 0)
                        return true;
        return false;
}

static void on_message(void *userdata, const struct link_message *message) {
        struct hub *hub = userdata;
        struct incoming *incoming = calloc(1, sizeof(*incoming));
        int r = incoming ? topic_parse(message->topic, incoming->site, &incoming->kind,
                                       incoming->id)
                         : -ENOMEM;

        /* What is dropped here is sent again: gateways wait for the hub's word, not the broker's. */
        if (r < 0 || !is_our_site(hub, incoming->site) ||
            hub->queued_bytes + message->payload.len > QUEUE_BYTES_MAX) {
                free(incoming);
                return;
        }
        bytes_append(&incoming->payload, message->payload.bytes, message->payload.len);
        hub->queued_bytes += incoming->payload.len;
        if (bytes_error(&incoming->payload) < 0) {
                incoming_free(hub, incoming);
                return;
        }
        queue_push(incoming->kind == TOPIC_NOW ? &hub->totals : &hub->others, incoming);
        wake(hub);
}

static void quarantine(struct hub *hub, const struct incoming *incoming, const char *why) {
        struct exception_change change = { .kind = EXCEPTION_QUARANTINED_EVENT };

        log_warning("%s/%s: a message that cannot be read: %s", incoming->site, incoming->id, why);
        (void)snprintf(change.group, sizeof(change.group), "%s", incoming->id);
        (void)snprintf(change.found, sizeof(change.found), "%.120s", why);
        if (incident_raise(hub->db, &hub->changes, incoming->site, &change, incoming->id, "") < 0)
                log_error("store: %s", db_error(hub->db));
}

static int answer_log(struct hub *hub, const struct incoming *incoming,
                      const struct apply_result *result) {
        CLEANUP(bytes_fini) struct bytes ack = { 0 };
        int r;

        if (result->kind == APPLY_MALFORMED) {
                quarantine(hub, incoming, result->words);
                return 0;
        }
        if (result->kind == APPLY_FORK)
                log_error("%s/%s: fork: %s", incoming->site, incoming->id, result->words);
        r = ack_write(&result->ack, &ack);
        return r == 0 ? publish_later(&hub->publisher, incoming->site, TOPIC_ACK, incoming->id,
                                      bytes_slice(&ack), false)
                      : r;
}

static int do_log(struct hub *hub, const struct incoming *incoming) {
        struct apply_result result;
        int r = apply_batch(&hub->book, incoming->site, incoming->id,
                            bytes_slice(&incoming->payload), &result);

        return r == 0 ? answer_log(hub, incoming, &result) : r;
}

static int do_totals(struct hub *hub, const struct incoming *incoming) {
        struct jsonr_error error;
        int r;

        book_begin(&hub->book, incoming->site, incoming->id, 0, clock_wall_ms());
        r = apply_totals(&hub->book, incoming->site, incoming->id, bytes_slice(&incoming->payload),
                         &error);
        if (r > 0)
                quarantine(hub, incoming, error.text);
        return r > 0 ? 0 : r;
}

static int do_put(struct hub *hub, const struct incoming *incoming) {
        CLEANUP(bytes_fini) struct bytes answers = { 0 };
        struct put put = { .book = &hub->book, .site = incoming->site };
        int r = put_lines(&put, bytes_slice(&incoming->payload), &answers);

        return r == 0 ? publish_later(&hub->publisher, incoming->site, TOPIC_PUT_REPLY, NULL,
                                      bytes_slice(&answers), false)
                      : r;
}

static int do_want(struct hub *hub, const struct incoming *incoming) {
        char feed[ULID_SIZE];
        struct jsonr_error error;
        struct want want;
        uint64_t last;
        bool whole;
        int r = want_read(bytes_slice(&incoming->payload), &want, &error);

        if (r != 0) {
                if (r > 0)
                        quarantine(hub, incoming, error.text);
                return r > 0 ? 0 : r;
        }
        r = feed_site(hub->db, incoming->site, feed, &last);
        whole = want.from == 0 || strcmp(want.feed, feed) != 0 || want.from > last + 1;
        return r == 0 ? publish_want(&hub->publisher, incoming->site, incoming->id,
                                     whole ? 0 : want.from - 1, whole)
                      : r;
}

static int do_status(struct hub *hub, const struct incoming *incoming) {
        CLEANUP(jsonr_unref) json_t *json = NULL;
        struct jsonr_error error;
        char state[16] = "", version[ID_SIZE] = "";

        if (strcmp(incoming->id, "hub") == 0 || incoming->payload.len == 0 ||
            jsonr_parse(bytes_slice(&incoming->payload), &json, &error) != 0 ||
            jsonr_opt_string(json, "state", state, sizeof(state), &error) != 0 ||
            jsonr_opt_string(json, "version", version, sizeof(version), &error) != 0)
                return 0;
        return DB_RUN(hub->db,
                      "INSERT INTO gateway(site, gateway, state, version, seen)"
                      " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET"
                      " state = excluded.state, version = iif(excluded.version = '', version,"
                      " excluded.version), seen = excluded.seen",
                      V((const char *)incoming->site), V((const char *)incoming->id),
                      V((const char *)state), V((const char *)version), V(clock_wall_ms()));
}

static int do_one(struct hub *hub, const struct incoming *incoming) {
        switch (incoming->kind) {
        case TOPIC_LOG:
                return do_log(hub, incoming);
        case TOPIC_NOW:
                return do_totals(hub, incoming);
        case TOPIC_PUT:
                return do_put(hub, incoming);
        case TOPIC_WANT:
                return do_want(hub, incoming);
        case TOPIC_STATUS:
                return do_status(hub, incoming);
        default:
                return 0; /* our own */
        }
}

static int do_queue(struct hub *hub, struct queue *queue, int max) {
        struct incoming *incoming;
        int r = 0;

        for (int n = 0; r == 0 && n < max && (incoming = queue_pop(queue)) != NULL; n++) {
                r = do_one(hub, incoming);
                incoming_free(hub, incoming);
        }
        return r;
}

/* ---- turns -------------------------------------------------------------------------------------------------- */

static void arm(sd_event_source *timer, int64_t ms, bool *due) {
        if (*due)
                return;
        if (sd_event_source_set_time_relative(timer, (uint64_t)ms * 1000) >= 0 &&
            sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT) >= 0)
                *due = true;
}

/* Nothing that was answered stands any more: those who asked ask again. */
static void undo(struct hub *hub, int error) {
        log_error("store: %s%s", error == -ENOMEM ? "out of memory" : db_error(hub->db),
                  error == -ENOSPC ? "; make room: gateways keep everything until then" : "");
        db_rollback(hub->db);
        queue_drop(hub, &hub->totals);
        queue_drop(hub, &hub->others);
        if (publish_all_again(&hub->publisher) < 0)
                log_error("store: %s", db_error(hub->db));
}

static int on_work(sd_event_source *source, void *userdata) {
        struct hub *hub = userdata;
        int r = 0;

        (void)source;
        if (hub->totals.first || hub->others.first) {
                r = db_begin(hub->db);
                if (r == 0)
                        r = do_queue(hub, &hub->totals, BATCHES_MAX);
                if (r == 0)
                        r = do_queue(hub, &hub->others, hub->totals.first ? 0 : BATCHES_MAX);
                if (r == 0)
                        r = db_commit(hub->db);
                if (r < 0) {
                        undo(hub, r);
                        return 0;
                }
                arm(hub->stock_timer, STOCK_COALESCE_MS, &hub->stock_due);
                arm(hub->status_timer, STATUS_MS, &hub->status_due);
        }
        if (publish_pump(&hub->publisher) < 0)
                log_error("store: %s", db_error(hub->db));
        if (hub->totals.first || hub->others.first)
                wake(hub);
        return 0;
}

static int on_stock_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct hub *hub = userdata;
        bool any;
        int r = db_begin(hub->db);

        (void)source;
        (void)usec;
        hub->stock_due = false;
        for (size_t i = 0; r == 0 && i < hub->config->n_sites; i++)
                r = feed_set_stock(hub->db, hub->config->sites[i], &any);
        if (r == 0)
                r = db_commit(hub->db);
        if (r < 0) {
                log_error("store: %s", db_error(hub->db));
                db_rollback(hub->db);
                arm(hub->stock_timer, STATUS_MS, &hub->stock_due);
        }
        wake(hub);
        return 0;
}

static int tell_status(struct hub *hub) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < hub->config->n_sites; i++) {
                CLEANUP(bytes_fini) struct bytes status = { 0 };
                const char *site = hub->config->sites[i];

                r = payload_status(hub->db, hub->config, site, "online", &status);
                if (r == 0)
                        r = publish_later(&hub->publisher, site, TOPIC_HUB_STATUS, NULL,
                                          bytes_slice(&status), true);
        }
        return r;
}

static int on_status_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct hub *hub = userdata;

        (void)source;
        (void)usec;
        hub->status_due = false;
        if (tell_status(hub) < 0)
                log_error("store: %s", db_error(hub->db));
        wake(hub);
        return 0;
}

/* ---- the link ------------------------------------------------------------------------------------------------- */

static int subscribe(struct hub *hub, const char *site) {
        static const enum topic_kind kinds[] = { TOPIC_NOW, TOPIC_LOG, TOPIC_WANT, TOPIC_STATUS,
                                                 TOPIC_PUT };
        char topic[TOPIC_SIZE];
        int r = 0;

        for (size_t i = 0; r == 0 && i < ARRAY_LEN(kinds); i++) {
                r = topic_make(topic, site, kinds[i], kinds[i] == TOPIC_PUT ? NULL : "+");
                if (r == 0)
                        r = link_subscribe(hub->link, topic);
        }
        return r;
}

struct held {
        struct hub *hub;
        const char *site;
};

/* Gateways go on at once from what is held. */
static int tell_held(void *userdata, const char *gateway, const struct ack *ack) {
        CLEANUP(bytes_fini) struct bytes text = { 0 };
        const struct held *held = userdata;
        int r = ack_write(ack, &text);

        return r == 0 ? publish_later(&held->hub->publisher, held->site, TOPIC_ACK, gateway,
                                      bytes_slice(&text), false)
                      : r;
}

static int begin_connection(struct hub *hub) {
        int r = publish_all_again(&hub->publisher);

        for (size_t i = 0; r == 0 && i < hub->config->n_sites; i++) {
                struct held held = { hub, hub->config->sites[i] };

                r = subscribe(hub, held.site);
                if (r == 0)
                        r = apply_each_held(hub->db, held.site, tell_held, &held);
        }
        return r == 0 ? tell_status(hub) : r;
}

static void on_up(void *userdata) {
        struct hub *hub = userdata;

        log_info("connected to %s", hub->config->broker.host);
        if (begin_connection(hub) < 0)
                log_error("after connecting: %s", db_error(hub->db));
        wake(hub);
}

static void on_down(void *userdata, const char *reason) {
        (void)userdata;
        log_warning("connection lost: %s", reason);
}

static void on_published(void *userdata, int id, bool ok) {
        (void)userdata;
        (void)id;
        (void)ok; /* what matters is answered by those who read it, or told again */
}

static void on_room(void *userdata) {
        wake(userdata);
}

static int start_link(struct hub *hub) {
        static const struct link_handler handler = { on_up, on_down, on_message, on_published,
                                                     on_room };
        struct link_config config = hub->config->broker;
        int r;

        (void)snprintf(config.client_id, sizeof(config.client_id), "tally-hub-%.100s",
                       hub->config->instance);
        r = topic_make(config.will_topic, hub->config->sites[0], TOPIC_HUB_STATUS, NULL);
        if (r == 0)
                r = payload_status(NULL, hub->config, hub->config->sites[0], "offline",
                                   &config.will);
        if (r == 0)
                r = link_new(hub->event, &config, &handler, hub, &hub->link);
        if (r < 0)
                bytes_fini(&config.will);
        hub->publisher.link = hub->link;
        return r;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        (void)info;
        (void)userdata;
        return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int start_signals(struct hub *hub) {
        sigset_t set;
        int r;

        (void)signal(SIGPIPE, SIG_IGN);
        if (sigemptyset(&set) < 0 || sigaddset(&set, SIGTERM) < 0 || sigaddset(&set, SIGINT) < 0 ||
            sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        r = sd_event_add_signal(hub->event, NULL, SIGTERM, on_end, hub);
        return r < 0 ? r : sd_event_add_signal(hub->event, NULL, SIGINT, on_end, hub);
}

static int add_timer(struct hub *hub, sd_event_time_handler_t handler, sd_event_source **ret) {
        int r = sd_event_add_time_relative(hub->event, ret, CLOCK_MONOTONIC, STATUS_MS * 1000, 0,
                                           handler, hub);

        return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

static int start_sources(struct hub *hub) {
        int r = sd_event_default(&hub->event);

        if (r >= 0)
                r = start_signals(hub);
        if (r >= 0)
                r = sd_event_add_defer(hub->event, &hub->work, on_work, hub);
        if (r >= 0)
                r = sd_event_source_set_priority(hub->work, WORK_PRIORITY);
        if (r >= 0)
                r = add_timer(hub, on_stock_timer, &hub->stock_timer);
        if (r >= 0)
                r = add_timer(hub, on_status_timer, &hub->status_timer);
        return r < 0 ? r : 0;
}

static int wait_for_lock(struct hub *hub) {
        int64_t until_ms = clock_mono_ms() + LOCK_WAIT_MS;
        int r;

        while ((r = hub_lock(hub->config->path, &hub->lock_fd)) == -EWOULDBLOCK &&
               clock_mono_ms() < until_ms)
                (void)usleep(LOCK_TRY_MS * 1000);
        return r;
}

static int start_store(struct hub *hub, struct bytes *ret_error) {
        char feed[ULID_SIZE];
        uint64_t last;
        int r = wait_for_lock(hub);

        if (r == -EWOULDBLOCK)
                bytes_appendf(ret_error, "%s: another tally-hub runs on this store: stop it first",
                              hub->config->path);
        else if (r < 0)
                bytes_appendf(ret_error, "%s.lock: %s", hub->config->path, strerror(-r));
        if (r < 0)
                return r;
        r = db_open(hub->config->path, false, &hub->db, ret_error);
        for (size_t i = 0; r == 0 && i < hub->config->n_sites; i++)
                r = feed_site(hub->db, hub->config->sites[i], feed, &last);
        hub->book.db = hub->publisher.db = hub->db;
        hub->book.changes = hub->publisher.changes = &hub->changes;
        hub->publisher.config = hub->config;
        return r;
}

static void hub_stop(struct hub *hub) {
        CLEANUP(bytes_fini) struct bytes goodbye = { 0 };

        if (hub->link) {
                if (payload_status(NULL, hub->config, hub->config->sites[0], "offline",
                                   &goodbye) < 0)
                        bytes_clear(&goodbye);
                link_free(hub->link, bytes_slice(&goodbye));
        }
        queue_drop(hub, &hub->totals);
        queue_drop(hub, &hub->others);
        publisher_fini(&hub->publisher);
        changes_fini(&hub->changes);
        book_fini(&hub->book);
        sd_event_source_disable_unref(hub->work);
        sd_event_source_disable_unref(hub->stock_timer);
        sd_event_source_disable_unref(hub->status_timer);
        db_close(hub->db);
        sd_event_unref(hub->event);
        if (hub->lock_fd >= 0)
                (void)close(hub->lock_fd);
}

static int hub_start(struct hub *hub, struct bytes *ret_error) {
        int r = start_store(hub, ret_error);

        if (r == 0)
                r = start_sources(hub);
        if (r == 0)
                r = sd_event_set_watchdog(hub->event, true) < 0 ? -EIO : 0;
        if (r == 0 && hub->config->has_broker)
                r = start_link(hub);
        if (r != 0 && ret_error->len == 0)
                bytes_appendf(ret_error, "cannot start: %s", strerror(r < 0 ? -r : EIO));
        return r;
}

int hub_run(const struct hub_config *config) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct hub hub = { .config = config, .lock_fd = -1 };
        int r;

        queue_init(&hub.totals);
        queue_init(&hub.others);
        r = hub_start(&hub, &error);
        if (r == 0) {
                log_info("ready: %s, store %s", config->instance, config->path);
                arm(hub.stock_timer, STOCK_COALESCE_MS, &hub.stock_due);
                (void)sd_notify(0, "READY=1");
                r = sd_event_loop(hub.event);
                (void)sd_notify(0, "STOPPING=1");
        } else
                log_error("%s", bytes_str(&error));
        hub_stop(&hub);
        return r == 0 ? 0 : 1;
}
