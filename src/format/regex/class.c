/* Classes: [...]. What is printed is a PCRE2 class of numbered characters and known sets. */
#include "format/regex/internal.h"

struct class_atom {
    bool set;
    uint32_t character;
};

/* A range without the surrogates, which UTF-8 does not have. */
static void class_range(struct regex__translator *t, uint32_t low, uint32_t high)
{
    if (low >= 0xD800 && low <= 0xDFFF)
        low = 0xE000;
    if (high >= 0xD800 && high <= 0xDFFF)
        high = 0xD7FF;
    if (low > high)
        return;
    regex__emit(t, low);
    if (low == high)
        return;
    buf_add_char(t->out, '-');
    regex__emit(t, high);
}

static bool class_atom(struct regex__translator *t, struct class_atom *ret_atom)
{
    enum regex__escape kind;

    *ret_atom = (struct class_atom){ 0 };
    if (!regex__take_if(t, '\\')) {
        ret_atom->character = regex__take(t);
        return true;
    }
    kind = regex__escape(t, true, &ret_atom->character);
    ret_atom->set = kind == REGEX__SET;
    return kind != REGEX__FAILED;
}

static bool class_starts_range(const struct regex__translator *t)
{
    return t->at + 1 < t->pattern.len && t->pattern.ptr[t->at] == '-' &&
           t->pattern.ptr[t->at + 1] != ']';
}

/* One atom, or two with a hyphen between. */
static bool class_member(struct regex__translator *t)
{
    struct class_atom low;
    struct class_atom high;
    size_t from = t->at;

    if (!class_atom(t, &low))
        return false;
    if (!class_starts_range(t)) {
        if (!low.set)
            class_range(t, low.character, low.character);
        return true;
    }
    t->at++;
    if (!class_atom(t, &high))
        return false;
    if (!low.set && !high.set) {
        if (low.character > high.character)
            return regex__fail(t, from, "this range runs backwards");
        class_range(t, low.character, high.character);
        return true;
    }
    if (t->unicode)
        return regex__fail(t, from, "a range needs a character at each end");
    /* Annex B: a set at one end makes the hyphen one of the characters. */
    if (!low.set)
        class_range(t, low.character, low.character);
    regex__emit(t, '-');
    if (!high.set)
        class_range(t, high.character, high.character);
    return true;
}

bool regex__class(struct regex__translator *t)
{
    size_t opened = t->out->len;
    bool negated = regex__take_if(t, '^');
    size_t inside;

    buf_add_c(t->out, negated ? "[^" : "[");
    inside = t->out->len;
    while (!regex__take_if(t, ']')) {
        if (regex__peek(t) == REGEX__END)
            return regex__fail(t, t->at, "a class is not closed");
        if (!class_member(t))
            return false;
    }
    if (t->out->len > inside) {
        buf_add_char(t->out, ']');
        return true;
    }
    buf_cut(t->out, opened);
    buf_add_c(t->out, negated ? "(?s:.)" : REGEX__NOTHING);
    return true;
}
