/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/conf.h"

enum { STATIONS_MAX = 2 };

struct station {
        char name[NAME_SIZE];
        int mode;
        int64_t debounce_ms;
};

struct settings {
        char site[NAME_SIZE];
        char data[PATH_SIZE];
        char note[16];
        bool tls;
        bool has_broker;
        int64_t port;
        struct station stations[STATIONS_MAX];
        size_t n_stations;
};

static const char *const modes[] = { "pick", "pack", NULL };

static const struct conf_key keys[] = {
        { .section = "gateway", .key = "site", .type = CONF_NAME, .required = true,
          .offset = offsetof(struct settings, site) },
        { .section = "gateway", .key = "data", .type = CONF_PATH,
          .offset = offsetof(struct settings, data) },
        { .section = "gateway", .key = "note", .type = CONF_STRING, .size = 16,
          .offset = offsetof(struct settings, note) },
        { .section = "broker", .key = "tls", .type = CONF_BOOL,
          .offset = offsetof(struct settings, tls) },
        { .section = "broker", .key = "port", .type = CONF_INT, .min = 1, .max = 65535,
          .offset = offsetof(struct settings, port) },
        { .section = "station *", .key = "mode", .type = CONF_ENUM, .choices = modes,
          .offset = offsetof(struct station, mode) },
        { .section = "station *", .key = "debounce_ms", .type = CONF_INT, .max = 10000,
          .offset = offsetof(struct station, debounce_ms) },
};

static void *where(void *userdata, const char *section, const char *name) {
        struct settings *settings = userdata;
        struct station *station = &settings->stations[settings->n_stations];

        if (strcmp(section, "broker") == 0)
                settings->has_broker = true;
        if (strcmp(section, "station") != 0)
                return settings;
        if (settings->n_stations == STATIONS_MAX || strcmp(name, "taken") == 0) {
                errno = strcmp(name, "taken") == 0 ? EEXIST : ENOSPC;
                return NULL;
        }
        if (str_copy(station->name, NAME_SIZE, name) < 0 || strchr(name, ' ')) {
                errno = EINVAL;
                return NULL;
        }
        settings->n_stations++;
        return station;
}

static const struct conf_schema schema = { keys, ARRAY_LEN(keys), where };

static char folder[] = "/tmp/test_conf.XXXXXX";

static void put(const char *name, const char *text, size_t len) {
        char path[PATH_SIZE];
        FILE *file;

        assert_true(snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path));
        file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(text, 1, len, file), len);
        assert_int_equal(fclose(file), 0);
}

/* Reads FOLDER/t.conf; the errors without the folder's name are in @ret_errors. */
static int read_conf(struct settings *ret_settings, struct bytes *ret_errors) {
        struct bytes errors CLEANUP(bytes_fini) = { 0 };
        char path[PATH_SIZE], *save = NULL;
        int r;

        memset(ret_settings, 0, sizeof(*ret_settings));
        bytes_clear(ret_errors);
        assert_true(snprintf(path, sizeof(path), "%s/t.conf", folder) < (int)sizeof(path));
        r = conf_read(path, &schema, ret_settings, &errors);
        for (char *line = errors.data ? strtok_r((char *)errors.data, "\n", &save) : NULL; line;
             line = strtok_r(NULL, "\n", &save)) {
                assert_memory_equal(line, folder, strlen(folder));
                bytes_appendf(ret_errors, "%s\n", line + strlen(folder) + 1);
        }
        return r;
}

static void everything_is_read_into_its_place(void **state) {
        static const char text[] = "# a comment\n"
                                   "[gateway]\r\n"
                                   "site = leeds\n"
                                   "        data = /var/lib/tallyman ; inline\n"
                                   "note: a = b\n"
                                   "\n"
                                   "[ broker ]  ; empty values keep what stands\n"
                                   "tls=yes\n"
                                   "port = 8883\n"
                                   "[station  pack-1 ]\n"
                                   "mode = pack\n"
                                   "[station bare]\n"
                                   "[gateway]";
        struct bytes errors CLEANUP(bytes_fini) = { 0 };
        struct settings s;

        (void)state;
        put("t.conf", text, strlen(text));
        assert_int_equal(read_conf(&s, &errors), 0);
        assert_string_equal(bytes_str(&errors), "");
        assert_string_equal(s.site, "leeds");
        assert_string_equal(s.data, "/var/lib/tallyman");
        assert_string_equal(s.note, "a = b");
        assert_true(s.tls && s.has_broker);
        assert_int_equal(s.port, 8883);
        assert_int_equal(s.n_stations, 2);
        assert_string_equal(s.stations[0].name, "pack-1");
        assert_int_equal(s.stations[0].mode, 1);
        assert_string_equal(s.stations[1].name, "bare");
}

