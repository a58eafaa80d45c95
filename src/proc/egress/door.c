/*
 * Secrets. In: whatever has a known shape becomes its reference, and the value goes to the vault,
 * bound to its source. Out: references in the arguments of a call to the same source become the
 * values again, if the vault gives them.
 */
#include "proc/egress/internal.h"

#include "base/base64.h"

static void seal(struct egress *egress, const struct secret_found *found, uint64_t source,
                 uint64_t execution)
{
    const struct wire_frame frame = { .type = MSG_VAULT_SEAL };
    struct msg_vault_seal msg = { .reference = str_of(found->reference, SECRET_REFERENCE_LEN),
                                  .value = found->value,
                                  .source = source,
                                  .execution = execution };

    if (!egress->vault)
        return;
    msg_vault_seal_encode(&msg, link_begin(egress->vault, &frame));
    /* What the vault does not get is lost, and stays replaced. */
    (void)!link_end(egress->vault);
}

/* --- What its source was given --------------------------------------------------------------- */

/* A value so short is a word that stands in many answers. */
#define KNOWN_MIN 8U

/* The text with one value replaced by its reference wherever it stands. */
static struct str known_replace(struct egress *egress, struct str text, struct str value,
                                struct str reference)
{
    BUF_CLEANUP struct buf out = BUF_INIT;
    size_t at = value.len < KNOWN_MIN ? SIZE_MAX : str_find(text, value);

    if (at == SIZE_MAX)
        return text;
    for (; at != SIZE_MAX; at = str_find(text, value)) {
        buf_add_str(&out, str_slice(text, 0, at));
        buf_printf(&out, "{{%.*s}}", STR_ARG(reference));
        text = str_slice(text, at + value.len, text.len);
        egress->replaced++;
    }
    buf_add_str(&out, text);
    return str_copy(egress->turn, buf_str(&out));
}

/* As it is, as JSON spells it, and as Basic sends it. */
static struct str known_replace_all(struct egress *egress, struct str text,
                                    const struct egress_secret *secret)
{
    BUF_CLEANUP struct buf quoted = BUF_INIT;
    BUF_CLEANUP struct buf basic = BUF_INIT;

    buf_add_json(&quoted, secret->value);
    base64_encode(&basic, secret->value);
    text = known_replace(egress, text, secret->value, secret->reference);
    text = known_replace(egress, text, str_slice(buf_str(&quoted), 1, quoted.len - 1),
                         secret->reference);
    text = known_replace(egress, text, buf_str(&basic), secret->reference);
    explicit_bzero(quoted.ptr, quoted.len);
    explicit_bzero(basic.ptr, basic.len);
    return text;
}

static struct str known_out(struct egress *egress, struct str text, uint64_t id)
{
    const struct egress_source *source = egress__source_find(egress, id);
    const struct egress_secrets *secrets = source ? egress__wire_secrets(source) : NULL;

    for (size_t i = 0; secrets && i < secrets->count; i++)
        if (secrets->at[i].value.len >= KNOWN_MIN)
            text = known_replace_all(egress, text, &secrets->at[i]);
    return text;
}

struct str egress__door_in(struct egress *egress, const struct secret_door *door, struct str text,
                           uint64_t source, uint64_t execution)
{
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct secret_found_list found = { 0 };
    size_t count;

    if (!text.len)
        return text;
    text = known_out(egress, text, source);
    count = secret_replace(door, text, egress->turn, &out, &found);
    for (size_t i = 0; i < found.count; i++)
        seal(egress, &found.at[i], source, execution);
    VEC_FINI(&found);
    egress->replaced += (uint32_t)count;
    return count ? str_copy(egress->turn, buf_str(&out)) : text;
}

static bool is_asked(const struct egress_call *call, struct str reference)
{
    for (size_t i = 0; i < call->secrets.count; i++)
        if (str_equal(call->secrets.at[i].reference, reference))
            return true;
    return false;
}

static bool ask(struct egress *egress, const struct egress_call *call, struct str reference)
{
    const struct wire_frame frame = { .type = MSG_VAULT_OPEN, .id = call->handle };
    struct msg_vault_open msg = { .reference = reference,
                                  .source = call->send.source,
                                  .execution = call->send.execution,
                                  .call = call->send.call };

    if (!egress->vault)
        return false;
    msg_vault_open_encode(&msg, link_begin(egress->vault, &frame));
    return link_end(egress->vault) == 0;
}

static bool ask_for(struct egress *egress, uint64_t id, const struct msg_vault_open *msg)
{
    const struct wire_frame frame = { .type = MSG_VAULT_OPEN, .id = id };

    if (!egress->vault)
        return false;
    msg_vault_open_encode(msg, link_begin(egress->vault, &frame));
    return link_end(egress->vault) == 0;
}

