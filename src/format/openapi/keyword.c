/* What each keyword of a schema holds; all others are left out. */
#include "format/openapi/internal.h"

#include <stdlib.h>

struct keyword {
    const char *name;
    enum openapi__kind kind;
    bool annotation; /* allowed beside $ref before 3.1 */
};

/* By name. */
static const struct keyword keywords[] = {
    { "additionalProperties", OPENAPI__SCHEMA, false },
    { "allOf", OPENAPI__LIST, false },
    { "anyOf", OPENAPI__LIST, false },
    { "const", OPENAPI__COPY, false },
    { "contains", OPENAPI__SCHEMA, false },
    { "contentEncoding", OPENAPI__TEXT, false },
    { "contentMediaType", OPENAPI__TEXT, false },
    { "default", OPENAPI__COPY, true },
    { "dependentRequired", OPENAPI__TEXTS, false },
    { "dependentSchemas", OPENAPI__MAP, false },
    { "deprecated", OPENAPI__BOOL, true },
    { "description", OPENAPI__TEXT, true },
    { "discriminator", OPENAPI__DISCRIMINATOR, false },
    { "else", OPENAPI__SCHEMA, false },
    { "enum", OPENAPI__ENUM, false },
    { "exclusiveMaximum", OPENAPI__BOUND, false },
    { "exclusiveMinimum", OPENAPI__BOUND, false },
    { "format", OPENAPI__TEXT, false },
    { "if", OPENAPI__SCHEMA, false },
    { "items", OPENAPI__ITEMS, false },
    { "maxContains", OPENAPI__COUNT, false },
    { "maxItems", OPENAPI__COUNT, false },
    { "maxLength", OPENAPI__COUNT, false },
    { "maxProperties", OPENAPI__COUNT, false },
    { "maximum", OPENAPI__NUMBER, false },
    { "minContains", OPENAPI__COUNT, false },
    { "minItems", OPENAPI__COUNT, false },
    { "minLength", OPENAPI__COUNT, false },
    { "minProperties", OPENAPI__COUNT, false },
    { "minimum", OPENAPI__NUMBER, false },
    { "multipleOf", OPENAPI__DIVISOR, false },
    { "not", OPENAPI__SCHEMA, false },
    { "oneOf", OPENAPI__LIST, false },
    { "pattern", OPENAPI__PATTERN, false },
    { "patternProperties", OPENAPI__MAP, false },
    { "prefixItems", OPENAPI__LIST, false },
    { "properties", OPENAPI__PROPERTIES, false },
    { "propertyNames", OPENAPI__SCHEMA, false },
    { "required", OPENAPI__REQUIRED, false },
    { "then", OPENAPI__SCHEMA, false },
    { "title", OPENAPI__TEXT, true },
    { "type", OPENAPI__TYPE, false },
    { "unevaluatedItems", OPENAPI__SCHEMA, false },
    { "unevaluatedProperties", OPENAPI__SCHEMA, false },
    { "uniqueItems", OPENAPI__BOOL, false },
};

static int keyword_compare(const void *key, const void *element)
{
    const struct str *name = key;
    const struct keyword *keyword = element;

    return str_compare(*name, str_from(keyword->name));
}

enum openapi__kind openapi__keyword(struct str name, bool *ret_annotation)
{
    const struct keyword *found =
        bsearch(&name, keywords, ARRAY_COUNT(keywords), sizeof(keywords[0]), keyword_compare);

    *ret_annotation = found && found->annotation;
    return found ? found->kind : OPENAPI__DROP;
}
