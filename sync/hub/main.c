/* SPDX-License-Identifier: MIT */

/* tally-hub: the centre of a site. Runs, or shows and proves what the store holds. */

#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include "base/log.h"
#include "base/version.h"
#include "sync/hub/hub.h"
#include "sync/hub/verbs.h"

enum { EXIT_OK = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2 };

static const char default_config[] = "/etc/tallyman/tally-hub.conf";

static const char help[] =
        "Usage: tally-hub [--config FILE] [run]\n"
        "       tally-hub [--config FILE] VERB [--site SITE] [--json] ...\n"
        "\n"
        "Applies the logs of gateways, keeps stock and exceptions, and feeds gateways.\n"
        "\n"
        "  run                run the hub (also without a verb)\n"
        "  import FILE...     adopt items, orders, moves ... (NDJSON; \"-\": standard input)\n"
        "  stock [SKU]        what is on hand, reserved and available\n"
        "  orders [ORDER]     how far orders are\n"
        "  exceptions         what people have to decide\n"
        "  gateways           how much of each gateway's log is applied\n"
        "  verify             prove every chain and every figure\n"
        "\n"
        "  --config FILE  default /etc/tallyman/tally-hub.conf\n"
        "  --check        only check the configuration\n"
        "  --site SITE    one of the configuration's sites; default: the first\n"
        "  --json         for programs\n"
        "  --version, --help\n"
        "\n"
        "Exit status: 0 done, 1 failed or something does not agree, 2 wrong usage or configuration.\n";

static const struct {
        const char *name;
        int (*run)(const struct verb_call *call);
} verbs[] = {
        { "import", verb_import },         { "stock", verb_stock },
        { "orders", verb_orders },         { "exceptions", verb_exceptions },
        { "gateways", verb_gateways },     { "verify", verb_verify },
};

struct options {
        const char *config, *site;
        bool check, json;
};

/* -1: go on; else the exit status. */
static int options_read(int argc, char **argv, struct options *ret) {
        static const struct option rows[] = {
                { "config", required_argument, NULL, 'c' }, { "site", required_argument, NULL, 's' },
                { "check", no_argument, NULL, 'k' },        { "json", no_argument, NULL, 'j' },
                { "version", no_argument, NULL, 'v' },      { "help", no_argument, NULL, 'h' },
                { NULL, 0, NULL, 0 },
        };
        int c;

        while ((c = getopt_long(argc, argv, "c:", rows, NULL)) >= 0)
                switch (c) {
                case 'c':
                        ret->config = optarg;
                        break;
                case 's':
                        ret->site = optarg;
                        break;
                case 'k':
                        ret->check = true;
                        break;
                case 'j':
                        ret->json = true;
                        break;
                case 'v':
                        puts("tally-hub " TALLYMAN_VERSION);
                        return EXIT_OK;
                case 'h':
                        fputs(help, stdout);
                        return EXIT_OK;
                default:
                        fputs("try tally-hub --help\n", stderr);
                        return EXIT_USAGE;
                }
        return -1;
}

static const char *site_of(const struct hub_config *config, const char *wanted) {
        for (size_t i = 0; i < config->n_sites; i++)
                if (!wanted || strcmp(config->sites[i], wanted) == 0)
                        return config->sites[i];
        return NULL;
}

static int run_verb(const struct hub_config *config, const struct options *options, int argc,
                    char **argv) {
        struct verb_call call = { .config = config,
                                  .site = site_of(config, options->site),
                                  .json = options->json,
                                  .words = argv + 1,
                                  .n_words = argc - 1 };

        if (!call.site) {
                (void)fprintf(stderr, "tally-hub: %s is none of the configuration's sites\n",
                              options->site);
                return EXIT_USAGE;
        }
        for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
                if (strcmp(verbs[i].name, argv[0]) == 0)
                        return verbs[i].run(&call);
        (void)fprintf(stderr, "tally-hub: unknown verb %s; try tally-hub --help\n", argv[0]);
        return EXIT_USAGE;
}

int main(int argc, char **argv) {
        CLEANUP(bytes_fini) struct bytes errors = { 0 };
        struct options options = { .config = default_config };
        static struct hub_config config;
        int status = options_read(argc, argv, &options), r;

        if (status >= 0)
                return status;
        log_init("tally-hub", LOG_LEVEL_INFO);
        (void)umask(0027);
        r = hub_config_read(options.config, &config, &errors);
        if (r != 0) {
                (void)fprintf(stderr, "%s", r < 0 ? "tally-hub: out of memory\n"
                                                  : bytes_str(&errors));
                return r < 0 ? EXIT_RUNTIME : EXIT_USAGE;
        }
        if (options.check) {
                (void)printf("%s: ok\n", options.config);
                return EXIT_OK;
        }
        argc -= optind;
        argv += optind;
        if (argc == 0 || (argc == 1 && strcmp(argv[0], "run") == 0))
                return hub_run(&config);
        return run_verb(&config, &options, argc, argv);
}
