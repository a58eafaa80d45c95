/*
 * What stands beside the body: the headers that a caller acts on, the links, and the moment at
 * which the request may be repeated.
 */
#include "edge/out/http/internal.h"

#include <strings.h>

/* A name that ends with '*' is the start of one. */
static const char *const meta_names[] = {
    "link",
    "location",
    "content-location",
    "etag",
    "last-modified",
    "retry-after",
    "ratelimit*",
    "x-ratelimit*",
    "x-rate-limit*",
    "rate-limit*",
    "x-total*",
    "x-page*",
    "x-per-page",
    "x-next*",
    "x-prev*",
    "x-has-more",
    "x-cursor*",
    "deprecation",
    "sunset",
    "x-request-id",
    "request-id",
    "x-amzn-requestid",
    "x-correlation-id",
    "x-github-request-id",
    "content-range",
    "accept-ranges",
    "content-disposition",
    "content-language",
    "www-authenticate",
    "warning",
    "idempotent-replayed",
    "operation-location",
    "azure-asyncoperation",
    "preference-applied",
    "allow",
    "x-pagination*",
};

static bool is_passed_on(struct str name)
{
    if (!out_http_name_is_token(name))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(meta_names); i++) {
        size_t len = strlen(meta_names[i]);
        bool start = meta_names[i][len - 1] == '*';

        len -= start;
        if ((start ? name.len >= len : name.len == len) &&
            strncasecmp(name.ptr, meta_names[i], len) == 0)
            return true;
    }
    return false;
}

static bool was_before(struct out_http_headers headers, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (headers.at[i].name.len == headers.at[index].name.len &&
            strncasecmp(headers.at[i].name.ptr, headers.at[index].name.ptr,
                        headers.at[i].name.len) == 0)
            return true;
    return false;
}

/* All values of a header as one, as RFC 9110, 5.3 joins them. */
static void add_header(struct json_out *out, struct out_http_headers headers, size_t index)
{
    BUF_CLEANUP struct buf name = BUF_INIT;
    BUF_CLEANUP struct buf value = BUF_INIT;

    if (headers.at[index].name.len == 0)
        return;
    for (size_t i = 0; i < headers.at[index].name.len; i++) {
        char c = headers.at[index].name.ptr[i];

        buf_add_char(&name, (char)(c >= 'A' && c <= 'Z' ? c + 32 : c));
    }
    for (size_t i = index; i < headers.count; i++) {
        if (headers.at[i].name.len != name.len ||
            strncasecmp(headers.at[i].name.ptr, name.ptr, name.len) != 0)
            continue;
        if (i > index)
            buf_add_c(&value, ", ");
        buf_add_str(&value, headers.at[i].value);
    }
    json_out_key_str(out, buf_str(&name));
    json_out_str(out, out_http__cut(buf_str(&value), OUT_HTTP__MESSAGE_MAX * 4));
}

static bool add_headers(struct json_out *out, struct out_http_headers headers)
{
    size_t count = 0;

    for (size_t i = 0; i < headers.count && count < OUT_HTTP__META_MAX; i++) {
        if (!is_passed_on(headers.at[i].name) || was_before(headers, i))
            continue;
        if (count++ == 0) {
            json_out_key(out, "headers");
            json_out_object(out);
        }
        add_header(out, headers, i);
    }
    if (count)
        json_out_end(out);
    return count > 0;
}

/* --- Links (RFC 8288) -------------------------------------------------------------------- */

struct link {
    struct str target;
    struct str relation;
};

/* Up to the ',' that ends this link: neither in <> nor in quotes. */
static struct str next_link(struct str *rest)
{
    struct str text = *rest;
    char until = '\0';

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (until)
            until = (char)(c == until ? '\0' : until);
        else if (c == '<')
            until = '>';
        else if (c == '"')
            until = '"';
        else if (c == ',') {
            *rest = str_slice(text, i + 1, text.len);
            return str_slice(text, 0, i);
        }
    }
    *rest = STR_NULL;
    return text;
}

static bool link_read(struct arena *turn, struct str text, struct link *ret_link)
{
    struct str link = str_trim(text);
    size_t end = str_find_char(link, '>');

    if (link.len < 2 || link.ptr[0] != '<' || end == SIZE_MAX)
        return false;
    ret_link->target = str_slice(link, 1, end);
    ret_link->relation = out_http_parameter(turn, str_slice(link, end + 1, link.len), "rel");
    return ret_link->relation.len > 0;
}

