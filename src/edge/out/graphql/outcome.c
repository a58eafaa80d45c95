/* { data, errors } to an outcome. */
#include "edge/out/graphql/graphql.h"
#include "format/json/out.h"

/* Of all messages together, and of errors and data that go with a failure. */
#define MESSAGE_MAX 1024U
#define DATA_MAX    12288U

static struct str cut(struct str text, size_t max)
{
    size_t len = text.len < max ? text.len : max;

    while (len < text.len && len > 0 && ((uint8_t)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return str_slice(text, 0, len);
}

static struct str messages_of(struct arena *turn, const struct json_value *errors)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_iter iter = json_iter(errors);
    const struct json_value *error;

    while (text.len < MESSAGE_MAX && (error = json_next(&iter))) {
        struct str message = json_get_str(error, "message");

        if (!message.len)
            continue;
        if (text.len)
            buf_add_char(&text, '\n');
        buf_add_str(&text, message);
    }
    return text.len ? str_copy(turn, cut(buf_str(&text), MESSAGE_MAX))
                    : STR("it failed without a message");
}

/* What came all the same is kept, as far as it is not too much. */
static struct str data_of(struct arena *turn, const struct json_value *errors,
                          const struct json_value *data)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_out out = json_out(&text);
    struct str all = json_text(turn, errors);
    struct str came = json_text(turn, data);
    size_t left = DATA_MAX;

    json_out_object(&out);
    if (all.len <= left) {
        json_out_key(&out, "errors");
        json_out_raw(&out, all);
        left -= all.len;
    }
    if (data && came.len <= left) {
        json_out_key(&out, "data");
        json_out_raw(&out, came);
    }
    if (all.len > DATA_MAX || (data && came.len > left)) {
        json_out_key(&out, "cut");
        json_out_bool(&out, true);
    }
    json_out_end(&out);
    return str_copy(turn, buf_str(&text));
}

/* Apollo's word for it, which others took over. */
static struct str code_of(const struct json_value *errors)
{
    struct str code = json_str(json_pointer(json_at(errors, 0), STR("/extensions/code")));

    return str_is(code, "UNAUTHENTICATED") ? STR("auth_required") : STR("upstream");
}

static void fail(struct arena *turn, const struct json_value *errors, const struct json_value *data,
                 struct out_http_outcome *outcome)
{
    outcome->status = MSG_OUTCOME_STATUS_FAILED;
    outcome->code = code_of(errors);
    outcome->text = messages_of(turn, errors);
    outcome->data = data_of(turn, errors, json_is_null(data) ? NULL : data);
    outcome->value = STR_NULL;
}

static void no_answer(struct out_http_outcome *outcome)
{
    outcome->status = MSG_OUTCOME_STATUS_UNREADABLE;
    outcome->code = STR("upstream");
    outcome->text = STR("what it answered is no answer to a GraphQL request: it has neither data "
                        "nor errors");
    outcome->data = STR("{}");
    outcome->value = STR_NULL;
    outcome->blob = STR_NULL;
}

void out_graphql_outcome_of(struct arena *turn, const struct json_value *plan,
                            const struct out_http_request *request,
                            const struct out_http_response *response,
                            struct out_http_outcome *ret_outcome)
{
    struct out_http_outcome outcome;
    const struct json_value *errors;
    const struct json_value *data;
    struct json_error error;
    struct json_doc doc;

    out_http_outcome_of(turn, request, response, &outcome);
    *ret_outcome = outcome;
    if (outcome.status != MSG_OUTCOME_STATUS_ANSWERED)
        return;
    if (json_parse(turn, outcome.value, NULL, &error, &doc) != JSON_PARSED)
        UNREACHABLE("a value that is no JSON");
    errors = json_get(doc.root, "errors");
    data = json_get(doc.root, "data");
    if (json_count(errors))
        fail(turn, errors, data, &outcome);
    else if (!json_is_object(data))
        no_answer(&outcome);
    else
        outcome.value = json_text(turn, json_find(data, json_get_str(plan, "result")));
    if (outcome.status == MSG_OUTCOME_STATUS_ANSWERED && !outcome.value.len)
        outcome.value = STR("null");
    *ret_outcome = outcome;
}
