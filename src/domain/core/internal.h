/* What the files of core share. Outside the room nobody may say it. */
#ifndef WRIT_DOMAIN_CORE_INTERNAL_H
#define WRIT_DOMAIN_CORE_INTERNAL_H

#include "domain/core/core.h"

#define CORE_RESULTS_MAX 10000U

#define CORE_ACTOR_MAX 96U

/* Somebody may read an artifact. */
struct core_result {
    char key[sizeof(struct digest) + CORE_ACTOR_MAX]; /* digest, actor */
    size_t key_len;
};

struct core_session {
    uint64_t handle;
    struct event_who who;
    struct arena *arena;
};

struct schema_validator;

/* Executions that ended and are remembered for a while, oldest first. */
struct core_kept {
    struct core_kept_handles VEC(uint64_t) handles;
    size_t head;
};

/* What one actor has remembered by keys. */
struct core_holder {
    struct str actor;
    uint64_t keys;
    uint64_t bytes; /* of executions that ended */
};

struct core {
    struct arena *arena;
    struct catalog *catalog;
    struct policy *policy;
    struct map executions; /* handle -> struct execution */
    struct map ghosts;     /* handle -> struct execution: forgotten, readable until core_sweep */
    struct map ids;        /* 30 letters -> struct execution */
    struct map programs;   /* digest bytes -> struct execution that can be attached to */
    struct map keys;       /* actor, newline, key -> struct execution */
    struct map holders;    /* actor -> struct core_holder */
    struct map inputs;     /* id bytes -> struct core_open_input */
    struct map sessions;   /* handle -> struct core_session */
    struct map fits;       /* tool digest -> compiled schema; a cache */
    struct map results;    /* digest and actor -> struct core_result */
    struct core_results VEC(struct core_result *) results_kept; /* oldest first */
    size_t results_head;
    struct schema_validator *validator;
    struct core_handles VEC(uint64_t) ended; /* in this line: forgotten after it, or kept */
    struct core_kept kept_answers;           /* until the window of attaching has passed */
    struct core_kept kept_keys;              /* until the window of keys has passed */
    uint64_t live;
    uint64_t source_next;
    uint32_t policy_version;
    struct digest policy_digest;
    int64_t at_ms;
    int64_t due_ms; /* volatile: nothing happens by itself before */
};

struct core_open_input {
    struct input input;
    struct arena *arena;
};

/* One step under way: what decides may see, and where it writes. */
struct core_turn {
    struct core *core;
    struct core_update *update;
    const struct command *command;
    int64_t now_ms;
    uint32_t drawn;   /* ids made in this step */
    struct str actor; /* whose program asks a query */
};

/* Makes an event true; false if it cannot be. */
bool core__apply(struct core *core, uint64_t seq, int64_t at_ms, const struct event *event) MUST;
/* After each line: what need not be remembered is forgotten. */
void core__settle(struct core *core);

void core__program_taken(struct core *core, const struct execution *execution);

/* Records an event in the update and makes it true. */
void core__emit(struct core_turn *turn, const struct event *event);
struct core_effect *core__effect(struct core_turn *turn, enum core_effect_type type);
struct id core__id(struct core_turn *turn);
void core__seed(struct core_turn *turn, uint8_t seed[16]);
void core__reply_error(struct core_turn *turn, const struct event_who *who, const char *what,
                       const char *code, struct str message);
/* "there is no tool ...; the nearest: ..." */
struct str core__unknown_sentence(struct core_turn *turn, struct str address);
/* Why a tool cannot be called, or described to a program. tool: NULL where there is none. */
struct msg_error core__not_callable(struct core_turn *turn, struct str address,
                                    enum catalog_answer answer, const struct catalog_tool *tool);
/* RFC 8785 text of a JSON text; false if it is none. */
bool core__canonical(struct core_turn *turn, struct str text, struct buf *out);
/* Of the canonical form of a call's arguments. */
struct digest core__args_digest(struct core_turn *turn, struct str args);
struct msg_error core__error(const char *code, struct str message);