bool egress__door_ask_source(struct egress *egress, uint64_t source, struct str reference,
                             struct str bound)
{
    return ask_for(
        egress, source | EGRESS_OF_SOURCE,
        &(struct msg_vault_open){ .reference = reference, .bound = bound, .source = source });
}

bool egress__door_ask_fetch(struct egress *egress, const struct msg_fetch_start *fetch,
                            struct str reference, struct str bound)
{
    return ask_for(egress, fetch->fetch | EGRESS_OF_FETCH,
                   &(struct msg_vault_open){
                       .reference = reference, .bound = bound, .source = fetch->source });
}

bool egress__door_ask_text(struct egress *egress, struct egress_call *call, struct str text)
{
    struct secret_span span;
    size_t at = 0;

    while (secret_reference_next(text, &at, &span)) {
        struct str reference = str_slice(text, span.from + 2, span.to - 2);

        if (is_asked(call, reference))
            continue;
        VEC_PUSH(&call->secrets)->reference = str_copy(call->arena, reference);
        if (!ask(egress, call, reference))
            return false;
    }
    return true;
}

bool egress__door_is_open(const struct egress_call *call, struct str text)
{
    struct secret_span span;
    size_t at = 0;

    while (secret_reference_next(text, &at, &span)) {
        struct str reference = str_slice(text, span.from + 2, span.to - 2);
        bool open = false;

        for (size_t i = 0; i < call->secrets.count; i++)
            if (str_equal(call->secrets.at[i].reference, reference))
                open = call->secrets.at[i].value.ptr;
        if (!open)
            return false;
    }
    return true;
}

bool egress__door_ask(struct egress *egress, struct egress_call *call)
{
    if (!egress__door_ask_text(egress, call, call->send.args)) {
        egress__call_fail(egress, call, STR("unreachable"),
                          STR("the vault, which has its secrets, is not up"));
        return true;
    }
    return call->secrets.count > 0;
}

/* The value as it stands inside a JSON string. */
static void add_inside(struct buf *out, struct str value)
{
    BUF_CLEANUP struct buf quoted = BUF_INIT;

    buf_add_json(&quoted, value);
    buf_add(out, quoted.ptr + 1, quoted.len - 2);
    explicit_bzero(quoted.ptr, quoted.len);
}

static struct str value_of(const struct egress_secrets *secrets, struct str reference)
{
    for (size_t i = 0; i < secrets->count; i++)
        if (str_equal(secrets->at[i].reference, reference))
            return secrets->at[i].value;
    UNREACHABLE("a reference that was not asked for");
}

struct str egress__door_fill(struct arena *arena, const struct egress_secrets *secrets,
                             struct str text, bool inside_json)
{
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct secret_span span;
    struct str filled;
    size_t done = 0;
    size_t at = 0;

    while (secret_reference_next(text, &at, &span)) {
        struct str value = value_of(secrets, str_slice(text, span.from + 2, span.to - 2));

        buf_add_str(&out, str_slice(text, done, span.from));
        if (inside_json)
            add_inside(&out, value);
        else
            buf_add_str(&out, value);
        done = span.to;
    }
    buf_add_str(&out, str_slice(text, done, text.len));
    filled = str_copy(arena, buf_str(&out));
    if (out.len)
        explicit_bzero(out.ptr, out.len);
    return filled;
}

void egress__door_opened(struct egress *egress, uint64_t handle,
                         const struct msg_vault_opened *opened)
{
    struct egress_call *call = map_find_u64(&egress->calls, handle);
    bool all = true;

    if (!call || call->state == EGRESS_CALL_HELD)
        return;
    if (!opened->value.ptr && call->state == EGRESS_CALL_SENT) {
        egress__call_say(egress, call, true);
        return;
    }
    if (!opened->value.ptr) {
        egress__call_fail(egress, call, STR("refused"),
                          str_printf(egress->turn, "a secret in its arguments stays closed: %.*s",
                                     STR_ARG(opened->reason)));
        return;
    }
    for (size_t i = 0; i < call->secrets.count; i++) {
        struct egress_secret *secret = &call->secrets.at[i];

        if (str_equal(secret->reference, opened->reference))
            secret->value = str_copy(call->arena, opened->value);
        all = all && secret->value.ptr;
    }
    if (call->state == EGRESS_CALL_SENT)
        egress__call_say(egress, call, false);
    if (!all || call->state == EGRESS_CALL_SENT)
        return;
    call->send.args = egress__door_fill(call->arena, &call->secrets, call->send.args, true);
    egress__call_go(egress, call);
}

void egress__door_lost(struct egress *egress)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&egress->calls, &position))) {
        struct egress_call *call = entry->value;

        if (call->state == EGRESS_CALL_SECRETS)
            egress__call_fail(egress, call, STR("unreachable"),
                              STR("the vault, which has its secrets, is not up"));
        else if (call->sayings.count > 0)
            egress__call_say(egress, call, true);
    }
}