static const struct {
        const char *title, *text, *errors;
} wrong[] = {
        { "typo in a key", "[gateway]\nsite = a\ndtaa = /x\n",
          "t.conf:3: unknown key \"dtaa\"; did you mean \"data\"?\n" },
        { "nothing like it", "[gateway]\nsite = a\nfrobnicate = 1\n",
          "t.conf:3: unknown key \"frobnicate\"\n" },
        { "key of another section", "[gateway]\nsite = a\nport = 1\n",
          "t.conf:3: \"port\" belongs in [broker]\n" },
        { "typo in a section", "[gatway]\nsite = a\nwhatever\n",
          "t.conf:1: unknown section \"gatway\"; did you mean \"gateway\"?\n"
          "t.conf:3: neither [section] nor key = value\n" },
        { "no section yet", "site = a\n",
          "t.conf:1: \"site\" stands before the first [section]\n" },
        { "twice in one section", "[gateway]\nsite = a\n[broker]\n[gateway]\nsite = b\n",
          "t.conf:5: \"site\" is set twice in [gateway]: already in line 2\n" },
        { "several at once", "[gateway]\nsite = Leeds\ndata =\n[broker]\nport = 0\ntls = maybe\n",
          "t.conf:2: site must be 1 to 32 of a-z, 0-9 and -, not \"Leeds\"\n"
          "t.conf:3: data must not be empty\n"
          "t.conf:5: port must be 1 to 65535, not 0\n"
          "t.conf:6: tls must be yes or no, not \"maybe\"\n" },
        { "numbers that are none", "[broker]\nport = 18 83\n[station a]\ndebounce_ms = 1e3\n"
                                   "[station b]\ndebounce_ms = 99999999999999999999\n",
          "t.conf:2: port must be a whole number, not \"18 83\"\n"
          "t.conf:4: debounce_ms must be a whole number, not \"1e3\"\n"
          "t.conf:6: debounce_ms must be 0 to 10000, not 99999999999999999999\n" },
        { "unknown choice", "[station a]\nmode = dance\n",
          "t.conf:2: mode must be one of pick pack, not \"dance\"\n" },
        { "too long", "[gateway]\nsite = a\nnote = 0123456789abcdef\n",
          "t.conf:3: note is longer than 15 bytes\n" },
        { "a family needs a name", "[station]\nmode = pick\n",
          "t.conf:1: [station] needs a name: [station NAME]\n" },
        { "a plain section takes none", "[gateway two]\n", "t.conf:1: [gateway] takes no name\n" },
        { "too many", "[station a]\n[station b]\n[station c]\n[station a]\nmode = pack\n",
          "t.conf:3: too many [station ...] sections\n" },
        { "a bad and a taken name", "[station a b]\n[station taken]\n",
          "t.conf:1: \"a b\" is no name for a station: a-z, 0-9 and -, at most 32\n"
          "t.conf:2: the name \"taken\" is taken already\n" },
        { "broken header", "[gateway\nsite = a\n[broker] port = 1\n",
          "t.conf:1: a section is written [section] on a line of its own\n"
          "t.conf:3: a section is written [section] on a line of its own\n" },
        { "something required is missing", "[gateway]\ndata = /x\n",
          "t.conf: [gateway] needs \"site\"\n" },
};

static void each_mistake_is_named_with_its_line(void **state) {
        struct bytes errors CLEANUP(bytes_fini) = { 0 };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
                struct settings s;
                int n_lines = 0, n;

                put("t.conf", wrong[i].text, strlen(wrong[i].text));
                n = read_conf(&s, &errors);
                if (strcmp(bytes_str(&errors), wrong[i].errors) != 0)
                        print_error("%s:\n", wrong[i].title);
                assert_string_equal(bytes_str(&errors), wrong[i].errors);
                for (const char *c = wrong[i].errors; *c; c++)
                        n_lines += *c == '\n';
                assert_int_equal(n, n_lines);
        }
}

static void overlong_and_binary_lines_are_skipped_whole(void **state) {
        struct bytes errors CLEANUP(bytes_fini) = { 0 }, text CLEANUP(bytes_fini) = { 0 };
        struct settings s;

        (void)state;
        bytes_append_str(&text, "[gateway]\nnote = ");
        for (int i = 0; i < 5000; i++)
                bytes_append_char(&text, 'x');
        bytes_append_str(&text, "\nsite = a\nnote = a");
        bytes_append(&text, "\0b\n[gateway]\n", 13);
        assert_int_equal(bytes_error(&text), 0);
        put("t.conf", bytes_str(&text), text.len);
        assert_int_equal(read_conf(&s, &errors), 2);
        assert_string_equal(bytes_str(&errors), "t.conf:2: longer than 1000 bytes, or not text\n"
                                                "t.conf:4: longer than 1000 bytes, or not text\n");
        assert_string_equal(s.site, "a");
        assert_string_equal(s.note, "");
}

