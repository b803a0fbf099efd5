/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <curl/curl.h>
#include "agent/cli/cli.h"
#include "base/jsonr.h"

int cli_path(struct bytes *out, const char *prefix, const char *name) {
        char *escaped = curl_easy_escape(NULL, name, 0);

        if (!escaped)
                return -ENOMEM;
        bytes_append_str(out, prefix);
        bytes_append_str(out, escaped);
        curl_free(escaped);
        return bytes_error(out);
}

int cli_path_param(struct bytes *out, const char *name, const char *value) {
        if (!value)
                return 0;
        bytes_append_char(out, strchr(bytes_str(out), '?') ? '&' : '?');
        bytes_append_str(out, name);
        return cli_path(out, "=", value);
}

static size_t on_data(char *data, size_t size, size_t n, void *userdata) {
        struct bytes *answer = userdata;

        if (answer->len + size * n > JSONR_TEXT_MAX)
                return 0; /* ends the transfer */
        bytes_append(answer, data, size * n);
        return bytes_error(answer) < 0 ? 0 : size * n;
}

/* Why nobody answers, and the cure. */
static void explain(const struct cli *cli, CURLcode code, int error) {
        struct stat info;

        if (stat(cli->socket, &info) < 0 || access(cli->socket, W_OK) < 0)
                error = errno;
        if (code != CURLE_COULDNT_CONNECT)
                cli_error("%s: %s", cli->socket, curl_easy_strerror(code));
        else if (error == EACCES || error == EPERM)
                cli_error("no permission for %s; join its group ('sudo usermod -aG tallyman "
                          "$USER', then log "
                          "in again) or use sudo",
                          cli->socket);
        else if (error == ENAMETOOLONG)
                cli_error("%s: a socket's path cannot be that long", cli->socket);
        else
                cli_error("tallyd does not answer on %s; start it ('sudo systemctl start tallyd') "
                          "or name "
                          "its socket with --socket",
                          cli->socket);
}

/* HTTP status, or negative: said why. */
static long transfer(const struct cli *cli, const char *path, const struct bytes *body,
                     struct bytes *answer) {
        CLEANUP(bytes_fini) struct bytes url = { 0 };
        CURL *curl = curl_easy_init();
        CURLcode code;
        long status = -1, error = 0;

        bytes_append_str(&url, "http://localhost");
        bytes_append_str(&url, path);
        if (!curl || bytes_error(&url) < 0) {
                cli_error("out of memory");
                curl_easy_cleanup(curl);
                return -1;
        }
        code = curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, cli->socket);
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_URL, bytes_str(&url));
        /* A proxy of the environment has no business on a local socket. */
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
        if (code == CURLE_OK && body)
                code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body->len);
        if (code == CURLE_OK && body)
                code = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, bytes_str(body));
        if (code == CURLE_OK)
                code = curl_easy_perform(curl);
        if (code == CURLE_OK)
                (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        else {
                (void)curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &error);
                explain(cli, code, (int)error);
        }
        curl_easy_cleanup(curl);
        return status;
}

static void say_refusal(const struct cli *cli, const json_t *answer, long status) {
        const json_t *error = json_object_get(answer, "error");

        if (cli->json)
                cli_print_json(answer);
        else if (!error)
                cli_error("HTTP status %ld", status);
        else
                cli_error("%s%s%s", cli_string(error, "message"),
                          *cli_string(error, "hint") ? "; " : "", cli_string(error, "hint"));
}

json_t *cli_request(struct cli *cli, const char *path, const struct bytes *body) {
        CLEANUP(bytes_fini) struct bytes text = { 0 };
        long status = transfer(cli, path, body, &text);
        struct jsonr_error error;
        json_t *answer = NULL;

        if (status < 0)
                return NULL;
        if (jsonr_parse(bytes_slice(&text), &answer, &error) != 0) {
                cli_error("%s does not speak tallyd's language (HTTP status %ld)", cli->socket,
                          status);
                return NULL;
        }
        if (status == 200)
                return answer;
        say_refusal(cli, answer, status);
        json_decref(answer);
        return NULL;
}