/* keys.c: what idempotency keys keep, by actor. */
void core__key_taken(struct core *core, struct execution *execution);
void core__key_ended(struct core *core, struct execution *execution);
void core__key_dropped(struct core *core, const struct execution *execution);
/* NULL, or why this actor can use no further key now. */
const char *core__key_refused(const struct core *core, struct str actor);
void core__keys_free(struct core *core);

/* The execution's own parts. */
struct execution *core__execution_find(const struct core *core, uint64_t handle);
struct call *core__call_find(const struct execution *execution, uint32_t number);
bool core__is_live(const struct execution *execution);
void core__execution_forget(struct core *core, struct execution *execution);
bool core__execution_keep(const struct execution *execution);

/* Schemas. */
/* "/a expected a number, got null (type); and 3 more". whole: what an empty path is called. */
struct str core__problems_say(struct arena *arena, const struct report *report, const char *whole);
/* {"problems":[{"path","keyword","message"}],"more":3} */
struct str core__problems_print(struct arena *arena, const struct report *report);
enum core_fits { CORE_FITS, CORE_FITS_NOT, CORE_FITS_UNCHECKED };
enum core_fits core__args_fit(struct core_turn *turn, const struct catalog_tool *tool,
                              struct str args, struct report *report);
/* None says so, and they fit only with the bytes of all artifacts that they name, as base64. */
bool core__args_are_texts(struct core *core, const struct catalog_tool *tool, struct str args,
                          struct arena *turn);
enum core_fits core__result_fits(struct core_turn *turn, const struct catalog_tool *tool,
                                 struct str value, struct report *report);
void core__fits_free(struct core *core);

/* Sources. */
/* Why not; null: a source may be called so. */
struct str core__name_sentence(enum catalog_name_answer answer);
void core__source_add(struct core_turn *turn, struct event_source_added *added,
                      struct str document);
void core__source_remove(struct core_turn *turn, const struct catalog_source *source,
                         const struct event_who *who);

/* connection.c: further connections of a source. Those that take the first change nothing else. */
/* What is not said of it is as of the first; null, or why it cannot be. */
struct str core__connection_fill(struct core_turn *turn, struct event_source_added *added);
/* One that needs nobody to say what it offers: it is listed. False: it is asked. */
bool core__connection_open(struct core_turn *turn, const struct event_source_added *added);
/* After its server listed what it offers. */
void core__connection_listed(struct core_turn *turn, const struct catalog_source *connection);
/* After the document of the first was read again. */
void core__connections_list(struct core_turn *turn, const struct catalog_source *first);
/* After a person approved or rejected tools of the first. */
void core__connections_say(struct core_turn *turn, const struct catalog_source *first,
                           const struct event_who *who);

/* Writ's own tools (own.c) and all others. */
enum catalog_answer core__tool_find(struct core_turn *turn, struct str address,
                                    const struct catalog_tool **ret_tool);
/* What changes Writ itself is asked whatever the rules allow. */
void core__own_decision(const struct call *call, struct policy_decision *decision);
/* What a person reads, with the exact words; null for a tool that is not Writ's own. */
struct str core__own_title(struct core_turn *turn, const struct execution *execution,
                           const struct call *call);
/* Why an own call cannot be, before anyone is asked; no code: it can. */
struct msg_error core__own_problem(struct core_turn *turn, const struct execution *execution,
                                   const struct call *call);
bool core__own_run(struct core_turn *turn, struct execution *execution, struct call *call);
/* Why a call cannot have the artifacts that it names; no code: it can. */
struct msg_error core__files_problem(struct core_turn *turn, const struct execution *execution,
                                     const struct call *call, const struct catalog_tool *tool);
/* A call failed at its source, which was given a name where it may have wanted bytes: so is said.
 */
void core__files_hint(struct core_turn *turn, const struct execution *execution,
                      const struct call *call, struct msg_error *error);
