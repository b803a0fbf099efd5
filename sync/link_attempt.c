/* SPDX-License-Identifier: MIT */
#include "sync/link_attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "sync/link_internal.h"

enum {
        PASSWORD_MAX = 1024, /* bytes of the file's first line */
        /* What we tell an MQTT 5 broker: no message of ours is larger than 128 KiB, a feed's
           neither. */
        PACKET_MAX = 1024 * 1024,
};

enum progress { RUNNING, OVER, ABANDONED };

struct link_attempt {
        struct link_config config; /* its will is not ours */
        int version;
        int fd;
        pthread_t thread;
        _Atomic int progress; /* who comes second frees */
        struct mosquitto *client;
        int rc;
        int error; /* errno after the connect */
        char tls[LINK_WORDS_SIZE];
};

static void attempt_free(struct link_attempt *attempt) {
        if (!attempt)
                return;
        if (attempt->client)
                mosquitto_destroy(attempt->client);
        if (attempt->fd >= 0)
                (void)close(attempt->fd);
        free(attempt);
}

/* "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed" */
void link_attempt_note_tls(const char *log_line, char dst[LINK_WORDS_SIZE]) {
        const char *reason;

        if (strncmp(log_line, "OpenSSL Error", strlen("OpenSSL Error")) != 0 &&
            strncmp(log_line, "Error: Unable to load", strlen("Error: Unable to load")) != 0 &&
            strncmp(log_line, "Error: host name", strlen("Error: host name")) != 0)
                return;
        reason = strstr(log_line, "::");
        (void)snprintf(dst, LINK_WORDS_SIZE, "%s", reason ? reason + 2 : log_line);
}

static void on_log(struct mosquitto *client, void *userdata, int level, const char *line) {
        struct link_attempt *attempt = userdata;
        int saved = errno;

        (void)client;
        if (level == MOSQ_LOG_ERR && !attempt->tls[0])
                link_attempt_note_tls(line, attempt->tls);
        errno = saved;
}

/* Without it OpenSSL asks the terminal for the passphrase of an encrypted key. */
static int on_passphrase(char *buffer, int size, int writing, void *userdata) {
        (void)writing;
        (void)userdata;
        if (size > 0)
                buffer[0] = '\0';
        return 0;
}

/* ---- making the client --------------------------------------------------------------------- */

static int read_password(const char *path, char *password, size_t size) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
                return -errno;
        n = read(fd, password, size - 1);
        if (n < 0)
                n = -errno;
        (void)close(fd);
        if (n < 0)
                return (int)n;
        password[n] = '\0';
        password[strcspn(password, "\r\n")] = '\0';
        return 0;
}

static int client_set_login(struct mosquitto *client, const struct link_config *config,
                            char ret_words[LINK_WORDS_SIZE]) {
        char password[PASSWORD_MAX] = "";
        int r = 0;

        if (!config->username[0])
                return MOSQ_ERR_SUCCESS;
        if (config->password_file[0])
                r = read_password(config->password_file, password, sizeof(password));
        if (r < 0) {
                (void)snprintf(ret_words, LINK_WORDS_SIZE, "cannot read password_file %s: %s",
                               config->password_file, strerror(-r));
                return MOSQ_ERR_UNKNOWN;
        }
        r = mosquitto_username_pw_set(client, config->username,
                                      config->password_file[0] ? password : NULL);
        explicit_bzero(password, sizeof(password));
        return r;
}

static int client_set_tls(struct mosquitto *client, const struct link_config *config,
                          char ret_words[LINK_WORDS_SIZE]) {
        const char *ca = config->ca[0] ? config->ca : NULL;
        const char *cert = config->cert[0] ? config->cert : NULL;
        const char *key = config->key[0] ? config->key : NULL;
        int r;

        if (!config->tls)
                return MOSQ_ERR_SUCCESS;
        /* Without a CA of its own: the system's, as a folder (MOSQ_OPT_TLS_USE_OS_CERTS has a
         * fault). */
        r = mosquitto_tls_set(client, ca, ca ? NULL : "/etc/ssl/certs", cert, key, on_passphrase);
        if (r == MOSQ_ERR_INVAL)
                (void)snprintf(ret_words, LINK_WORDS_SIZE,
                               "cannot read one of ca %s, cert %s, key %s", config->ca,
                               config->cert, config->key);
        return r;
}

static int client_set_will(struct mosquitto *client, const struct link_config *config) {
        if (!config->will_topic[0])
                return MOSQ_ERR_SUCCESS;
        return mosquitto_will_set(client, config->will_topic, (int)config->will.len,
                                  config->will.data, 1, true);
}

static int client_configure(struct mosquitto *client, const struct link_config *config, int version,
                            char ret_words[LINK_WORDS_SIZE]) {
        int r = mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION,
                                     version == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);

        if (r == MOSQ_ERR_SUCCESS)
                r = mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, config->receive_max);
        if (r == MOSQ_ERR_SUCCESS)
                r = mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, LINK_SEND_MAX);
        if (r == MOSQ_ERR_SUCCESS) /* an event is to leave within 5 ms */
                r = mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
        if (r == MOSQ_ERR_SUCCESS)
                r = client_set_will(client, config);
        if (r == MOSQ_ERR_SUCCESS)
                r = client_set_login(client, config, ret_words);
        if (r == MOSQ_ERR_SUCCESS)
                r = client_set_tls(client, config, ret_words);
        return r;
}

