/* What the value of an option, or a command's first word, may be: judged before anything is done.
 */
#include "format/json/json.h"
#include "proc/cli/args.h"

#define ARGS_PORT_MAX 65535U
#define ARGS_OF_MAX   8U

static bool value_is_number(const struct args_rule *rule, struct str value, struct buf *problem)
{
    uint64_t number = 0;

    if (str_to_u64(value, &number) && number >= rule->min &&
        (rule->max == 0 || number <= rule->max))
        return true;
    if (rule->max)
        buf_printf(problem, "--%s takes a number from %llu to %llu, not \"%.*s\"", rule->option,
                   (unsigned long long)rule->min, (unsigned long long)rule->max, STR_ARG(value));
    else
        buf_printf(problem, "--%s takes a number from %llu on, not \"%.*s\"", rule->option,
                   (unsigned long long)rule->min, STR_ARG(value));
    return false;
}

/* HOST:PORT of this machine. */
static bool value_is_place(const struct args_rule *rule, struct str value, struct buf *problem)
{
    struct str port = value;
    struct str host = str_split(&port, ':');
    uint64_t number = 0;

    if (!str_is(host, "127.0.0.1") && !str_is(host, "localhost")) {
        buf_printf(problem,
                   "--%s takes 127.0.0.1:PORT or localhost:PORT, and no other machine may ask; "
                   "not \"%.*s\"",
                   rule->option, STR_ARG(value));
        return false;
    }
    if (port.ptr && str_to_u64(port, &number) && number <= ARGS_PORT_MAX)
        return true;
    buf_printf(problem, "--%s needs a port from 0 (any) to %u: %.*s:PORT, not \"%.*s\"",
               rule->option, ARGS_PORT_MAX, STR_ARG(host), STR_ARG(value));
    return false;
}

static bool value_is_one(const struct args_rule *rule, struct str value, struct buf *problem)
{
    const char *near;
    size_t count = 0;

    for (; count < ARGS_OF_MAX && rule->of[count]; count++)
        if (str_is(value, rule->of[count]))
            return true;
    near = args_nearest(value, rule->of, count);
    buf_printf(problem, "--%s is ", rule->option);
    for (size_t i = 0; i < count; i++)
        buf_printf(problem, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", rule->of[i]);
    buf_printf(problem, ", not \"%.*s\"", STR_ARG(value));
    if (near)
        buf_printf(problem, "; did you mean %s?", near);
    return false;
}

static bool value_is_json(const struct args_rule *rule, struct str value, struct arena *arena,
                          struct buf *problem)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(arena, value, NULL, &error, &doc) == JSON_PARSED)
        return true;
    buf_printf(problem, "--%s is no JSON: %s (line %zu, column %zu)", rule->option, error.sentence,
               error.line, error.column);
    return false;
}

static struct args_rule value_rule(const struct args_table *table, const struct args_option *option)
{
    for (size_t i = 0; i < table->rules_count; i++)
        if (strcmp(table->rules[i].option, option->name) == 0 &&
            (!table->rules[i].value || strcmp(table->rules[i].value, option->value) == 0))
            return table->rules[i];
    return (struct args_rule){ .option = option->name, .kind = ARGS_TEXT };
}

bool args_value_repeats(const struct args_table *table, const struct args_option *option)
{
    return value_rule(table, option).kind == ARGS_MANY;
}

bool args_value_check(const struct args_table *table, const struct args_given *given,
                      struct arena *arena, struct buf *problem)
{
    struct args_rule rule = value_rule(table, given->option);
    struct str value = str_from(given->value);

    switch (rule.kind) {
    case ARGS_ANY:
        return true;
    case ARGS_TEXT:
    case ARGS_MANY:
        break;
    case ARGS_NUMBER:
        return value_is_number(&rule, value, problem);
    case ARGS_PLACE:
        return value_is_place(&rule, value, problem);
    case ARGS_ONE_OF:
        return value_is_one(&rule, value, problem);
    case ARGS_JSON:
        return value_is_json(&rule, value, arena, problem);
    }
    if (value.len == 0)
        buf_printf(problem, "--%s is empty: it takes %s", rule.option, given->option->value);
    else if (rule.max && value.len > rule.max)
        buf_printf(problem, "--%s takes at most %llu bytes, not %zu", rule.option,
                   (unsigned long long)rule.max, value.len);
    return value.len > 0 && !(rule.max && value.len > rule.max);
}

/* The kind, an underscore, then letters and digits. Whether there is such a one is not asked. */
static bool word_is_id(struct str word, struct str kind)
{
    if (!str_starts(word, kind) || word.len < kind.len + 2 || word.ptr[kind.len] != '_')
        return false;
    for (size_t i = kind.len + 1; i < word.len; i++)
        if (!(word.ptr[i] >= '0' && word.ptr[i] <= '9') &&
            !(word.ptr[i] >= 'a' && word.ptr[i] <= 'z'))
            return false;
    return true;
}

static bool words_are_full(const struct args *args, struct buf *problem)
{
    for (size_t i = 0; i < args->word_count; i++) {
        if (args->words[i][0] != '\0')
            continue;
        buf_printf(problem, "%s takes no empty word: %s", args->command->name,
                   args->command->words);
        return false;
    }
    return true;
}

bool args_words_check(const struct args_table *table, const struct args *args, struct buf *problem)
{
    struct str word = args->word_count ? str_from(args->words[0]) : STR_NULL;

    if (!words_are_full(args, problem))
        return false;
    for (size_t i = 0; i < table->ids_count && word.ptr; i++) {
        const struct args_id *id = &table->ids[i];

        if (strcmp(id->command, args->command->name) != 0 || word_is_id(word, str_from(id->kind)) ||
            (id->instead && str_is(word, id->instead)))
            continue;
        buf_printf(problem, "\"%.*s\" is no id: %s takes %s_...%s%s", STR_ARG(word), id->command,
                   id->kind, id->instead ? " or " : "", id->instead ? id->instead : "");
        return false;
    }
    return true;
}
