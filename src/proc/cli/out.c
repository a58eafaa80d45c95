/* What people and programs are told. */
#include "format/json/json.h"
#include "model/error.h"
#include "proc/cli/cli.h"
#include "sys/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void cli_flush(struct cli *cli)
{
    size_t done = 0;

    while (done < cli->out.len) {
        ssize_t n = write(STDOUT_FILENO, cli->out.ptr + done, cli->out.len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break; /* Nobody reads: there is nobody to tell either. */
        done += (size_t)n;
    }
    buf_clear(&cli->out);
}

void cli_note(struct cli *cli, struct str line)
{
    cli_flush(cli);
    (void)fprintf(stderr, "%.*s\n", STR_ARG(line));
}

void cli_say(struct cli *cli, const char *format, ...)
{
    va_list args;

    cli_flush(cli);
    va_start(args, format);
    (void)fputs("writ: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
}

int cli_fail(struct cli *cli, enum cli_exit code, const char *way_out, const char *format, ...)
{
    va_list args;

    cli_flush(cli);
    va_start(args, format);
    (void)fputs(cli->err_color ? "writ: \033[31m" : "writ: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputs(cli->err_color ? "\033[0m\n" : "\n", stderr);
    va_end(args);
    if (way_out)
        (void)fprintf(stderr, "      %s\n", way_out);
    return (int)code;
}

int cli_fault(struct cli *cli, int fault, const char *what)
{
    char frames[1024] = "";
    bool full = fault == -ENOSPC || fault == -EDQUOT;

    err_print(frames, sizeof(frames));
    return cli_fail(cli, CLI_INTERNAL, full ? "Make room on the disk and try again." : frames,
                    "%s: %s", what, strerror(-fault));
}

bool cli_can_ask(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

bool cli_ask(struct cli *cli, const char *question, struct str *ret_answer)
{
    BUF_CLEANUP struct buf line = BUF_INIT;

    cli_flush(cli);
    if (tty_ask(question, false, &line) != 0)
        return false;
    *ret_answer = str_copy(cli->arena, str_trim(buf_str(&line)));
    return true;
}

bool cli_confirm(struct cli *cli, const char *question)
{
    struct str answer;

    while (cli_ask(cli, question, &answer)) {
        if (str_is(answer, "y") || str_is(answer, "yes"))
            return true;
        if (str_is(answer, "n") || str_is(answer, "no") || answer.len == 0)
            return false;
        question = "Please answer yes or no: ";
    }
    return false;
}

struct str cli_field(struct cli *cli, const struct json_value *object, const char *name)
{
    const struct json_value *value = json_get(object, name);

    if (!value || json_is_null(value))
        return STR("-");
    if (json_is_string(value))
        return json_str(value).len > 0 ? text_clean(cli->arena, json_str(value)) : STR("-");
    return text_clean(cli->arena, json_text(cli->arena, value));
}

void cli_print_json(struct cli *cli, const struct json_value *value)
{
    if (cli->out_tty)
        json_print_pretty(&cli->out, value);
    else
        json_print(&cli->out, value);
    buf_add_char(&cli->out, '\n');
}

static void error_problems(const struct json_value *error, struct buf *out)
{
    struct json_iter iter = json_iter(json_get(json_get(error, "data"), "problems"));
    const struct json_value *problem;

    while ((problem = json_next(&iter))) {
        struct str path = json_get_str(problem, "path");

        buf_add_c(out, "\n      ");
        if (path.len > 0) {
            text_add_clean(out, path, false);
            buf_add_c(out, ": ");
        }
        text_add_clean(out, json_get_str(problem, "sentence"), false);
    }
}

int cli_print_error(struct cli *cli, const struct json_value *error)
{
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct str way_out = json_get_str(error, "way_out");
    enum error_code code = ERROR_INTERNAL;
    uint64_t line = json_u64_or(json_get(error, "line"), 0);
    size_t problems = json_count(json_get(json_get(error, "data"), "problems"));

    (void)error_parse(json_get_str(error, "code"), &code);
    if (code == ERROR_INVALID && problems > 1)
        buf_add_c(&out, "this is not accepted:");
    else
        text_add_clean(&out, json_get_str(error, "message"), problems == 0);
    /* The program of `tools call` is nobody's. */
    if (line > 0 && !(cli->args.command && strcmp(cli->args.command->name, "tools call") == 0))
        buf_printf(&out, " (line %llu, column %llu)", (unsigned long long)line,
                   (unsigned long long)json_u64_or(json_get(error, "column"), 0));
    if (problems > 1)
        error_problems(error, &out);
    if (way_out.len == 0)
        way_out = error_info(code)->way_out;
    return cli_fail(cli, (enum cli_exit)error_info(code)->exit_code, str_c(cli->arena, way_out),
                    "%.*s: %.*s", STR_ARG(error_name(code)), STR_ARG(buf_str(&out)));
}

void cli_print_table(struct cli *cli, struct text_table *table)
{
    table->width = cli->width;
    table->color = cli->color;
    text_table_print(table, &cli->out);
}

struct str cli_percent(struct arena *arena, struct str text)
{
    static const char plain[] = "-._~@";
    BUF_CLEANUP struct buf out = BUF_INIT;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (c && strchr(plain, c)))
            buf_add_char(&out, (char)c);
        else
            buf_printf(&out, "%%%02X", c);
    }
    return str_copy(arena, buf_str(&out));
}

int cli_read_file(struct cli *cli, const char *path, size_t max, struct str *ret_text)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;
    int fault = 0;

    if (fd < 0)
        return cli_fail(cli, CLI_USAGE, NULL, "%s: %s", path, strerror(errno));
    do {
        n = read(fd, buf_reserve(&text, 65536), 65536);
        if (n > 0)
            buf_commit(&text, (size_t)n);
    } while (n > 0 && text.len <= max);
    fault = n < 0 ? errno : 0;
    if (!standard)
        (void)close(fd);
    if (fault)
        return cli_fail(cli, CLI_USAGE, NULL, "%s: %s", path, strerror(fault));
    if (text.len > max)
        return cli_fail(cli, CLI_USAGE, NULL, "%s is longer than %zu bytes", path, max);
    *ret_text = str_copy(cli->arena, buf_str(&text));
    return CLI_DONE;
}

int cli_paths(struct cli *cli)
{
    int r = cli->paths.data ? 0 : paths_find(cli->arena, &cli->paths);

    if (r < 0)
        return cli_fault(cli, r, "the folders");
    if (r == PATHS_LONG)
        return cli_fail(cli, CLI_USAGE, "Set WRIT_HOME or XDG_RUNTIME_DIR to a shorter one.",
                        "the runtime folder's path is too long for a socket");
    if (r == PATHS_NOWHERE)
        return cli_fail(cli, CLI_USAGE, "Set one of them.", "neither WRIT_HOME nor HOME is set");
    return CLI_DONE;
}

enum text_color cli_effect_color(struct str effect)
{
    if (str_is(effect, "destructive"))
        return TEXT_RED;
    return str_is(effect, "write") ? TEXT_YELLOW : TEXT_GREEN;
}

void cli_print_findings(struct cli *cli, const struct json_value *tool, struct buf *out)
{
    struct json_iter findings = json_iter(json_get(tool, "findings"));
    const struct json_value *finding;

    while ((finding = json_next(&findings)))
        buf_printf(out, "! %.*s: %.*s (%.*s)\n", STR_ARG(cli_field(cli, tool, "address")),
                   STR_ARG(cli_field(cli, finding, "sentence")),
                   STR_ARG(cli_field(cli, finding, "rule")));
}