static bool is_known(const struct link *links, size_t count, struct str relation)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(links[i].relation, relation))
            return true;
    return false;
}

/* One link may have several relations, split by spaces. */
static size_t link_add(struct arena *turn, struct str text, struct link links[OUT_HTTP__LINKS_MAX],
                       size_t count)
{
    struct link link;

    if (!link_read(turn, text, &link) || !str_is_utf8(link.relation))
        return count;
    while (link.relation.ptr && count < OUT_HTTP__LINKS_MAX) {
        struct str relation = str_trim(str_split(&link.relation, ' '));

        if (relation.len && !is_known(links, count, relation))
            links[count++] = (struct link){ .target = link.target, .relation = relation };
    }
    return count;
}

static size_t links_read(struct arena *turn, struct out_http_headers headers,
                         struct link links[OUT_HTTP__LINKS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < headers.count; i++) {
        struct str rest = headers.at[i].value;

        if (headers.at[i].name.len != 4 || strncasecmp(headers.at[i].name.ptr, "link", 4) != 0)
            continue;
        while (rest.ptr)
            count = link_add(turn, next_link(&rest), links, count);
    }
    return count;
}

static bool add_links(struct json_out *out, struct out_http_headers headers)
{
    CLEANUP(arena_free) struct arena *turn = arena_new(0);
    struct link links[OUT_HTTP__LINKS_MAX];
    size_t count = links_read(turn, headers, links);

    if (!count)
        return false;
    json_out_key(out, "links");
    json_out_object(out);
    for (size_t i = 0; i < count; i++) {
        json_out_key_str(out, links[i].relation);
        json_out_str(out, links[i].target);
    }
    json_out_end(out);
    return true;
}

void out_http__meta_add(struct json_out *out, const struct out_http_response *response)
{
    (void)add_headers(out, response->headers);
    (void)add_links(out, response->headers);
}

struct str out_http__meta(struct arena *turn, const struct out_http_response *response)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_out out = json_out(&text);
    bool any = response->status != 200;

    json_out_object(&out);
    json_out_key(&out, "status");
    json_out_u64(&out, response->status);
    any = add_headers(&out, response->headers) || any;
    any = add_links(&out, response->headers) || any;
    json_out_end(&out);
    return any ? str_copy(turn, buf_str(&text)) : STR_NULL;
}

/* --- Again? ------------------------------------------------------------------------------ */

static int64_t days_from(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT": RFC 9110, 5.6.7; the two older forms are not sent any more. */
bool out_http_date(struct str text, int64_t *ret_ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    uint64_t day;
    uint64_t year;
    uint64_t clock[3];
    int64_t month = 0;

    if (text.len != 29 || !str_ends(text, STR(" GMT")) || text.ptr[3] != ',')
        return false;
    for (int64_t i = 0; i < 12; i++)
        if (memcmp(text.ptr + 8, months + 3 * i, 3) == 0)
            month = i + 1;
    for (size_t i = 0; i < 3; i++)
        if (!str_to_u64(str_slice(text, 17 + 3 * i, 19 + 3 * i), &clock[i]))
            return false;
    if (!month || !str_to_u64(str_slice(text, 5, 7), &day) ||
        !str_to_u64(str_slice(text, 12, 16), &year) || day < 1 || day > 31 || year < 1970)
        return false;
    *ret_ms = (days_from((int64_t)year, month, (int64_t)day) * 86400 + (int64_t)clock[0] * 3600 +
               (int64_t)clock[1] * 60 + (int64_t)clock[2]) *
              1000;
    return true;
}

int64_t out_http__retry_ms(const struct out_http_request *request,
                           const struct out_http_response *response)
{
    struct str after = str_trim(out_http_header_find(response->headers, "retry-after"));
    struct str date = out_http_header_find(response->headers, "date");
    int64_t now_ms = response->now_ms;
    int64_t then_ms;
    uint64_t seconds;

    if ((response->status != 429 && response->status != 503) ||
        (!request->reads && !request->keyed) || !after.len)
        return -1;
    if (str_to_u64(after, &seconds))
        return seconds <= OUT_HTTP_RETRY_MS_MAX / 1000 ? (int64_t)seconds * 1000 : -1;
    if (!out_http_date(after, &then_ms))
        return -1;
    /* By its own clock, where it says what that shows. */
    (void)(date.len && out_http_date(str_trim(date), &now_ms));
    then_ms = then_ms > now_ms ? then_ms - now_ms : 0;
    return then_ms <= OUT_HTTP_RETRY_MS_MAX ? then_ms : -1;
}
