/* What may follow what. A line that is not in the table cannot happen. */
#include "domain/call/call.h"

struct call_edge {
    enum call_state from;
    enum event_type on;
    enum call_state to;
};

static const struct call_edge call_flow[] = {
    /* from           on                        to                 */
    { CALL_RECEIVED, EVENT_CALL_REFUSED, CALL_REFUSED },
    { CALL_RECEIVED, EVENT_CALL_WAITING, CALL_WAITING },
    { CALL_RECEIVED, EVENT_CALL_FROZEN, CALL_FROZEN },
    { CALL_WAITING, EVENT_CALL_FROZEN, CALL_FROZEN },
    { CALL_WAITING, EVENT_CALL_REFUSED, CALL_REFUSED },
    { CALL_WAITING, EVENT_CALL_EXPIRED, CALL_EXPIRED },
    { CALL_WAITING, EVENT_CALL_CANCELLED, CALL_CANCELLED },
    { CALL_FROZEN, EVENT_CALL_RUNNING, CALL_RUNNING },
    { CALL_FROZEN, EVENT_CALL_CANCELLED, CALL_CANCELLED },
    { CALL_RUNNING, EVENT_CALL_ATTEMPTED, CALL_RUNNING },
    { CALL_RUNNING, EVENT_CALL_RUNNING, CALL_RUNNING },
    { CALL_RUNNING, EVENT_CALL_CONFORMING, CALL_CONFORMING },
    { CALL_RUNNING, EVENT_CALL_FAILED, CALL_FAILED },
    { CALL_RUNNING, EVENT_CALL_CANCELLED, CALL_CANCELLED },
    { CALL_RUNNING, EVENT_CALL_UNKNOWN, CALL_UNKNOWN },
    { CALL_CONFORMING, EVENT_CALL_DONE, CALL_DONE },
    { CALL_CONFORMING, EVENT_CALL_NONCONFORMING, CALL_NONCONFORMING },
    { CALL_UNKNOWN, EVENT_CALL_DONE, CALL_DONE },
    { CALL_UNKNOWN, EVENT_CALL_FAILED, CALL_FAILED },
    { CALL_UNKNOWN, EVENT_CALL_RUNNING, CALL_RUNNING },
};

static const struct {
    const char *name;
    bool final;
} call_states[] = {
#define X(state, name, final) { name, final },
    CALL_STATES(X)
#undef X
};

const char *call_state_name(enum call_state state)
{
    CHECK((size_t)state < ARRAY_COUNT(call_states));
    return call_states[state].name;
}

bool call_is_settled(const struct call *call)
{
    return call->query || call_states[call->state].final;
}

bool call_next(enum call_state from, enum event_type on, enum call_state *ret_to)
{
    for (size_t i = 0; i < ARRAY_COUNT(call_flow); i++)
        if (call_flow[i].from == from && call_flow[i].on == on) {
            *ret_to = call_flow[i].to;
            return true;
        }
    return false;
}

void call_flow_print(struct buf *out)
{
    buf_add_c(out, "stateDiagram-v2\n    [*] --> received\n");
    for (size_t i = 0; i < ARRAY_COUNT(call_flow); i++)
        buf_printf(out, "    %s --> %s: %s\n", call_state_name(call_flow[i].from),
                   call_state_name(call_flow[i].to), event_type_name(call_flow[i].on));
    for (size_t i = 0; i < ARRAY_COUNT(call_states); i++)
        if (call_states[i].final)
            buf_printf(out, "    %s --> [*]\n", call_states[i].name);
}
