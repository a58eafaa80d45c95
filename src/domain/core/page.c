/*
 * tools.writ.results.read: pages of a result that is kept as an artifact.
 *
 * Without a pointer a page is a piece of the text as it is kept; with one, it is what the pointer
 * leads to: some items of a list, a piece of a string, or a value that is small enough. Of bytes
 * that are no UTF-8 a page is base64.
 */
#include "domain/core/page.h"

#include "base/base64.h"
#include "format/json/json.h"

#define PAGE_BYTES   (256U * 1024U) /* of a page where no limit is given */
#define PAGE_ITEMS   1000U
#define PAGE_MAX     (512U * 1024U) /* of a page as it is printed */
#define PAGE_MEMBERS 40U            /* named where a value is too large */
#define PAGE_AROUND  4U             /* bytes of a character that begins before or ends behind */

struct page {
    const struct json_value *args;
    uint64_t offset;
    uint64_t limit; /* 0: not given */
    struct arena *turn;
    struct buf *out;
    struct msg_error *error;
};

static bool page_fails(struct page *page, const char *code, struct str sentence)
{
    *page->error = (struct msg_error){ .code = str_from(code), .message = sentence };
    return false;
}

/* Not inside of a character. */
static size_t text_cut(struct str text, uint64_t at)
{
    size_t cut = at < text.len ? (size_t)at : text.len;

    while (cut > 0 && cut < text.len && ((unsigned char)text.ptr[cut] & 0xC0) == 0x80)
        cut--;
    return cut;
}

static void end_print(struct buf *out, uint64_t total, uint64_t next)
{
    buf_printf(out, ",\"total\":%llu,\"next\":", (unsigned long long)total);
    if (next < total)
        buf_printf(out, "%llu}", (unsigned long long)next);
    else
        buf_add_c(out, "null}");
}

/* Of a text that is `total` long, what stands from `at` on; as much as the page may need. */
static void text_page(struct page *page, struct str text, uint64_t at, uint64_t total)
{
    uint64_t limit = page->limit ? page->limit : PAGE_BYTES;
    size_t from = text_cut(text, page->offset > at ? page->offset - at : 0);

    for (;;) {
        size_t to = text_cut(text, from + limit);

        if (to == from && from < text.len)
            to = text_cut(text, from + 4);
        buf_clear(page->out);
        buf_add_c(page->out, "{\"text\":");
        buf_add_json(page->out, str_slice(text, from, to));
        end_print(page->out, total, at + to);
        if (page->out->len <= PAGE_MAX || limit < 8)
            return;
        limit /= 2;
    }
}

/* Of bytes that are no text. */
static void bytes_page(struct page *page, const struct core_page_bytes *bytes)
{
    uint64_t limit = page->limit && page->limit < PAGE_BYTES ? page->limit : PAGE_BYTES;
    uint64_t from = page->offset < bytes->total ? page->offset : bytes->total;
    uint64_t to = bytes->total - from < limit ? bytes->total : from + limit;

    buf_add_c(page->out, "{\"$base64\":\"");
    base64_encode(page->out, str_slice(bytes->bytes, (size_t)(from - bytes->from),
                                       (size_t)(to - bytes->from)));
    buf_add_char(page->out, '"');
    end_print(page->out, bytes->total, to);
}

static void list_page(struct page *page, const struct json_value *list)
{
    uint64_t limit = page->limit ? page->limit : PAGE_ITEMS, count = 0, at = 0;
    struct json_iter iter = json_iter(list);
    const struct json_value *item;
    struct buf text BUF_CLEANUP = BUF_INIT;

    buf_add_c(page->out, "{\"value\":[");
    while ((item = json_next(&iter))) {
        if (at++ < page->offset)
            continue;
        buf_clear(&text);
        json_print(&text, item);
        if (count == limit || page->out->len + text.len > PAGE_MAX)
            break;
        if (count++ > 0)
            buf_add_char(page->out, ',');
        buf_add_str(page->out, buf_str(&text));
    }
    buf_add_char(page->out, ']');
    end_print(page->out, json_count(list), page->offset + count);
}

static bool too_large(struct page *page, const struct json_value *value)
{
    struct json_iter iter = json_iter(value);
    struct str names = STR("");

    for (unsigned i = 0; i < PAGE_MEMBERS && json_next(&iter); i++)
        names = str_printf(page->turn, "%.*s%s%.*s", STR_ARG(names), i ? ", " : "",
                           STR_ARG(str_slice(iter.key, 0, 64)));
    return page_fails(page, "limit",
                      str_printf(page->turn,
                                 "what is there is too large to be given whole; point to a "
                                 "member of it: %.*s",
                                 STR_ARG(names)));
}

static bool value_page(struct page *page, const struct json_value *value)
{
    if (json_is_string(value)) {
        text_page(page, json_str(value), 0, json_str(value).len);
        return true;
    }
    if (json_is_array(value)) {
        list_page(page, value);
        /* Not even one item had room. */
        return page->offset >= json_count(value) ||
                       !str_starts(buf_str(page->out), STR("{\"value\":[],"))
                   ? true
                   : too_large(page, json_at(value, page->offset));
    }
    buf_add_c(page->out, "{\"value\":");
    json_print(page->out, value);
    end_print(page->out, 1, 1);
    return page->out->len <= PAGE_MAX ? true : too_large(page, value);
}

static bool page_make(struct page *page, const struct core_page_bytes *bytes)
{
    const struct json_value *pointer = json_get(page->args, "pointer"), *value;
    struct json_error error;
    struct json_doc doc;

    if (!pointer) {
        if (bytes->is_text)
            text_page(page, bytes->bytes, bytes->from, bytes->total);
        else
            bytes_page(page, bytes);
        return true;
    }
    if (json_parse(page->turn, bytes->bytes, NULL, &error, &doc) != JSON_PARSED)
        return page_fails(page, "invalid", STR("this result is no JSON: read it without pointer"));
    value = json_pointer(doc.root, json_str(pointer));
    if (!value)
        return page_fails(page, "invalid",
                          STR("the pointer leads nowhere: it is a JSON pointer (RFC 6901), such "
                              "as /items/0"));
    return value_page(page, value);
}

static bool args_read(struct page *page, struct str args)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(page->turn, args, NULL, &error, &doc) != JSON_PARSED)
        return false;
    page->args = doc.root;
    page->offset = json_u64_or(json_get(doc.root, "offset"), 0);
    page->limit = json_u64_or(json_get(doc.root, "limit"), 0);
    return true;
}

bool core_page_print(struct str args, const struct core_page_bytes *bytes, struct arena *turn,
                     struct buf *out, struct msg_error *ret_error)
{
    struct page page = { .turn = turn, .out = out, .error = ret_error };

    if (!args_read(&page, args))
        return page_fails(&page, "invalid", STR("the argument is no JSON"));
    return page_make(&page, bytes);
}

bool core_page_read(struct str args, struct arena *turn, struct core_page *ret_page)
{
    struct page page = { .turn = turn };

    if (!args_read(&page, args) ||
        !digest_parse(json_get_str(page.args, "artifact"), &ret_page->artifact))
        return false;
    ret_page->whole = json_get(page.args, "pointer") != NULL;
    ret_page->from = page.offset > PAGE_AROUND ? page.offset - PAGE_AROUND : 0;
    ret_page->len = (size_t)(page.limit ? page.limit : PAGE_BYTES) + 3 * PAGE_AROUND;
    return true;
}
