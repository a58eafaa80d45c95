/* What the files of graphql share. */
#ifndef WRIT_FORMAT_GRAPHQL_INTERNAL_H
#define WRIT_FORMAT_GRAPHQL_INTERNAL_H

#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "format/graphql/graphql.h"
#include "format/json/json.h"
#include "format/json/out.h"

/* --- Words (lex.c) ----------------------------------------------------------------------- */

enum graphql__token {
    GRAPHQL__END,
    GRAPHQL__NAME,
    GRAPHQL__NUMBER,
    GRAPHQL__STRING, /* with its quotes, one or three */
    GRAPHQL__PUNCTUATOR,
    GRAPHQL__SPREAD, /* ... */
    GRAPHQL__BAD,    /* no word of the language */
};

struct graphql__lex {
    struct str text;
    size_t at; /* behind the word */
    enum graphql__token token;
    struct str word;
};

/* Looks at the next word. */
void graphql__lex_next(struct graphql__lex *lex);
bool graphql__lex_is(const struct graphql__lex *lex, char punctuator);
/* The text of a string, without quotes and escapes, in the arena. */
struct str graphql__lex_string(struct arena *arena, struct str word);

/* --- Types (model.c) --------------------------------------------------------------------- */

enum graphql__kind {
    GRAPHQL__SCALAR,
    GRAPHQL__OBJECT,
    GRAPHQL__INTERFACE,
    GRAPHQL__UNION,
    GRAPHQL__ENUM,
    GRAPHQL__INPUT,
};

/* [Name!]!: wraps from the outside in, '[' and '!'. */
struct graphql__ref {
    struct str name;
    char wraps[2 * GRAPHQL_WRAPS_MAX + 2];
};

struct graphql__arg {
    struct str name;
    struct str description;
    struct graphql__ref type;
    bool has_default;
};

struct graphql__field {
    struct str name;
    struct str description;
    struct graphql__ref type;
    struct graphql__arg *args;
    size_t arg_count;
    bool deprecated;
};

struct graphql__type {
    enum graphql__kind kind;
    struct str name;
    struct str description;
    struct graphql__field *fields; /* objects, interfaces */
    size_t field_count;
    struct graphql__arg *inputs; /* input objects */
    size_t input_count;
    struct str *names; /* of an enum: values; of a union: members */
    size_t name_count;
    struct str *implements; /* of an object: interfaces; SDL only */
    size_t implement_count;
    bool paged;     /* has pageInfo: a list that pages */
    uint32_t index; /* among definitions, + 1; 0: none yet */
    uint32_t stamp; /* of the tool that needed it last */
};

struct graphql__model {
    struct arena *arena;
    struct report *report;
    struct map types; /* name -> struct graphql__type */
    struct str query;
    struct str mutation;
    size_t members;
};

/* False, always: the report has it. */
bool graphql__refuse(struct graphql__model *model, const char *rule, const char *format, ...)
    PRINTF_LIKE(3, 4);
struct graphql__type *graphql__type_find(const struct graphql__model *model, struct str name);
/* A new one of that name; NULL: there are too many. One that is there already is given. */
struct graphql__type *graphql__type_add(struct graphql__model *model, enum graphql__kind kind,
                                        struct str name);
bool graphql__name_is_good(struct str name);
/* Counts members of the whole; false: too many. */
bool graphql__count(struct graphql__model *model, size_t members);
/* What is told twice counts once. */
void graphql__unique(struct graphql__model *model);
bool graphql__ref_is_required(const struct graphql__ref *ref);
void graphql__ref_print(struct buf *out, const struct graphql__ref *ref);

/* introspection.c */
bool graphql__read_introspection(struct graphql__model *model, const struct json_value *root);
/* sdl.c */
bool graphql__read_sdl(struct graphql__model *model, struct str text);

/* --- Tools ------------------------------------------------------------------------------- */

struct graphql__defs VEC(struct graphql_def);
struct graphql__uses VEC(uint32_t);

/* schema.c: JSON Schemas; definitions that they need are added to uses. */
struct graphql__print {
    struct graphql__model *model;
    struct graphql__defs defs;
    struct VEC(struct graphql__type *) types; /* of the definitions, in the same order */
    struct graphql__uses uses;                /* of the tool in hand */
    uint32_t stamp;                           /* counts tools */
};
void graphql__input_print(struct graphql__print *print, struct buf *out,
                          const struct graphql__ref *ref, struct str description);
/* The inner text, where the innermost is an object, stands for it. */
void graphql__output_print(struct graphql__print *print, struct buf *out,
                           const struct graphql__ref *ref, struct str inner);
/* Closes uses: what definitions need is needed too; sorted, each once. */
void graphql__uses_close(struct graphql__print *print);
void graphql__indexes_sort(uint32_t *at, size_t count);
/* Prints the definitions that are only named so far. */
void graphql__defs_print(struct graphql__print *print);

/* select.c: the default selection, as text and as the schema of what it selects. */
void graphql__select_default(struct graphql__print *print, const struct graphql__field *field,
                             struct buf *text, struct buf *schema);

#endif
