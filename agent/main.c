/* SPDX-License-Identifier: MIT */

/* tallyd: the agent on a gateway. One process, one loop, one ledger. */

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include "agent/agent.h"
#include "base/log.h"

enum { EXIT_OK = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2 };

static const char default_config[] = "/etc/tallyman/tallyd.conf";

static const char help[] =
        "Usage: tallyd [--config FILE] [--check]\n"
        "\n"
        "Drives this gateway's scanners and label printers, records picks and stock moves,\n"
        "and syncs them with the site.\n"
        "\n"
        "  --config FILE  default /etc/tallyman/tallyd.conf, and FILE.d/*.conf beside it\n"
        "  --check        only check the configuration: every error with file and line\n"
        "  --version      print the version\n"
        "  --help         this\n"
        "\n"
        "Signals: SIGHUP reads the configuration again, SIGTERM and SIGINT end it.\n"
        "Exit status: 0 done, 1 could not run, 2 wrong usage or configuration.\n";

struct options {
        const char *config;
        bool check;
};

/* -1: go on; else the exit status. */
static int options_read(int argc, char **argv, struct options *ret) {
        static const struct option long_options[] = {
                { "config", required_argument, NULL, 'c' },
                { "check", no_argument, NULL, 'k' },
                { "version", no_argument, NULL, 'v' },
                { "help", no_argument, NULL, 'h' },
                { NULL, 0, NULL, 0 },
        };
        int c;

        while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) >= 0)
                switch (c) {
                case 'c':
                        ret->config = optarg;
                        break;
                case 'k':
                        ret->check = true;
                        break;
                case 'v':
                        puts("tallyd " TALLYMAN_VERSION);
                        return EXIT_OK;
                case 'h':
                        fputs(help, stdout);
                        return EXIT_OK;
                default:
                        fputs("try tallyd --help\n", stderr);
                        return EXIT_USAGE;
                }
        if (optind < argc) {
                (void)fprintf(stderr, "tallyd: what is \"%s\"? Try tallyd --help\n", argv[optind]);
                return EXIT_USAGE;
        }
        return -1;
}

static int check_config(const char *path) {
        CLEANUP(bytes_fini) struct bytes errors = { 0 };
        static struct config config;
        int r = config_read(path, &config, &errors);

        bytes_fini(&config.broker.will);
        if (r == 0) {
                (void)printf("%s: ok\n", path);
                return EXIT_OK;
        }
        (void)fprintf(stderr, "%s", r < 0 ? strerror(-r) : bytes_str(&errors));
        return r < 0 ? EXIT_RUNTIME : EXIT_USAGE;
}

/* ---- signals ----------------------------------------------------------------------------------- */

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        (void)info;
        (void)userdata;
        return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int on_hup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        (void)source;
        (void)info;
        (void)sd_notify(0, "RELOADING=1");
        agent_reload(userdata);
        (void)sd_notify(0, "READY=1");
        return 0;
}

/* Blocked before anything starts a thread; sd-event reads them from a descriptor. */
static int signals_block(void) {
        sigset_t set;

        (void)signal(SIGPIPE, SIG_IGN);
        if (sigemptyset(&set) < 0 || sigaddset(&set, SIGTERM) < 0 || sigaddset(&set, SIGINT) < 0 ||
            sigaddset(&set, SIGHUP) < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        return 0;
}

static int signals_watch(struct agent *agent) {
        int r = sd_event_add_signal(agent->event, NULL, SIGTERM, on_end, agent);

        if (r >= 0)
                r = sd_event_add_signal(agent->event, NULL, SIGINT, on_end, agent);
        if (r >= 0)
                r = sd_event_add_signal(agent->event, NULL, SIGHUP, on_hup, agent);
        return r < 0 ? r : 0;
}

static int run(struct agent *agent) {
        int r = signals_watch(agent);

        if (r == 0)
                r = sd_event_set_watchdog(agent->event, true);
        if (r < 0) {
                log_error("cannot start: %s", strerror(-r));
                return EXIT_RUNTIME;
        }
        log_info("ready: %s at %s, ledger %s/ledger.db", agent->config.gateway, agent->config.site,
                 agent->config.data);
        (void)sd_notify(0, "READY=1");
        r = sd_event_loop(agent->event);
        (void)sd_notify(0, "STOPPING=1");
        if (r < 0)
                log_error("event loop: %s", strerror(-r));
        return r < 0 ? EXIT_RUNTIME : EXIT_OK;
}

int main(int argc, char **argv) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct options options = { .config = default_config };
        static struct agent agent;
        bool usage = false;
        int status = options_read(argc, argv, &options), r;

        if (status >= 0)
                return status;
        if (options.check)
                return check_config(options.config);
        log_init("tallyd", LOG_LEVEL_INFO);
        (void)umask(0027);
        r = signals_block();
        if (r == 0)
                r = agent_init(&agent, options.config, &error, &usage);
        if (r == 0)
                status = run(&agent);
        else {
                (void)fprintf(stderr, "%s", bytes_str(&error));
                status = usage ? EXIT_USAGE : EXIT_RUNTIME;
        }
        agent_fini(&agent);
        return status;
}
