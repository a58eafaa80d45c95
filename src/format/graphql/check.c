/*
 * A selection set from a program: parsed by the grammar of GraphQL (October 2021, section 2),
 * and printed again word by word. There is no recursion: selections only count how deep they
 * are, values keep a bit for each list or object that is open.
 */
#include "format/graphql/internal.h"

#define WORDS_MAX 4096U

struct check {
    struct arena *arena;
    const struct graphql_select *given;
    struct graphql__lex lex;
    struct buf out;
    size_t words;
    bool wordy; /* the last word needs a space before another */
    struct str fault;
};

static bool fail(struct check *check, const char *why)
{
    size_t line = 1;

    for (size_t i = 0; i + check->lex.word.len < check->lex.at && i < check->lex.text.len; i++)
        line += check->lex.text.ptr[i] == '\n';
    if (!check->fault.ptr)
        check->fault = str_printf(check->arena, "line %zu: %s, where \"%.*s\" stands", line, why,
                                  STR_ARG(str_slice(check->lex.word, 0, 40)));
    return false;
}

/* The word goes out; looks at the next. */
static bool take(struct check *check)
{
    bool wordy = check->lex.token != GRAPHQL__PUNCTUATOR && check->lex.token != GRAPHQL__SPREAD;

    if (++check->words > WORDS_MAX)
        return fail(check, "it has too many words");
    if (wordy && check->wordy)
        buf_add_char(&check->out, ' ');
    buf_add_str(&check->out, check->lex.word);
    check->wordy = wordy;
    graphql__lex_next(&check->lex);
    return check->lex.token != GRAPHQL__BAD || fail(check, "no word of GraphQL");
}

static bool take_name(struct check *check, const char *what)
{
    return check->lex.token == GRAPHQL__NAME ? take(check) : fail(check, what);
}

static bool take_variable(struct check *check)
{
    if (!take(check) || check->lex.token != GRAPHQL__NAME)
        return fail(check, "a variable has a name");
    for (size_t i = 0; i < check->given->variable_count; i++)
        if (str_equal(check->given->variables[i], check->lex.word))
            return take(check);
    return fail(check, "this tool has no such variable");
}

/* --- Values ------------------------------------------------------------------------------ */

struct open {
    bool objects[GRAPHQL_SELECT_DEEP_MAX]; /* else lists */
    size_t depth;
};

static bool open_value(struct check *check, struct open *open)
{
    if (open->depth == GRAPHQL_SELECT_DEEP_MAX)
        return fail(check, "a value is too deep");
    open->objects[open->depth++] = graphql__lex_is(&check->lex, '{');
    return take(check);
}

static bool at_end(const struct check *check, const struct open *open)
{
    return open->depth > 0 &&
           graphql__lex_is(&check->lex, open->objects[open->depth - 1] ? '}' : ']');
}

static bool take_scalar(struct check *check)
{
    if (graphql__lex_is(&check->lex, '$'))
        return take_variable(check);
    if (check->lex.token == GRAPHQL__NAME || check->lex.token == GRAPHQL__NUMBER ||
        check->lex.token == GRAPHQL__STRING)
        return take(check);
    return fail(check, "a value is expected");
}

/* One word of a value, or the name and colon before one. */
static bool value_step(struct check *check, struct open *open)
{
    if (at_end(check, open)) {
        open->depth--;
        return take(check);
    }
    if (open->depth > 0 && open->objects[open->depth - 1]) {
        if (!take_name(check, "a member has a name") || !graphql__lex_is(&check->lex, ':'))
            return fail(check, "a ':' is expected");
        if (!take(check))
            return false;
    }
    if (graphql__lex_is(&check->lex, '{') || graphql__lex_is(&check->lex, '['))
        return open_value(check, open);
    return take_scalar(check);
}

static bool take_value(struct check *check)
{
    struct open open = { 0 };

    do {
        if (!value_step(check, &open))
            return false;
    } while (open.depth > 0);
    return true;
}

static bool take_arguments(struct check *check)
{
    if (!graphql__lex_is(&check->lex, '('))
        return true;
    if (!take(check))
        return false;
    do {
        if (!take_name(check, "an argument has a name") || !graphql__lex_is(&check->lex, ':'))
            return fail(check, "a ':' is expected");
        if (!take(check) || !take_value(check))
            return false;
    } while (!graphql__lex_is(&check->lex, ')'));
    return take(check);
}

static bool take_directives(struct check *check)
{
    while (graphql__lex_is(&check->lex, '@'))
        if (!take(check) || !take_name(check, "a directive has a name") || !take_arguments(check))
            return false;
    return true;
}

/* --- Selections -------------------------------------------------------------------------- */

static bool take_fragment(struct check *check)
{
    if (!take(check))
        return false;
    if (check->lex.token == GRAPHQL__NAME) {
        if (!str_is(check->lex.word, "on"))
            return fail(check, "a fragment with a name cannot be used here: write it inline");
        if (!take(check) || !take_name(check, "a type is expected"))
            return false;
    }
    if (!take_directives(check))
        return false;
    return graphql__lex_is(&check->lex, '{') || fail(check, "a fragment selects something");
}

static bool take_field(struct check *check)
{
    if (!take_name(check, "a field is expected"))
        return false;
    if (graphql__lex_is(&check->lex, ':') &&
        (!take(check) || !take_name(check, "a field is expected after its alias")))
        return false;
    return take_arguments(check) && take_directives(check);
}

static bool open_selection(struct check *check, size_t depth)
{
    if (depth > GRAPHQL_SELECT_DEEP_MAX)
        return fail(check, "it is too deep");
    if (!take(check))
        return false;
    return !graphql__lex_is(&check->lex, '}') || fail(check, "a selection selects something");
}

static bool take_selections(struct check *check)
{
    size_t depth = 0;
    bool may_open = true; /* at the start, and behind a field or a fragment */

    do {
        bool good;

        if (may_open && graphql__lex_is(&check->lex, '{')) {
            good = open_selection(check, ++depth);
            may_open = false;
        } else if (depth > 0 && graphql__lex_is(&check->lex, '}')) {
            good = take(check);
            depth--;
            may_open = false;
        } else {
            good = check->lex.token == GRAPHQL__SPREAD ? take_fragment(check) : take_field(check);
            may_open = true;
        }
        if (!good)
            return false;
    } while (depth > 0);
    return check->lex.token == GRAPHQL__END || fail(check, "it should end here");
}

int graphql_select(struct arena *arena, struct str text, const struct graphql_select *given,
                   struct str *ret_text)
{
    static const struct graphql_select none = { 0 };
    struct check check = { .arena = arena,
                           .given = given ? given : &none,
                           .lex = { .text = text } };
    bool good;

    if (text.len > GRAPHQL_SELECT_MAX) {
        *ret_text =
            str_printf(arena, "it has %zu bytes; %u are allowed", text.len, GRAPHQL_SELECT_MAX);
        return GRAPHQL_NO_SELECTION;
    }
    graphql__lex_next(&check.lex);
    if (check.lex.token == GRAPHQL__NAME || check.lex.token == GRAPHQL__SPREAD) {
        check.lex.text = str_printf(arena, "{%.*s\n}", STR_ARG(text));
        check.lex.at = 0;
        graphql__lex_next(&check.lex);
    }
    good = graphql__lex_is(&check.lex, '{') ? take_selections(&check)
                                            : fail(&check, "a selection is expected");
    *ret_text = good ? str_copy(arena, buf_str(&check.out)) : check.fault;
    buf_fini(&check.out);
    return good ? GRAPHQL_SELECTED : GRAPHQL_NO_SELECTION;
}
