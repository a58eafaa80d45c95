/*
 * keyword - the words of JSON Schema: which dialects have them, in which vocabulary they are, and
 * which of them hold further schemas. const, contains, propertyNames and if are taken in dialects
 * that did not have them yet: schemas in use say draft-04 and mean them. x-discriminator is ours:
 * what OpenAPI's discriminator becomes, {"propertyName": name, "mapping": {text: index of an
 * alternative}}.
 */
#ifndef WRIT_FORMAT_SCHEMA_KEYWORD_H
#define WRIT_FORMAT_SCHEMA_KEYWORD_H

#include "base/str.h"

/* Dialects as a set: bit n is enum schema_dialect n. */
#define KW__20  1U
#define KW__19  2U
#define KW__07  4U
#define KW__06  8U
#define KW__04  16U
#define KW__ALL (KW__20 | KW__19 | KW__07 | KW__06 | KW__04)
#define KW__NEW (KW__20 | KW__19)
#define KW__OLD (KW__19 | KW__07 | KW__06 | KW__04)

/* What a keyword's value holds. */
enum schema__shape {
    SHAPE_PLAIN,  /* no schemas */
    SHAPE_SCHEMA, /* one */
    SHAPE_LIST,   /* an array of them */
    SHAPE_MAP,    /* an object of them */
    SHAPE_ITEMS,  /* one, or an array of them */
    SHAPE_MIXED,  /* an object of schemas and arrays of names */
};

/* Vocabularies that can be left out by a meta-schema's $vocabulary; bits. */
#define VOCAB__CORE        1U
#define VOCAB__APPLICATOR  2U
#define VOCAB__UNEVALUATED 4U
#define VOCAB__VALIDATION  8U
#define VOCAB__FORMAT      16U /* format asserts */
#define VOCAB__ALL         15U /* but VOCAB__FORMAT */