static void a_value_of_the_greatest_length_is_whole(void **state) {
        struct bytes errors CLEANUP(bytes_fini) = { 0 }, text CLEANUP(bytes_fini) = { 0 };
        struct settings s;

        (void)state;
        bytes_append_str(&text, "[gateway]\nsite = a\ndata = /");
        for (int i = 0; i < PATH_SIZE - 2; i++)
                bytes_append_char(&text, 'p');
        put("t.conf", bytes_str(&text), text.len);
        assert_int_equal(read_conf(&s, &errors), 0);
        assert_int_equal(strlen(s.data), PATH_SIZE - 1);
}

static void drop_ins_override_in_the_order_of_their_names(void **state) {
        static const char own[] = "[gateway]\nsite = a\nnote = own\n[station one]\nmode = pack\n";
        static const char first[] = "[gateway]\nnote = first\n[station one]\ndebounce_ms = 7\n";
        static const char second[] = "[gateway]\nnote = second\nnot = this\n";
        struct bytes errors CLEANUP(bytes_fini) = { 0 };
        char path[PATH_SIZE];
        struct settings s;

        (void)state;
        assert_true(snprintf(path, sizeof(path), "%s/t.conf.d", folder) < (int)sizeof(path));
        assert_int_equal(mkdir(path, 0700), 0);
        put("t.conf", own, strlen(own));
        put("t.conf.d/20-second.conf", second, strlen(second));
        put("t.conf.d/10-first.conf", first, strlen(first));
        put("t.conf.d/30-not.conf~", "rubbish", 7);
        put("t.conf.d/.hidden.conf", "rubbish", 7);
        assert_int_equal(read_conf(&s, &errors), 1);
        assert_string_equal(
                bytes_str(&errors),
                "t.conf.d/20-second.conf:3: unknown key \"not\"; did you mean \"note\"?\n");
        assert_string_equal(s.note, "second");
        assert_int_equal(s.n_stations, 1);
        assert_int_equal(s.stations[0].mode, 1);
        assert_int_equal(s.stations[0].debounce_ms, 7);
        put("t.conf.d/20-second.conf", "", 0);
        put("t.conf.d/10-first.conf", "", 0);
}

static void a_file_that_cannot_be_read_is_a_problem_with_its_reason(void **state) {
        struct bytes errors CLEANUP(bytes_fini) = { 0 };
        struct settings s = { 0 };

        (void)state;
        assert_int_equal(conf_read("/nonexistent/t.conf", &schema, &s, &errors), 1);
        assert_string_equal(bytes_str(&errors),
                            "/nonexistent/t.conf: cannot be opened: No such file or directory\n");
        bytes_clear(&errors);
        assert_int_equal(conf_read("/tmp", &schema, &s, &errors), 1);
        assert_string_equal(bytes_str(&errors), "/tmp: cannot be read: Is a directory\n");
}

static void the_nearest_word_is_one_a_typo_explains(void **state) {
        static const char *const known[] = { "host", "port", "password_file", "tls", "protocol" };
        static const struct {
                const char *word, *nearest;
        } words[] = {
                { "prot", "port" },       { "hst", "host" },          { "tsl", "tls" },
                { "password", NULL },     { "pasword_fil", "password_file" },
                { "x", NULL },            { "", NULL },               { "protocoll", "protocol" },
                { "completely", NULL },   { "PORT", NULL },
                { "a_word_that_is_far_longer_than_any_known_word_here", NULL },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(words); i++) {
                const char *nearest = conf_nearest(words[i].word, known, ARRAY_LEN(known));

                if (words[i].nearest)
                        assert_non_null(nearest);
                assert_string_equal(nearest ? nearest : "(none)",
                                    words[i].nearest ? words[i].nearest : "(none)");
        }
}

static int make_folder(void **state) {
        (void)state;
        return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw) {
        (void)stat;
        (void)type;
        (void)ftw;
        return remove(path);
}

static int remove_folder(void **state) {
        (void)state;
        return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(everything_is_read_into_its_place),
                cmocka_unit_test(each_mistake_is_named_with_its_line),
                cmocka_unit_test(overlong_and_binary_lines_are_skipped_whole),
                cmocka_unit_test(a_value_of_the_greatest_length_is_whole),
                cmocka_unit_test(drop_ins_override_in_the_order_of_their_names),
                cmocka_unit_test(a_file_that_cannot_be_read_is_a_problem_with_its_reason),
                cmocka_unit_test(the_nearest_word_is_one_a_typo_explains),
        };

        return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
