/*
 * What a node says about a value without looking into other schemas. Each check goes on after a
 * failure only where somebody wants to hear of all of them.
 */
#include "format/schema/run.h"

#include <stdio.h>

/* Arrays up to this long are compared pair by pair for uniqueItems. */
#define CHECK_PAIRWISE_MAX 16U

bool schema__spend(struct schema__checker *checker, uint64_t steps)
{
    if (steps > *checker->steps) {
        *checker->steps = 0;
        checker->too_costly = true;
        return false;
    }
    *checker->steps -= steps;
    return true;
}

void schema__print_types(char *text, size_t size, unsigned types)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = { { TYPE__OBJECT, "object" },   { TYPE__ARRAY, "array" },
                  { TYPE__STRING, "string" },   { TYPE__NUMBER, "number" },
                  { TYPE__INTEGER, "integer" }, { TYPE__BOOL, "boolean" },
                  { TYPE__NULL, "null" } };
    size_t used = 0;

    if (types & TYPE__NUMBER)
        types &= ~TYPE__INTEGER;
    text[0] = '\0';
    for (size_t i = 0; i < ARRAY_COUNT(names) && used < size; i++) {
        if (!(types & names[i].bit))
            continue;
        types &= ~names[i].bit;
        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 used == 0 ? ""
                                 : types   ? ", "
                                           : " or ",
                                 names[i].name);
    }
}

struct str schema__cut(struct str text, size_t max)
{
    if (text.len <= max)
        return text;
    while (max && ((unsigned char)text.ptr[max] & 0xC0) == 0x80)
        max--;
    return str_slice(text, 0, max);
}

const char *schema__show(struct schema__run *run, const struct json_value *value)
{
    struct arena *arena = run->report->arena;
    enum json_type type = json_type(value);
    BUF_CLEANUP struct buf text = BUF_INIT;

    if (type == JSON_OBJECT || type == JSON_ARRAY)
        return str_printf(arena, "%s of %zu", type == JSON_OBJECT ? "an object" : "an array",
                          json_count(value))
            .ptr;
    json_print(&text, value);
    if (text.len <= 80)
        return str_c(arena, buf_str(&text));
    return str_printf(arena, "%.*s...", STR_ARG(schema__cut(buf_str(&text), 77))).ptr;
}

static bool check_type(const struct schema__node *node, const struct json_value *value,
                       unsigned type)
{
    if (node->types & type)
        return true;
    if (type != TYPE__NUMBER || !(node->types & TYPE__INTEGER))
        return false;
    return node->plain_integer ? json_is_plain_integer(value) : json_is_integer(value);
}

static bool check_values(struct schema__checker *checker, const struct schema__values *values,
                         const struct json_value *value)
{
    size_t size = json_count(value) ? value->of.span / sizeof(*value) / 16 : 0;

    if (json_is_string(value))
        return values->strings && schema__table_find(values->strings, json_str(value)) != NULL;
    if (!schema__spend(checker, values->others_count * (size + 1) / 8))
        return false;
    for (size_t i = 0; i < values->others_count; i++)
        if (json_equal(values->others[i], value))
            return true;
    return false;
}

/* True where the order of value and bound is as it must be: wanted is its sign. */
static bool check_bound(const struct json_value *value, const struct json_value *bound, int wanted,
                        bool equal)
{
    int order = bound ? json_number_compare(value, bound) : wanted;

    return order == 0 ? equal : (order > 0) == (wanted > 0);
}

static bool check_number_holds(const struct schema__number *number, const struct json_value *value)
{
    return (!number->minimum || json_number_compare(value, number->minimum) >= 0) &&
           (!number->maximum || json_number_compare(value, number->maximum) <= 0) &&
           (!number->exclusive_minimum ||
            json_number_compare(value, number->exclusive_minimum) > 0) &&
           (!number->exclusive_maximum ||
            json_number_compare(value, number->exclusive_maximum) < 0) &&
           (!number->multiple_of || json_number_divides(value, number->multiple_of));
}

/* Reports each part that does not hold. */
static void check_report_number(struct schema__run *run, const struct schema__number *number,
                                const struct json_value *value)
{
    const struct {
        const struct json_value *bound;
        int wanted;
        bool equal;
        enum schema__kw kw;
        const char *words;
    } bounds[] = {
        { number->minimum, 1, true, KW_MINIMUM, "at least" },
        { number->maximum, -1, true, KW_MAXIMUM, "at most" },
        { number->exclusive_minimum, 1, false, KW_EXCLUSIVE_MINIMUM, "more than" },
        { number->exclusive_maximum, -1, false, KW_EXCLUSIVE_MAXIMUM, "less than" },
    };

    for (size_t i = 0; i < ARRAY_COUNT(bounds); i++)
        if (!check_bound(value, bounds[i].bound, bounds[i].wanted, bounds[i].equal))
            schema__problem(run, bounds[i].kw, "expected %s %s, got %s", bounds[i].words,
                            schema__show(run, bounds[i].bound), schema__show(run, value));
    if (number->multiple_of && !json_number_divides(value, number->multiple_of))
        schema__problem(run, KW_MULTIPLE_OF, "expected a multiple of %s, got %s",
                        schema__show(run, number->multiple_of), schema__show(run, value));
}