/* name, text, shape, dialects, vocabulary */
#define SCHEMA__KEYWORDS(X)                                                                        \
    X(ID, "$id", SHAPE_PLAIN, KW__ALL & ~KW__04, VOCAB__CORE)                                      \
    X(ID_04, "id", SHAPE_PLAIN, KW__04, VOCAB__CORE)                                               \
    X(SCHEMA, "$schema", SHAPE_PLAIN, KW__ALL, VOCAB__CORE)                                        \
    X(REF, "$ref", SHAPE_PLAIN, KW__ALL, VOCAB__CORE)                                              \
    X(ANCHOR, "$anchor", SHAPE_PLAIN, KW__NEW, VOCAB__CORE)                                        \
    X(DYNAMIC_REF, "$dynamicRef", SHAPE_PLAIN, KW__20, VOCAB__CORE)                                \
    X(DYNAMIC_ANCHOR, "$dynamicAnchor", SHAPE_PLAIN, KW__20, VOCAB__CORE)                          \
    X(RECURSIVE_REF, "$recursiveRef", SHAPE_PLAIN, KW__19, VOCAB__CORE)                            \
    X(RECURSIVE_ANCHOR, "$recursiveAnchor", SHAPE_PLAIN, KW__19, VOCAB__CORE)                      \
    X(DEFS, "$defs", SHAPE_MAP, KW__NEW, VOCAB__CORE)                                              \
    X(DEFINITIONS, "definitions", SHAPE_MAP, KW__ALL, VOCAB__CORE)                                 \
    X(TYPE, "type", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                                       \
    X(ENUM, "enum", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                                       \
    X(CONST, "const", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                                     \
    X(MULTIPLE_OF, "multipleOf", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                          \
    X(MAXIMUM, "maximum", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                                 \
    X(EXCLUSIVE_MAXIMUM, "exclusiveMaximum", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)              \
    X(MINIMUM, "minimum", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                                 \
    X(EXCLUSIVE_MINIMUM, "exclusiveMinimum", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)              \
    X(MAX_LENGTH, "maxLength", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                            \
    X(MIN_LENGTH, "minLength", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                            \
    X(PATTERN, "pattern", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                                 \
    X(FORMAT, "format", SHAPE_PLAIN, KW__ALL, VOCAB__CORE)                                         \
    X(ITEMS, "items", SHAPE_ITEMS, KW__ALL, VOCAB__APPLICATOR)                                     \
    X(ADDITIONAL_ITEMS, "additionalItems", SHAPE_SCHEMA, KW__OLD, VOCAB__APPLICATOR)               \
    X(PREFIX_ITEMS, "prefixItems", SHAPE_LIST, KW__20, VOCAB__APPLICATOR)                          \
    X(MAX_ITEMS, "maxItems", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                              \
    X(MIN_ITEMS, "minItems", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                              \
    X(UNIQUE_ITEMS, "uniqueItems", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                        \
    X(CONTAINS, "contains", SHAPE_SCHEMA, KW__ALL, VOCAB__APPLICATOR)                              \
    X(MAX_CONTAINS, "maxContains", SHAPE_PLAIN, KW__NEW, VOCAB__VALIDATION)                        \
    X(MIN_CONTAINS, "minContains", SHAPE_PLAIN, KW__NEW, VOCAB__VALIDATION)                        \
    X(MAX_PROPERTIES, "maxProperties", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                    \
    X(MIN_PROPERTIES, "minProperties", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                    \
    X(REQUIRED, "required", SHAPE_PLAIN, KW__ALL, VOCAB__VALIDATION)                               \
    X(PROPERTIES, "properties", SHAPE_MAP, KW__ALL, VOCAB__APPLICATOR)                             \
    X(PATTERN_PROPERTIES, "patternProperties", SHAPE_MAP, KW__ALL, VOCAB__APPLICATOR)              \
    X(ADDITIONAL_PROPERTIES, "additionalProperties", SHAPE_SCHEMA, KW__ALL, VOCAB__APPLICATOR)     \
    X(PROPERTY_NAMES, "propertyNames", SHAPE_SCHEMA, KW__ALL, VOCAB__APPLICATOR)                   \
    X(DEPENDENCIES, "dependencies", SHAPE_MIXED, KW__ALL, VOCAB__APPLICATOR)                       \
    X(DEPENDENT_REQUIRED, "dependentRequired", SHAPE_PLAIN, KW__NEW, VOCAB__VALIDATION)            \
    X(DEPENDENT_SCHEMAS, "dependentSchemas", SHAPE_MAP, KW__NEW, VOCAB__APPLICATOR)                \
    X(ALL_OF, "allOf", SHAPE_LIST, KW__ALL, VOCAB__APPLICATOR)                                     \
    X(ANY_OF, "anyOf", SHAPE_LIST, KW__ALL, VOCAB__APPLICATOR)                                     \
    X(ONE_OF, "oneOf", SHAPE_LIST, KW__ALL, VOCAB__APPLICATOR)                                     \
    X(TOLD, "x-discriminator", SHAPE_PLAIN, KW__20, VOCAB__APPLICATOR)                             \
    X(NOT, "not", SHAPE_SCHEMA, KW__ALL, VOCAB__APPLICATOR)                                        \
    X(IF, "if", SHAPE_SCHEMA, KW__ALL, VOCAB__APPLICATOR)                                          \
    X(THEN, "then", SHAPE_SCHEMA, KW__ALL, VOCAB__APPLICATOR)                                      \
    X(ELSE, "else", SHAPE_SCHEMA, KW__ALL, VOCAB__APPLICATOR)                                      \
    X(UNEVALUATED_ITEMS, "unevaluatedItems", SHAPE_SCHEMA, KW__NEW, VOCAB__UNEVALUATED)            \
    X(UNEVALUATED_PROPERTIES, "unevaluatedProperties", SHAPE_SCHEMA, KW__NEW, VOCAB__UNEVALUATED)  \
    X(CONTENT_SCHEMA, "contentSchema", SHAPE_SCHEMA, KW__NEW, VOCAB__CORE)

enum schema__kw {
#define SCHEMA__KEYWORD_ENUM(name, text, shape, dialects, vocabulary) KW_##name,
    SCHEMA__KEYWORDS(SCHEMA__KEYWORD_ENUM)
#undef SCHEMA__KEYWORD_ENUM
        KW__COUNT,
    KW__NONE = KW__COUNT,
};

struct schema__keyword {
    struct str text;
    enum schema__shape shape;
    uint32_t dialects;
    uint32_t vocabulary;
};

extern const struct schema__keyword schema__keywords[KW__COUNT];

/* The keyword of that name in any dialect, or KW__NONE. */
enum schema__kw schema__keyword_find(struct str text);

#endif