static int attempt_make_client(struct link_attempt *attempt, const struct link_config *config,
                               char ret_words[LINK_WORDS_SIZE]) {
        int r;

        attempt->client = mosquitto_new(config->client_id, true, attempt);
        if (!attempt->client)
                return errno == EINVAL ? -EINVAL : -ENOMEM;
        mosquitto_log_callback_set(attempt->client, on_log);
        r = client_configure(attempt->client, config, attempt->version, ret_words);
        if (r == MOSQ_ERR_SUCCESS)
                return 0;
        if (!ret_words[0])
                (void)snprintf(ret_words, LINK_WORDS_SIZE, "cannot prepare the connection: %s",
                               mosquitto_strerror(r));
        return r == MOSQ_ERR_NOMEM ? -ENOMEM : -EINVAL;
}

/* ---- the thread ---------------------------------------------------------------------------- */

/* A session that ends with its connection: what must survive is in the log, not in the broker. */
static int attempt_properties(const struct link_attempt *attempt, mosquitto_property **ret) {
        int r;

        if (attempt->version != 5)
                return MOSQ_ERR_SUCCESS;
        r = mosquitto_property_add_int32(ret, MQTT_PROP_SESSION_EXPIRY_INTERVAL, 0);
        if (r == MOSQ_ERR_SUCCESS)
                r = mosquitto_property_add_int32(ret, MQTT_PROP_MAXIMUM_PACKET_SIZE, PACKET_MAX);
        return r;
}

static void attempt_connect(struct link_attempt *attempt) {
        const struct link_config *config = &attempt->config;
        mosquitto_property *properties = NULL;

        attempt->rc = attempt_properties(attempt, &properties);
        if (attempt->rc == MOSQ_ERR_SUCCESS) {
                errno = 0;
                attempt->rc =
                        mosquitto_connect_bind_v5(attempt->client, config->host, (int)config->port,
                                                  config->keepalive_s, NULL, properties);
                attempt->error = errno;
        }
        mosquitto_property_free_all(&properties);
}

static void *attempt_main(void *userdata) {
        struct link_attempt *attempt = userdata;
        int expected = RUNNING;

        attempt_connect(attempt);
        if (atomic_compare_exchange_strong(&attempt->progress, &expected, OVER))
                (void)eventfd_write(attempt->fd, 1); /* the other side joins before it frees */
        else
                attempt_free(attempt);
        return NULL;
}

/* Signals are the loop's: with all of them blocked none is delivered to the thread. */
static int attempt_start_thread(struct link_attempt *attempt) {
        sigset_t all, before;
        int r;

        (void)sigfillset(&all);
        r = pthread_sigmask(SIG_SETMASK, &all, &before);
        if (r != 0)
                return -r;
        r = pthread_create(&attempt->thread, NULL, attempt_main, attempt);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        return -r;
}

/* ---- for link.c ---------------------------------------------------------------------------- */

int link_attempt_new(const struct link_config *config, int version, char ret_words[LINK_WORDS_SIZE],
                     struct link_attempt **ret) {
        struct link_attempt *attempt = calloc(1, sizeof(*attempt));
        int r;

        ret_words[0] = '\0';
        if (!attempt) {
                (void)snprintf(ret_words, LINK_WORDS_SIZE, "%s", strerror(ENOMEM));
                return -ENOMEM;
        }
        attempt->config = *config;
        attempt->config.will = (struct bytes) { 0 };
        attempt->version = version;
        attempt->progress = RUNNING;
        attempt->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        r = attempt->fd < 0 ? -errno : 0;
        if (r == 0)
                r = attempt_make_client(attempt, config, ret_words);
        if (r == 0)
                r = attempt_start_thread(attempt);
        if (r < 0) {
                if (!ret_words[0])
                        (void)snprintf(ret_words, LINK_WORDS_SIZE, "cannot begin to connect: %s",
                                       strerror(-r));
                attempt_free(attempt);
                return r;
        }
        *ret = attempt;
        return 0;
}

int link_attempt_fd(const struct link_attempt *attempt) {
        return attempt->fd;
}

struct mosquitto *link_attempt_finish(struct link_attempt *attempt,
                                      char ret_words[LINK_WORDS_SIZE]) {
        struct mosquitto *client = NULL;

        (void)pthread_join(attempt->thread, NULL);
        if (attempt->rc == MOSQ_ERR_SUCCESS)
                client = TAKE(attempt->client);
        else
                link_words_failed(attempt->rc, attempt->error, attempt->tls, &attempt->config,
                                  ret_words);
        attempt_free(attempt);
        return client;
}

void link_attempt_abandon(struct link_attempt *attempt) {
        int expected = RUNNING;
        pthread_t thread;

        if (!attempt)
                return;
        thread = attempt->thread; /* it may free the attempt as soon as it is abandoned */
        if (atomic_compare_exchange_strong(&attempt->progress, &expected, ABANDONED)) {
                (void)pthread_detach(thread);
                return;
        }
        (void)pthread_join(thread, NULL);
        attempt_free(attempt);
}