static bool check_number(struct schema__run *run, const struct schema__number *number,
                         const struct json_value *value)
{
    bool holds = check_number_holds(number, value);

    if (!holds && run)
        check_report_number(run, number, value);
    return holds;
}

/* Characters in valid UTF-8: bytes that continue none. */
static uint64_t check_characters(struct str text)
{
    uint64_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return count;
}

static bool check_length(struct schema__run *run, const struct schema__string *string,
                         struct str text)
{
    uint64_t count;

    /* A character has one to four bytes. */
    if (text.len / 4 >= string->length_min && text.len <= string->length_max)
        return true;
    count = check_characters(text);
    if (count < string->length_min) {
        if (run)
            schema__problem(run, KW_MIN_LENGTH, "expected at least %ju characters, got %ju",
                            (uintmax_t)string->length_min, (uintmax_t)count);
        return false;
    }
    if (count > string->length_max) {
        if (run)
            schema__problem(run, KW_MAX_LENGTH, "expected at most %ju characters, got %ju",
                            (uintmax_t)string->length_max, (uintmax_t)count);
        return false;
    }
    return true;
}

static bool check_string(struct schema__checker *checker, const struct schema__string *string,
                         const struct json_value *value)
{
    struct schema__run *run = checker->run;
    struct str text = json_str(value);
    bool ok = check_length(run, string, text);
    int r;

    if (!ok && !run)
        return false;
    if (string->pattern) {
        r = regex_match_within(string->pattern, text, checker->regex, checker->steps);
        checker->too_costly |= r == REGEX_TOO_COSTLY;
        if (r != REGEX_FOUND) {
            if (!run)
                return false;
            schema__problem(run, KW_PATTERN, "expected text that matches %.*s, got %s",
                            STR_ARG(schema__cut(string->pattern_text, 200)),
                            schema__show(run, value));
            ok = false;
        }
    }
    if (string->format && !schema__format_holds(string->format, text)) {
        if (run)
            schema__problem(run, KW_FORMAT, "expected %s, got %s",
                            schema__format_name(string->format), schema__show(run, value));
        return false;
    }
    return ok;
}

/* The first two equal elements of few, or false. */
static bool check_twice_few(const struct json_value *array, size_t *ret_first, size_t *ret_second)
{
    const struct json_value *elements[CHECK_PAIRWISE_MAX];
    struct json_iter iter = json_iter(array);
    const struct json_value *value;
    size_t count = 0;

    while ((value = json_next(&iter))) {
        for (size_t i = 0; i < count; i++)
            if (json_equal(elements[i], value)) {
                *ret_first = i;
                *ret_second = count;
                return true;
            }
        elements[count++] = value;
    }
    return false;
}

struct check_seen {
    uint64_t hash;
    const struct json_value *value; /* NULL: free */
    size_t index;
};

static bool check_twice_many(const struct json_value *array, size_t *ret_first, size_t *ret_second)
{
    struct json_iter iter = json_iter(array);
    const struct json_value *value;
    struct check_seen *seen;
    size_t index = 0;
    size_t size = 64;
    bool twice = false;

    while (size < json_count(array) * 2)
        size *= 2;
    seen = heap_alloc(size * sizeof(*seen));
    for (; !twice && (value = json_next(&iter)); index++) {
        uint64_t hash = json_hash(value);
        size_t at = (size_t)hash & (size - 1);

        while (seen[at].value && (seen[at].hash != hash || !json_equal(seen[at].value, value)))
            at = (at + 1) & (size - 1);
        twice = seen[at].value != NULL;
        *ret_first = seen[at].index;
        *ret_second = index;
        seen[at] = (struct check_seen){ .hash = hash, .value = value, .index = index };
    }
    (void)heap_free(seen);
    return twice;
}

static bool check_unique(struct schema__checker *checker, const struct json_value *array)
{
    size_t count = json_count(array);
    size_t first = 0;
    size_t second = 0;
    bool twice;

    if (count < 2)
        return true;
    /* Elements are read whole, each some times. */
    if (!schema__spend(checker, array->of.span / sizeof(*array)))
        return false;
    twice = count <= CHECK_PAIRWISE_MAX ? check_twice_few(array, &first, &second)
                                        : check_twice_many(array, &first, &second);
    if (twice && checker->run)
        schema__problem(checker->run, KW_UNIQUE_ITEMS,
                        "expected elements that differ, got the same at %zu and %zu", first,
                        second);
    return !twice;
}

