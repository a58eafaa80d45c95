/*
 * How a program comes about: documents are scanned for resources and anchors (scan.c), the
 * schemas that are reached from the root become nodes (compile.c) keyword by keyword (build.c).
 * All three keep lists of what is still to be done; nothing recurses.
 */
#ifndef WRIT_FORMAT_SCHEMA_COMPILE_H
#define WRIT_FORMAT_SCHEMA_COMPILE_H

#include "base/map.h"
#include "base/vec.h"
#include "format/schema/internal.h"

/* A part of a document with a URI of its own. */
struct schema__resource {
    struct str uri; /* without fragment */
    const struct json_value *root;
    enum schema_dialect dialect;
    uint32_t vocabulary;
    bool recursive; /* "$recursiveAnchor": true at its root */
};

struct schema__anchor {
    const struct json_value *value;
    uint32_t resource;
    bool dynamic;
};

/* A schema that is to become a node, and where it stands, for problems. */
struct schema__item {
    const struct json_value *value;
    struct schema__node *node;
    uint32_t resource;
    uint32_t parent;    /* item; UINT32_MAX: reached by a reference, or the root */
    enum schema__kw kw; /* of the parent, under which this stands */
    struct str key;     /* name or index under that; of a referenced one the reference; or null */
};

/* A name that dynamic references go by; its targets are known when all resources are. */
struct schema__dynamic {
    struct str anchor; /* null: $recursiveRef */
    const struct schema__node **by_resource;
};

/* A dynamic reference, and which name it goes by. */
struct schema__dynamic_ref {
    struct schema__apply *apply;
    size_t dynamic;
};

struct schema__resources VEC(struct schema__resource);
struct schema__items VEC(struct schema__item);
struct schema__dynamics VEC(struct schema__dynamic);
struct schema__dynamic_refs VEC(struct schema__dynamic_ref);
struct schema__places VEC(const struct schema__node **);

struct schema__compiler {
    struct arena *arena; /* what stays */
    struct arena *work;  /* what goes when the compiler is done */
    const struct schema_options *options;
    struct report *report;
    size_t problems;
    struct schema__resources resources;
    struct map by_uri;  /* URI -> resource index + 1 */
    struct map owners;  /* address of a schema -> resource index + 1 */
    struct map anchors; /* URI#name -> struct schema__anchor */
    struct map nodes;   /* address of a schema -> node */
    struct schema__items items;
    size_t items_done;
    struct schema__dynamics dynamics;
    struct schema__dynamic_refs dynamic_refs;
    struct map members;           /* address of a big object -> struct map of its members */
    struct map patterns;          /* text -> struct regex */
    struct schema__places places; /* every place that holds a node */
    size_t nodes_max;
    struct schema__node always;
    struct schema__node never;
};

struct schema__target {
    const struct json_value *value;
    uint32_t resource;
    const struct schema__anchor *anchor; /* the one it was reached by, or NULL */
};

/* Finds the resources and anchors of a document; gives the root's resource. */
uint32_t schema__scan(struct schema__compiler *compiler, struct str uri,
                      const struct json_value *root);

/* The resource of a schema, which is scanned as a part of `within` if it was not yet. */
uint32_t schema__owner(struct schema__compiler *compiler, const struct json_value *value,
                       uint32_t within);

/* What the reference means in the resource; scans documents as needed. False: nothing. */
bool schema__resolve(struct schema__compiler *compiler, uint32_t resource, struct str reference,
                     struct schema__target *ret_target);

/* The anchor of that name in the resource, or NULL. */
const struct schema__anchor *schema__anchor_find(struct schema__compiler *compiler,
                                                 uint32_t resource, struct str name);

/*
 * Sets *place to the node of a schema that stands under the item (its keyword, and a name or index
 * below that or null). The node is built later; the place may be changed at the end.
 */
void schema__place(struct schema__compiler *compiler, const struct schema__node **place,
                   const struct json_value *value, const struct schema__item *where);

/* Notes a problem at the item's keyword (KW__NONE: the schema itself). */
void schema__refuse(struct schema__compiler *compiler, const struct schema__item *item,
                    enum schema__kw kw, const char *format, ...) PRINTF_LIKE(4, 5);

/* Notes a dynamic reference; false where there are too many names. */
bool schema__dynamic_add(struct schema__compiler *compiler, struct schema__apply *apply,
                         struct str anchor);

/* Builds the item's node from its value. */
void schema__build(struct schema__compiler *compiler, struct schema__item item);

#endif
