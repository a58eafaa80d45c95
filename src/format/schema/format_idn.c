/* Host names beyond ASCII: RFC 5890 to 5892. */
#include "format/schema/format.h"

bool schema__format_idn_hostname(struct str text)
{
    return schema__format_hostname(text);
}