static bool check_count(struct schema__run *run, uint64_t min, uint64_t max,
                        const struct json_value *value)
{
    size_t count = json_count(value);
    bool array = json_is_array(value);
    const char *what = array ? "elements" : "properties";

    if (count < min && run)
        schema__problem(run, array ? KW_MIN_ITEMS : KW_MIN_PROPERTIES,
                        "expected at least %ju %s, got %zu", (uintmax_t)min, what, count);
    if (count > max && run)
        schema__problem(run, array ? KW_MAX_ITEMS : KW_MAX_PROPERTIES,
                        "expected at most %ju %s, got %zu", (uintmax_t)max, what, count);
    return count >= min && count <= max;
}

/* Where only names are required, each is looked up; else the walk over the members counts them. */
static bool check_required(struct schema__checker *checker, const struct schema__object *object,
                           const struct json_value *value)
{
    struct schema__run *run = checker->run;
    bool ok = true;

    if (!schema__spend(checker, object->required_count * json_count(value) / 8))
        return false;
    for (size_t i = 0; i < object->required_count; i++) {
        if (json_find(value, object->required[i]))
            continue;
        if (!run)
            return false;
        schema__problem(run, KW_REQUIRED, "expected the property \"%.*s\", which is missing",
                        STR_ARG(object->required[i]));
        ok = false;
    }
    return ok;
}

static bool check_array(struct schema__checker *checker, const struct schema__array *array,
                        const struct json_value *value)
{
    bool ok = check_count(checker->run, array->count_min, array->count_max, value);

    if (!ok && !checker->run)
        return false;
    return (!array->unique || check_unique(checker, value)) && ok;
}

static bool check_object(struct schema__checker *checker, const struct schema__object *object,
                         const struct json_value *value)
{
    bool ok = check_count(checker->run, object->count_min, object->count_max, value);

    if (!ok && !checker->run)
        return false;
    return (!object->required_only || check_required(checker, object, value)) && ok;
}

static void check_report_type(struct schema__run *run, const struct schema__node *node,
                              const struct json_value *value)
{
    char types[80];
    bool scalar = !json_is_object(value) && !json_is_array(value) && !json_is_null(value);

    schema__print_types(types, sizeof(types), node->types);
    schema__problem(run, KW_TYPE, "expected %s, got %s%s%s", types,
                    json_type_name(json_type(value)), scalar ? " " : "",
                    scalar ? schema__show(run, value) : "");
}

static void check_report_values(struct schema__run *run, const struct schema__values *values,
                                const struct json_value *value)
{
    BUF_CLEANUP struct buf list = BUF_INIT;
    struct json_iter iter = json_iter(values->all);
    const struct json_value *one;

    if (values->is_const)
        json_print(&list, values->all);
    while (!values->is_const && (one = json_next(&iter)) && list.len < 300) {
        buf_add_c(&list, list.len ? ", " : "one of ");
        json_print(&list, one);
    }
    schema__problem(run, values->is_const ? KW_CONST : KW_ENUM, "expected %.*s%s, got %s",
                    STR_ARG(schema__cut(buf_str(&list), 400)),
                    iter.left && !values->is_const ? ", ..." : "", schema__show(run, value));
}

/* The part of a node that is about values of the type. */
static bool check_group(struct schema__checker *checker, const struct schema__node *node,
                        const struct json_value *value)
{
    switch (json_type(value)) {
    case JSON_NUMBER:
        return !node->number || check_number(checker->run, node->number, value);
    case JSON_STRING:
        return !node->string || check_string(checker, node->string, value);
    case JSON_ARRAY:
        return !node->array || check_array(checker, node->array, value);
    case JSON_OBJECT:
        return !node->object || check_object(checker, node->object, value);
    case JSON_NONE:
    case JSON_NULL:
    case JSON_BOOL:
        return true;
    }
    UNREACHABLE("a value of no type");
}

bool schema__check(struct schema__checker *checker, const struct schema__node *node,
                   const struct json_value *value)
{
    struct schema__run *run = checker->run;
    bool ok = true;

    if (!check_type(node, value, schema__type_of(value))) {
        if (!run)
            return false;
        check_report_type(run, node, value);
        ok = false;
    }
    if (node->values && !check_values(checker, node->values, value)) {
        if (!run)
            return false;
        check_report_values(run, node->values, value);
        ok = false;
    }
    if (node->constant && !check_values(checker, node->constant, value)) {
        if (!run)
            return false;
        check_report_values(run, node->constant, value);
        ok = false;
    }
    return check_group(checker, node, value) && ok;
}
