/* Shared by the files of this room; nobody else may include it. */
#ifndef WRIT_FORMAT_YAML_INTERNAL_H
#define WRIT_FORMAT_YAML_INTERNAL_H

#include "base/buf.h"
#include "format/yaml/yaml.h"

enum yaml__kind {
    YAML__SCALAR, /* text is JSON already */
    YAML__LIST,
    YAML__MAP,
};

/* An aliased node is shared: the document is a graph without cycles. */
struct yaml__node {
    enum yaml__kind kind;
    bool finished;             /* false while its end was not seen */
    bool is_text;              /* scalars: a string in JSON */
    struct str text;           /* scalars: as JSON; see raw for keys */
    struct str raw;            /* scalars: as written */
    struct yaml__entry *first; /* children in order */
    struct yaml__entry *last;
};

struct yaml__entry {
    struct str key; /* maps */
    bool merged;    /* came from a merge key: gives way to a key of its own */
    struct yaml__node *value;
    struct yaml__entry *next;
};

/* ---- scalar.c ---- */
/* A plain scalar by the core schema: its JSON, and whether that is a string. */
struct str yaml__scalar(struct str raw, struct arena *arena, bool *ret_is_text);
struct str yaml__quoted(struct str raw, struct arena *arena);

/* ---- print.c ---- */
/* False where the text would be longer than max, or is nested too deep. */
bool yaml__print(const struct yaml__node *root, size_t max, struct buf *out);

#endif
