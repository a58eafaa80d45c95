/*
 * The meta-schemas of the dialects, as json-schema.org publishes them (meta/), so that a $ref to
 * one needs no network.
 */
#include "format/schema/schema.h"
#include "format/schema/schema_meta.h"

const struct json_value *schema_meta(struct arena *arena, struct str uri)
{
    struct json_error error;
    struct json_doc doc;

    for (size_t i = 0; i < ARRAY_COUNT(schema_meta_files); i++) {
        if (!str_is(uri, schema_meta_files[i].uri))
            continue;
        CHECK(json_parse(arena, str_from(schema_meta_files[i].text), NULL, &error, &doc) ==
              JSON_PARSED);
        return doc.root;
    }
    return NULL;
}
