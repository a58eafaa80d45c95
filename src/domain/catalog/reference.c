/* What in arguments is a reference to an artifact. */
#include "domain/catalog/reference.h"

#include "format/json/swap.h"

struct str catalog_reference(const struct json_value *value)
{
    if (json_is_string(json_get(value, "$base64")))
        return STR_NULL;
    return json_get_str(value, "$artifact");
}

bool catalog_says_text(const struct json_value *args)
{
    return json_next_with_both(args, "$artifact", "$as", NULL) != NULL;
}

const struct json_value *catalog_reference_next(const struct json_value *args, bool said,
                                                const struct json_value *last)
{
    do
        last = json_next_with(args, "$artifact", last);
    while (last && (!catalog_reference(last).ptr || (said && !json_get(last, "$as"))));
    return last;
}