void core__result_note(struct core *core, const struct digest *artifact, struct str actor);
void core__results_free(struct core *core);

/* Call decisions. */
void core__call_settled(struct core_turn *turn, struct execution *execution, struct call *call);
void core__call_receive(struct core_turn *turn, struct execution *execution,
                        const struct msg_program_call *program_call);
void core__call_authorize(struct core_turn *turn, struct execution *execution, struct call *call);
void core__call_approved(struct core_turn *turn, struct execution *execution, struct call *call,
                         const struct input *input);
void core__call_denied(struct core_turn *turn, struct execution *execution, struct call *call);
void core__call_start_frozen(struct core_turn *turn, struct execution *execution);
void core__call_run(struct core_turn *turn, struct execution *execution, struct call *call);
void core__call_unknown(struct core_turn *turn, struct execution *execution, struct call *call,
                        struct str reason, enum msg_sent sent);
void core__call_fail(struct core_turn *turn, struct execution *execution, struct call *call,
                     const struct msg_error *error, enum msg_sent sent);
void core__call_cancel(struct core_turn *turn, struct execution *execution, struct call *call,
                       struct str reason);
void core__query(struct core_turn *turn, struct execution *execution,
                 const struct msg_program_call *program_call);
bool core__is_query(struct str address);
/* A call settled: give it to the program, start what waited for its place. */
void core__deliver_call(struct core_turn *turn, struct execution *execution, struct call *call);
void core__park(struct core_turn *turn, struct execution *execution);
void core__end(struct core_turn *turn, struct execution *execution,
               struct event_execution_ended *ended);
void core__end_error(struct core_turn *turn, struct execution *execution,
                     enum event_execution_state state, const struct msg_error *error);

/* Something happens by itself at this time. */
void core__due(struct core *core, int64_t due_ms);

/* Inputs. */
struct core_open_input *core__input_find(const struct core *core, struct id id);
void core__input_close(struct core_turn *turn, struct id id, const char *reason);

/* ask.c: what sources ask. */
/* False: it does not fit the form, and the reply says why. Else with its defaults. */
bool core__ask_fits(struct core_turn *turn, const struct input *input, struct str said,
                    struct str *ret_content);
void core__ask_answered(struct core_turn *turn, const struct input *input, enum event_answer answer,
                        struct str content);
void core__ask_expired(struct core_turn *turn, const struct input *input);
/* What a model's client said, as it is recorded and passed on: what is no message is a no. */
enum event_answer core__model_answer(struct core_turn *turn, struct str *ret_value);
/* The attempt is over, and with it what it asked. */
void core__asks_close(struct core_turn *turn, const struct execution *execution,
                      const struct call *call);

/* One function per command. */
void core__on_open(struct core_turn *turn);
void core__on_resume(struct core_turn *turn);
void core__on_close(struct core_turn *turn);
void core__on_tick(struct core_turn *turn);
void core__on_session_open(struct core_turn *turn);
void core__on_session_close(struct core_turn *turn);
void core__on_execute(struct core_turn *turn);
void core__on_cancel(struct core_turn *turn);
void core__on_leave(struct core_turn *turn);
void core__on_answered(struct core_turn *turn);
void core__on_report(struct core_turn *turn);
void core__on_lost(struct core_turn *turn);
void core__on_outcome(struct core_turn *turn);
void core__on_input_answer(struct core_turn *turn);
void core__on_ask(struct core_turn *turn);
void core__on_source_add(struct core_turn *turn);
void core__on_source_remove(struct core_turn *turn);
void core__on_source_approve(struct core_turn *turn);
void core__on_source_credential(struct core_turn *turn);
void core__on_source_reject(struct core_turn *turn);
void core__on_source_report(struct core_turn *turn);
void core__on_source_compiled(struct core_turn *turn);
void core__on_policy_apply(struct core_turn *turn);
void core__on_refuse(struct core_turn *turn);

#endif
