/* Commands, options, words. */
#include "proc/cli/args.h"

#include "proc/cli/text.h"

#define ARGS_NAME_MAX   32U /* longer texts are near nothing */
#define ARGS_NAMES_MAX  128U
#define ARGS_HELP_AFTER 30 /* column at which an option's help begins */

static size_t args_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t args_distance(struct str a, struct str b)
{
    size_t rows[3][ARGS_NAME_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    if (a.len > ARGS_NAME_MAX || b.len > ARGS_NAME_MAX)
        return SIZE_MAX;
    memset(rows, 0, sizeof(rows));
    for (size_t j = 0; j <= b.len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *spare = before;

        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = last[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);

            now[j] = args_least(args_least(last[j], now[j - 1]) + 1, change);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
                now[j] = args_least(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[b.len];
}

const char *args_nearest(struct str text, const char *const *names, size_t count)
{
    size_t limit = text.len / 3 > 2 ? text.len / 3 : text.len > 3 ? 2 : 1;
    const char *nearest = NULL;

    for (size_t i = 0; i < count; i++) {
        struct str name = str_from(names[i]);
        size_t distance = args_distance(text, name);

        if (text.len >= 3 && str_starts(name, text))
            distance = 1;
        if (distance <= limit && distance < name.len) {
            limit = distance > 0 ? distance - 1 : 0;
            nearest = names[i];
        }
    }
    return nearest;
}

static bool args_say_nearest(struct buf *problem, struct str text, const char *const *names,
                             size_t count)
{
    const char *nearest = args_nearest(text, names, count);

    if (nearest)
        buf_printf(problem, "; did you mean %s?", nearest);
    return nearest;
}

/* First word of a command's name, and what follows it. */
static struct str args_group(const struct args_command *command, struct str *ret_second)
{
    struct str rest = str_from(command->name);
    struct str first = str_split(&rest, ' ');

    *ret_second = rest;
    return first;
}

static bool args_has_group(const struct args_table *table, struct str word)
{
    struct str second;

    for (size_t i = 0; i < table->count; i++)
        if (str_equal(args_group(&table->commands[i], &second), word) && second.ptr)
            return true;
    return false;
}

/* "; it takes: verify, export" */
static void args_say_group(struct buf *problem, const struct args_table *table, struct str word)
{
    const char *before = "; it takes: ";

    for (size_t i = 0; i < table->count; i++) {
        struct str second;

        if (!str_equal(args_group(&table->commands[i], &second), word) || !second.ptr)
            continue;
        buf_printf(problem, "%s%.*s", before, STR_ARG(second));
        before = ", ";
    }
}

/* The command whose name is first, or first and second; NULL: none. */
static const struct args_command *args_find(const struct args_table *table, struct str first,
                                            struct str second)
{
    for (size_t i = 0; i < table->count; i++) {
        struct str mine_second;
        struct str mine = args_group(&table->commands[i], &mine_second);

        if (str_equal(mine, first) && str_equal(mine_second, second) &&
            !mine_second.ptr == !second.ptr)
            return &table->commands[i];
    }
    return NULL;
}

static void args_unknown_command(const struct args_table *table, struct str first,
                                 struct str second, struct buf *problem)
{
    const char *names[ARGS_NAMES_MAX];
    size_t count = 0;
    struct str given = second.ptr ? second : first;

    for (size_t i = 0; i < table->count && count < ARGS_NAMES_MAX; i++) {
        struct str mine_second;
        struct str mine = args_group(&table->commands[i], &mine_second);

        if (!second.ptr && !mine_second.ptr)
            names[count++] = table->commands[i].name;
        else if (second.ptr && mine_second.ptr && str_equal(mine, first))
            names[count++] = mine_second.ptr;
    }
    if (!second.ptr && args_has_group(table, first)) {
        buf_printf(problem, "%.*s alone is no command", STR_ARG(first));
        args_say_group(problem, table, first);
        return;
    }
    if (second.ptr)
        buf_printf(problem, "there is no command %.*s %.*s", STR_ARG(first), STR_ARG(second));
    else
        buf_printf(problem, "there is no command %.*s", STR_ARG(first));
    if (!args_say_nearest(problem, given, names, count) && second.ptr)
        args_say_group(problem, table, first);
}

/* Takes the name off argv; gives how many words it had, 0 with a problem. */
static size_t args_command_find(const struct args_table *table, char **argv, struct args *args,
                                struct buf *problem)
{
    struct str first = str_from(argv[0]);
    struct str second = argv[0] ? str_from(argv[1]) : STR_NULL;

    if (!first.ptr) {
        buf_add_c(problem, "which command?");
        return 0;
    }
    if (second.ptr && second.len > 0 && second.ptr[0] != '-') {
        args->command = args_find(table, first, second);
        if (args->command)
            return 2;
        if (args_has_group(table, first)) {
            const struct args_command *alone = args_find(table, first, STR_NULL);

            if (!alone || alone->words_max == 0) {
                args_unknown_command(table, first, second, problem);
                return 0;
            }
        }
    }
    args->command = args_find(table, first, STR_NULL);
    if (!args->command)
        args_unknown_command(table, first, STR_NULL, problem);
    return args->command ? 1 : 0;
}

/* Option number index of those the command takes; NULL past the last. */
static const struct args_option *args_option_at(const struct args_table *table,
                                                const struct args_command *command, size_t index)
{
    if (index < command->option_count)
        return &command->options[index];
    index -= command->option_count;
    return index < table->everywhere_count ? &table->everywhere[index] : NULL;
}

static const struct args_option *args_option_find(const struct args_table *table,
                                                  const struct args_command *command,
                                                  struct str name)
{
    const struct args_option *option;

    for (size_t i = 0; (option = args_option_at(table, command, i)); i++) {
        if (name.len > 2 && str_starts(name, STR("--")) &&
            str_is(str_slice(name, 2, name.len), option->name))
            return option;
        if (name.len == 2 && option->letter && name.ptr[1] == option->letter)
            return option;
    }
    return NULL;
}

static void args_unknown_option(const struct args_table *table, const struct args *args,
                                struct str name, struct buf *problem)
{
    const char *names[ARGS_NAMES_MAX];
    const struct args_option *option;
    size_t dashes = str_starts(name, STR("--")) ? 2 : 1;
    size_t count = 0;

    for (size_t i = 0; (option = args_option_at(table, args->command, i)) && i < ARGS_NAMES_MAX;
         i++)
        names[count++] = option->name;
    buf_printf(problem, "%s has no option %.*s", args->command->name, STR_ARG(name));
    if (args_nearest(str_slice(name, dashes, name.len), names, count))
        buf_printf(problem, "; did you mean --%s?",
                   args_nearest(str_slice(name, dashes, name.len), names, count));
}

/* One option at *at; moves *at past it and its value. */
static bool args_option(const struct args_table *table, char ***at, struct args *args,
                        struct arena *arena, struct buf *problem)
{
    struct str whole = str_from(**at);
    struct str value = whole;
    struct str name = str_split(&value, '=');
    const struct args_option *option = args_option_find(table, args->command, name);
    const char *given = value.ptr;

    if (!option) {
        args_unknown_option(table, args, name, problem);
        return false;
    }
    if (!option->value && given) {
        buf_printf(problem, "--%s takes no value", option->name);
        return false;
    }
    if (option->value && !given) {
        (*at)++;
        given = **at;
        if (!given) {
            buf_printf(problem, "--%s needs a value: %s", option->name, option->value);
            return false;
        }
    }
    if (option->value && args_has(args, option->name) && !args_value_repeats(table, option)) {
        buf_printf(problem, "--%s is given twice", option->name);
        return false;
    }
    args->given[args->given_count] = (struct args_given){ option, given };
    if (option->value && !args_value_check(table, &args->given[args->given_count], arena, problem))
        return false;
    args->given_count++;
    (*at)++;
    args->help = args->help || strcmp(option->name, "help") == 0;
    return true;
}

/*
 * What may follow "--" must, unless a last word that it may have instead was given, or the first
 * is NAME@CONNECTION: that is as NAME is.
 */
static bool args_lack_rest(const struct args *args)
{
    const struct args_command *command = args->command;
    bool instead = command->words_max > command->words_min;

    return command->rest && !args->rest && !(instead && args->word_count >= command->words_max) &&
           !(args->word_count > 0 && strchr(args_word(args, 0), '@'));
}

static bool args_count(const struct args_table *table, const struct args *args, struct buf *problem)
{
    const struct args_command *command = args->command;

    if (args->help)
        return true;
    if (args->word_count < command->words_min || args_lack_rest(args)) {
        buf_printf(problem, "%s needs: %s", command->name, command->words);
        return false;
    }
    if (args->word_count > command->words_max) {
        buf_printf(problem, "%s does not take \"%s\"", command->name,
                   args->words[command->words_max]);
        return false;
    }
    if (!command->rest && args->rest_count > 0) {
        buf_printf(problem, "%s takes nothing after --", command->name);
        return false;
    }
    return args_words_check(table, args, problem);
}

int args_parse(const struct args_table *table, char **argv, struct arena *arena,
               struct args *ret_args, struct buf *problem)
{
    struct args args = { 0 };
    size_t argc = 0;
    size_t used;
    char **at;

    while (argv[argc])
        argc++;
    args.given = ARENA_ARRAY(arena, struct args_given, argc + 1);
    args.words = ARENA_ARRAY(arena, const char *, argc + 1);
    used = args_command_find(table, argv, &args, problem);
    if (used == 0)
        return ARGS_WRONG;
    at = argv + used;
    while (*at) {
        if (strcmp(*at, "--") == 0) {
            args.rest = at + 1;
            args.rest_count = argc - (size_t)(at + 1 - argv);
            break;
        }
        if ((*at)[0] != '-' || (*at)[1] == '\0')
            args.words[args.word_count++] = *at++;
        else if (!args_option(table, &at, &args, arena, problem)) {
            *ret_args = args;
            return ARGS_WRONG;
        }
    }
    *ret_args = args;
    return args_count(table, &args, problem) ? ARGS_OK : ARGS_WRONG;
}

const char *args_value(const struct args *args, const char *option)
{
    const char *value = NULL;

    for (size_t i = 0; i < args->given_count; i++)
        if (strcmp(args->given[i].option->name, option) == 0)
            value = args->given[i].value;
    return value;
}

bool args_has(const struct args *args, const char *option)
{
    for (size_t i = 0; i < args->given_count; i++)
        if (strcmp(args->given[i].option->name, option) == 0)
            return true;
    return false;
}

const char *args_word(const struct args *args, size_t index)
{
    return index < args->word_count ? args->words[index] : NULL;
}

static void args_usage_option(struct buf *out, const struct args_option *option)
{
    size_t start = out->len;

    if (option->letter)
        buf_printf(out, "  -%c, --%s", option->letter, option->name);
    else
        buf_printf(out, "      --%s", option->name);
    if (option->value)
        buf_printf(out, " %s", option->value);
    if (out->len - start >= ARGS_HELP_AFTER) {
        buf_add_char(out, '\n');
        start = out->len;
    }
    while (out->len - start < ARGS_HELP_AFTER)
        buf_add_char(out, ' ');
    text_add_wrapped(out, str_from(option->help), ARGS_HELP_AFTER);
    buf_add_char(out, '\n');
}

void args_usage(struct buf *out, const struct args_table *table, const struct args_command *command)
{
    const struct args_option *option;
    BUF_CLEANUP struct buf usage = BUF_INIT;

    buf_printf(&usage, "writ %s%s%s%s", command->name, command->words[0] ? " " : "", command->words,
               command->option_count > 0 ? " [OPTIONS]" : "");
    text_add_wrapped(out, buf_str(&usage), 4);
    buf_add_c(out, "\n\n");
    text_add_wrapped(out, str_from(command->summary), 0);
    buf_add_c(out, ".\n\n");
    for (size_t i = 0; (option = args_option_at(table, command, i)); i++)
        args_usage_option(out, option);
}
