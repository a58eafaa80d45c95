/* What a response means for the call: the one convention, docs/protocol/results.md. */
#include "edge/out/http/internal.h"

static const char *reason_of(unsigned int status)
{
    static const struct {
        unsigned int status;
        const char *reason;
    } reasons[] = {
        { 300, "Multiple Choices" },
        { 301, "Moved Permanently" },
        { 302, "Found" },
        { 303, "See Other" },
        { 307, "Temporary Redirect" },
        { 308, "Permanent Redirect" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 402, "Payment Required" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 410, "Gone" },
        { 411, "Length Required" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 414, "URI Too Long" },
        { 415, "Unsupported Media Type" },
        { 422, "Unprocessable Content" },
        { 423, "Locked" },
        { 428, "Precondition Required" },
        { 429, "Too Many Requests" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
    };

    for (size_t i = 0; i < ARRAY_COUNT(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "";
}

/* --- What went wrong, in the source's words ---------------------------------------------- */

static struct str page_title(struct str html)
{
    size_t from = str_find(html, STR("<title"));
    size_t end;

    if (from == SIZE_MAX)
        return STR_NULL;
    html = str_slice(html, from, html.len);
    from = str_find_char(html, '>');
    end = str_find(html, STR("</"));
    return from == SIZE_MAX || end == SIZE_MAX || end < from
               ? STR_NULL
               : str_trim(str_slice(html, from + 1, end));
}

/* RFC 9457 first, then what is most usual. */
static struct str json_message(const struct json_value *json)
{
    static const char *const pointers[] = {
        "/detail",
        "/message",
        "/error/message",
        "/error_description",
        "/errors/0/message",
        "/errors/0/detail",
        "/error/description",
        "/error/detail",
        "/errorMessage",
        "/Message",
        "/msg",
        "/reason",
        "/error",
        "/title",
        "/description",
        "/errors/0",
    };

    if (json_is_string(json))
        return json_str(json);
    for (size_t i = 0; i < ARRAY_COUNT(pointers); i++) {
        struct str text = json_str(json_pointer(json, str_from(pointers[i])));

        if (text.len)
            return text;
    }
    return STR_NULL;
}

static struct str message_of(const struct out_http__body *body)
{
    if (body->kind == OUT_HTTP__JSON)
        return json_message(body->json);
    if (body->html)
        return page_title(body->text);
    return body->kind == OUT_HTTP__TEXT ? str_trim(body->text) : STR_NULL;
}

static struct str failure_text(struct arena *turn, unsigned int status,
                               const struct out_http__body *body)
{
    struct str words = out_http__cut(message_of(body), OUT_HTTP__MESSAGE_MAX);
    const char *reason = reason_of(status);

    return str_printf(turn, "HTTP %u%s%s%s%.*s", status, *reason ? " " : "", reason,
                      words.len ? ": " : "", STR_ARG(words));
}

static void add_body(struct json_out *out, struct arena *turn, const struct out_http__body *body)
{
    struct str text = body->text;

    if (body->kind == OUT_HTTP__JSON) {
        text = json_text(turn, body->json);
        if (text.len <= OUT_HTTP__DATA_MAX) {
            json_out_key(out, "body");
            json_out_raw(out, text);
            return;
        }
    }
    if (body->kind != OUT_HTTP__JSON && body->kind != OUT_HTTP__TEXT)
        return;
    json_out_key(out, "body");
    json_out_str(out, out_http__cut(text, OUT_HTTP__DATA_MAX / 2));
    if (text.len > OUT_HTTP__DATA_MAX / 2) {
        json_out_key(out, "cut");
        json_out_bool(out, true);
    }
}

static struct str failure_data(struct arena *turn, const struct out_http_response *response,
                               const struct out_http__body *body)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_out out = json_out(&text);

    json_out_object(&out);
    json_out_key(&out, "status");
    json_out_u64(&out, response->status);
    out_http__meta_add(&out, response);
    add_body(&out, turn, body);
    json_out_end(&out);
    return str_copy(turn, buf_str(&text));
}

/* Answers of a gateway that had none from the source: 520 to 524 are one maker's. */
static bool is_gateway(unsigned int status)
{
    return status == 502 || status == 504 || (status >= 520 && status <= 524);
}

/* RFC 6750, section 3.1: who asks is known, and may not do this with what was sent. */
static bool lacks_scope(const struct out_http_response *response)
{
    struct str wanted = out_http_header_find(response->headers, "www-authenticate");

    return response->status == 403 && str_find(wanted, STR("insufficient_scope")) != SIZE_MAX;
}

static struct str code_of(const struct out_http_response *response)
{
    unsigned int status = response->status;

    if (status == 401 || lacks_scope(response))
        return STR("auth_required");
    if (status == 429 || status == 503)
        return STR("busy");
    return is_gateway(status) ? STR("unreachable") : STR("upstream");
}

static void fail(struct arena *turn, const struct out_http_response *response,
                 const struct out_http__body *body, struct out_http_outcome *outcome)
{
    outcome->status =
        is_gateway(response->status) ? MSG_OUTCOME_STATUS_UNREACHABLE : MSG_OUTCOME_STATUS_FAILED;
    outcome->code = code_of(response);
    outcome->text = failure_text(turn, response->status, body);
    outcome->data = failure_data(turn, response, body);
}

/* --- The value --------------------------------------------------------------------------- */

static void bytes_value(struct json_out *out, const struct out_http_response *response,
                        const struct out_http__body *body, struct out_http_outcome *outcome)
{
    char hex[DIGEST_HEX_LEN];

    outcome->blob = response->body;
    outcome->name = digest_of(response->body);
    digest_hex(&outcome->name, hex);
    json_out_object(out);
    json_out_key(out, "$artifact");
    json_out_str(out, str_of(hex, sizeof(hex)));
    json_out_key(out, "type");
    json_out_str(out, body->type.len && str_is_utf8(body->type) ? body->type
                                                                : STR("application/octet-stream"));
    json_out_key(out, "size");
    json_out_u64(out, response->body.len);
    json_out_end(out);
}

static void answer(struct arena *turn, const struct out_http_response *response,
                   const struct out_http__body *body, struct out_http_outcome *outcome)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_out out = json_out(&text);

    switch (body->kind) {
    case OUT_HTTP__NOTHING:
        json_out_null(&out);
        break;
    case OUT_HTTP__JSON:
        json_out_value(&out, body->json);
        break;
    case OUT_HTTP__TEXT:
        json_out_str(&out, body->text);
        break;
    case OUT_HTTP__BYTES:
        bytes_value(&out, response, body, outcome);
        break;
    }
    outcome->status = MSG_OUTCOME_STATUS_ANSWERED;
    outcome->value = str_copy(turn, buf_str(&text));
    outcome->meta = out_http__meta(turn, response);
}

/* A page, or broken JSON, where data is expected: nobody knows what the source did. */
static bool is_no_answer(struct arena *turn, const struct out_http_request *request,
                         const struct out_http__body *body, struct str *ret_text)
{
    struct str title = out_http__cut(page_title(body->text), OUT_HTTP__MESSAGE_MAX);

    if (body->fault) {
        *ret_text =
            str_printf(turn, "the answer says that it is JSON, and is none: %s", body->fault);
        return true;
    }
    if (!body->html || !request->json)
        return false;
    *ret_text = str_printf(turn, "it answered with a web page (HTML) instead of JSON%s%.*s%s",
                           title.len ? ": \"" : "", STR_ARG(title), title.len ? "\"" : "");
    return true;
}

void out_http_outcome_of(struct arena *turn, const struct out_http_request *request,
                         const struct out_http_response *response,
                         struct out_http_outcome *ret_outcome)
{
    struct out_http_outcome outcome = { .retry_ms = out_http__retry_ms(request, response) };
    struct out_http__body body;
    struct str text;

    out_http__body_read(turn, request, response, &body);
    if ((response->status < 200 || response->status > 299) && response->status != 304) {
        fail(turn, response, &body, &outcome);
    } else if (is_no_answer(turn, request, &body, &text)) {
        outcome.status = MSG_OUTCOME_STATUS_UNREADABLE;
        outcome.code = STR("upstream");
        outcome.text = text;
        outcome.data = failure_data(turn, response, &body);
    } else {
        answer(turn, response, &body, &outcome);
    }
    *ret_outcome = outcome;
}
