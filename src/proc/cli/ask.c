/* Showing what is asked, and sending what was answered. */
#include "proc/cli/ask.h"

#include "proc/cli/client.h"

#define ASK_TEXT_MAX  2000U /* bytes of one text that are shown at first */
#define ASK_VALUE_MAX 4000U /* of any other value */

/* A text of several lines stands below its name, each line marked as not ours. */
static void ask_print_block(struct str text, size_t max, struct buf *out)
{
    struct str rest = str_slice(text, 0, max);

    while (rest.ptr) {
        struct str line = str_split(&rest, '\n');

        if (line.len == 0 && !rest.ptr)
            break;
        buf_add_c(out, "\n      | ");
        text_add_clean(out, line, false);
    }
    if (text.len > max)
        buf_printf(out, "\n      | ... %zu of %zu bytes", max, text.len);
}

static void ask_print_value(struct str name, const struct json_value *value, bool whole,
                            struct buf *out)
{
    BUF_CLEANUP struct buf pretty = BUF_INIT;
    struct str text = json_str(value);

    buf_add_c(out, "    ");
    text_add_clean(out, name, false);
    buf_add_c(out, ":");
    if (json_is_string(value) && str_find_char(text, '\n') == SIZE_MAX && text.len < 200) {
        buf_add_char(out, ' ');
        text_add_clean(out, text, false);
    } else if (json_is_string(value)) {
        ask_print_block(text, whole ? SIZE_MAX : ASK_TEXT_MAX, out);
    } else if (json_count(value) > 0) {
        json_print_pretty(&pretty, value);
        ask_print_block(buf_str(&pretty), whole ? SIZE_MAX : ASK_VALUE_MAX, out);
    } else {
        buf_add_char(out, ' ');
        json_print(out, value);
    }
    buf_add_char(out, '\n');
}

static void ask_print_members(const struct json_value *object, bool whole, struct buf *out)
{
    struct json_iter iter = json_iter(object);
    const struct json_value *value;

    while ((value = json_next(&iter)))
        ask_print_value(iter.key, value, whole, out);
}

/* Who asks for what, by which rule: what is known of it, on one line. */
static void ask_print_facts(struct cli *cli, const struct json_value *input, struct buf *out)
{
    static const struct {
        const char *member;
        const char *before;
    } facts[] = {
        { "effect", "" },    { "call", "call " },    { "execution", "of " },
        { "actor", "for " }, { "rule", "by rule " }, { "layer", "of layer " },
    };
    size_t start = out->len;

    for (size_t i = 0; i < ARRAY_COUNT(facts); i++) {
        struct str value = cli_field(cli, input, facts[i].member);

        if (str_is(value, "-"))
            continue;
        buf_printf(out, "%s%s%.*s", out->len > start ? ", " : "    ", facts[i].before,
                   STR_ARG(value));
    }
    if (out->len > start)
        buf_add_char(out, '\n');
}

/* What the detail says beside the arguments, where the facts do not say it already. */
static void ask_print_rest(struct cli *cli, const struct json_value *input, bool whole,
                           struct buf *out)
{
    struct json_iter iter = json_iter(json_get(input, "detail"));
    const struct json_value *value;

    while ((value = json_next(&iter)))
        if (!str_is(iter.key, "args") && !json_get(input, str_c(cli->arena, iter.key)))
            ask_print_value(iter.key, value, whole, out);
}

void ask_print(struct cli *cli, const struct json_value *input, bool whole, struct buf *out)
{
    const struct json_value *detail = json_get(input, "detail");

    buf_add_c(out, "\n  ");
    text_add_color(out, cli_field(cli, input, "title"), cli->err_color ? TEXT_BOLD : TEXT_PLAIN);
    buf_add_char(out, '\n');
    ask_print_facts(cli, input, out);
    if (json_is_object(detail)) {
        ask_print_members(json_get(detail, "args"), whole, out);
        ask_print_rest(cli, input, whole, out);
    } else if (detail && !json_is_null(detail)) {
        ask_print_value(STR("detail"), detail, whole, out);
    }
}

static bool ask_is_unknown(const struct json_value *input)
{
    return str_is(json_get_str(input, "kind"), "unknown");
}

static bool ask_is_form(const struct json_value *input)
{
    return str_is(json_get_str(input, "kind"), "form");
}

const char *ask_question(const struct json_value *input)
{
    if (ask_is_form(input))
        return "  Answer it? [f]ill it in, [n]o, [s]how all, [l]ater: ";
    if (json_get_str(json_get(input, "detail"), "url").len)
        return "  Open the address in a browser if you trust it. Did you? [y]es, [n]o, [l]ater: ";
    return ask_is_unknown(input)
               ? "  Did it happen? [d]one, [n]ot done, try [a]gain, [s]how all, [l]ater: "
               : "  Allow it? [y]es, [n]o, [s]how all, [l]ater: ";
}

enum ask_choice ask_understand(const struct json_value *input, struct str line)
{
    static const struct {
        const char *word;
        char letter;
        bool unknown;
        enum ask_choice choice;
    } words[] = {
        { "yes", 'y', false, ASK_APPROVE },    { "approve", 0, false, ASK_APPROVE },
        { "no", 'n', false, ASK_DENY },        { "deny", 0, false, ASK_DENY },
        { "done", 'd', true, ASK_DONE },       { "not done", 'n', true, ASK_NOT_DONE },
        { "not-done", 0, true, ASK_NOT_DONE }, { "no", 0, true, ASK_NOT_DONE },
        { "again", 'a', true, ASK_AGAIN },
    };
    struct str said = str_trim(line);

    if (str_is(said, "l") || str_is(said, "later"))
        return ASK_LATER;
    if (str_is(said, "s") || str_is(said, "show"))
        return ASK_SHOW;
    if (ask_is_form(input) && (str_is(said, "f") || str_is(said, "fill")))
        return ASK_FILL;
    if (ask_is_form(input) && (str_is(said, "y") || str_is(said, "yes") || str_is(said, "approve")))
        return ASK_NOTHING;
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (words[i].unknown == ask_is_unknown(input) &&
            (str_is(said, words[i].word) ||
             (words[i].letter && said.len == 1 && said.ptr[0] == words[i].letter)))
            return words[i].choice;
    return ASK_NOTHING;
}

const char *ask_answer(enum ask_choice choice)
{
    switch (choice) {
    case ASK_NOTHING:
    case ASK_LATER:
    case ASK_SHOW:
        return NULL;
    case ASK_APPROVE:
        return "approve";
    case ASK_DENY:
        return "deny";
    case ASK_DONE:
        return "done";
    case ASK_NOT_DONE:
        return "not_done";
    case ASK_AGAIN:
        return "again";
    case ASK_FILL:
        return "submit";
    }
    UNREACHABLE("a choice outside its enum");
}

int ask_send(struct cli *cli, struct str id, const char *answer, struct str value, const char *via)
{
    BUF_CLEANUP struct buf body = BUF_INIT;
    struct client_response response;
    struct str path =
        str_printf(cli->arena, "/v1/inputs/%.*s/answer", STR_ARG(cli_percent(cli->arena, id)));

    buf_printf(&body, "{\"answer\":\"%s\",\"via\":", answer);
    buf_add_json(&body, str_from(via));
    if (value.ptr) {
        buf_add_c(&body, ",\"value\":");
        buf_add_str(&body, value);
    }
    buf_add_char(&body, '}');
    return client_ask(cli, "POST", path, buf_str(&body), &response);
}
