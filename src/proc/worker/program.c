/*
 * program - one program from its text to its end.
 *
 * Start: what models add around a program is blanked; the text is tried as the body of an async
 * function (or, where it may be one function that is meant to be called, as an expression
 * first); what does not parse so, or could mean something else with types, has its types removed
 * and is tried again. Each try has a clean machine. Then, as after every delivery, all jobs run
 * dry, timers without delay included.
 * What can go wrong: it does not parse (syntax), it throws (program), a limit (limit), the
 * machine traps (internal, and the report says worn).
 */
#include "proc/worker/internal.h"

#include <errno.h>

static const char body_head[] = "(async()=>{";
static const char body_tail[] = "\n})";
static const char expression_head[] = "(async()=>await(";
static const char expression_tail[] = "\n))";

static struct worker_program *program_of(struct worker__vm *vm)
{
    return container_of(vm, struct worker_program, vm);
}

static void thrown(struct worker_program *program)
{
    struct worker__vm *vm = &program->vm;
    uint32_t box = worker__vm_exception(vm);
    if (program->stop == WORKER__GO) {
        uint32_t said = worker__vm_call(vm, program->engine->handles.fail, &box, 1);
        if (worker__vm_is_exception(vm, said) && program->stop == WORKER__GO)
            worker__fail_memory(program); /* Not even that it failed can be said. */
        worker__vm_free(vm, said);
    }
    worker__vm_free(vm, box);
}

void worker__call(struct worker_program *program, uint32_t handle, const uint32_t *argv,
                  uint32_t argc)
{
    uint32_t box = worker__vm_call(&program->vm, handle, argv, argc);
    if (worker__vm_is_exception(&program->vm, box))
        thrown(program);
    worker__vm_free(&program->vm, box);
}

/* The timer without delay that was set first, or 0. */
static uint32_t timer_next(struct worker_program *program)
{
    if (program->timers_at_once == 0)
        return 0;
    for (; program->timers_from < program->timers_set.count; program->timers_from++) {
        const struct worker__timer_state *timer = &program->timers_set.at[program->timers_from];
        if (timer->open && timer->at_once)
            return (uint32_t)program->timers_from + 1;
    }
    UNREACHABLE("a timer is counted that is not there");
}

static void timer_fire(struct worker_program *program, uint32_t number)
{
    struct worker__timer_state *timer = &program->timers_set.at[number - 1];
    timer->open = false;
    program->timers_open_count--;
    if (timer->at_once)
        program->timers_at_once--;
    uint32_t box = worker__vm_number(&program->vm, number);
    worker__call(program, program->engine->handles.fire, &box, 1);
    worker__vm_free(&program->vm, box);
}

/* A job costs about what the machine does in a part of a tick, and is counted so. */
static void count_job(struct worker_program *program)
{
    if (++program->jobs % WORKER__JOBS_PER_TICK == 0)
        (void)worker__host.tick(&program->vm);
}

static void run_dry(struct worker_program *program)
{
    while (program->stop == WORKER__GO) {
        count_job(program);
        int r = worker__vm_job(&program->vm);
        if (r > 0)
            continue;
        if (r < 0) {
            thrown(program);
            continue;
        }
        uint32_t timer = timer_next(program);
        if (timer == 0)
            return;
        timer_fire(program, timer);
    }
}

static void tell_unhandled(struct worker_program *program)
{
    for (size_t i = 0; i < program->rejections.count; i++)
        worker__call(program, program->engine->handles.unhandled, &program->rejections.at[i].reason,
                     1);
    VEC_CLEAR(&program->rejections);
}

/* Nothing is left to be done. What nobody handled is how it ended, or it is done. */
static void end_without_value(struct worker_program *program)
{
    if (program->rejections.count > 0)
        worker__call(program, program->engine->handles.fail, &program->rejections.at[0].reason, 1);
    if (program->ended)
        return;
    program->ended = true;
    program->report.state = WORKER_DONE;
    program->report.result = STR("null");
}

static void settle(struct worker_program *program)
{
    run_dry(program);
    if (program->stop != WORKER__GO) {
        program->ended = false;
        worker__fail_stop(program);
        return;
    }
    bool waits = program->calls_open_count > 0 || program->timers_open_count > 0;
    if (!program->ended && program->returned && !waits)
        end_without_value(program);
    if (!program->ended && !waits)
        worker__fail(program, "program",
                     "the program is waiting for something that can never happen: it awaits a "
                     "promise, but no call and no timer is left that could settle it");
    if (program->ended && program->rejections.count > 0)
        tell_unhandled(program);
}

/* A box for text that is often empty. */
static uint32_t text_box(struct worker_program *program, struct str text)
{
    return text.len == 0 ? program->engine->handles.empty : worker__vm_string(&program->vm, text);
}

static void text_box_free(struct worker_program *program, uint32_t box)
{
    if (box != program->engine->handles.empty)
        worker__vm_free(&program->vm, box);
}

static void act_start(struct worker__vm *vm)
{
    struct worker_program *program = program_of(vm);
    const struct worker__handles *handles = &program->engine->handles;
    uint32_t function = worker__vm_eval(vm, program->wrapped, handles->program_name);
    if (function == 0) {
        worker__fail_memory(program);
        return;
    }
    if (worker__vm_is_exception(vm, function)) {
        worker__fail_eval(program);
        worker__vm_free(vm, function);
        return;
    }
    uint32_t input = text_box(program, program->input);
    if (input == 0) {
        worker__fail_memory(program);
        return;
    }
    bool big = worker__text_has_big(program->input);
    const uint32_t argv[] = { function, program->source.expression ? handles->yes : handles->no,
                              input, big ? handles->yes : handles->no };
    worker__call(program, handles->start, argv, ARRAY_COUNT(argv));
    worker__vm_free(vm, function);
    text_box_free(program, input);
    settle(program);
}

static void enter(struct worker_program *program, void (*act)(struct worker__vm *vm))
{
    if (!worker__vm_enter(&program->vm, act)) {
        program->ended = false;
        worker__fail_trap(program);
        program->report.worn = true;
        program->report.trapped = true;
        program->report.memory_bytes = worker__vm_heap(&program->vm);
        worker__vm_fini(&program->vm);
    }
}

/* As the machine is given it: a NUL in the text is the machine's to judge. */
static struct str wrap(struct worker_program *program, struct str text, bool expression)
{
    struct str head = str_from(expression ? expression_head : body_head);
    struct str tail = str_from(expression ? expression_tail : body_tail);
    size_t len = head.len + text.len + tail.len;
    char *whole = arena_alloc_raw(program->life, len);
    memcpy(whole, head.ptr, head.len);
    if (text.len > 0)
        memcpy(whole + head.len, text.ptr, text.len);
    memcpy(whole + head.len + text.len, tail.ptr, tail.len);
    return str_of(whole, len);
}

/* One try. False: it did not parse, and report.error says where. */
static bool try_run(struct worker_program *program, struct str text, bool expression)
{
    program->wrapped = program->source.stripped ? text : wrap(program, text, expression);
    program->source.prefix = (uint32_t)strlen(expression ? expression_head : body_head);
    program->source.expression = expression;
    program->syntax = false;
    worker__vm_heap_max(&program->vm, program->limits.memory_bytes_max);
    program->vm.at_ms = program->started_ms;
    enter(program, act_start);
    if (!program->syntax)
        return true;
    worker__vm_reset(&program->vm);
    program->report.ticks = 0;
    return false;
}

/* What the remover of types says, unless the engine said more about the same line. */
static void strip_failed(struct worker_program *program, const struct worker__stripped *stripped,
                         uint32_t prefix)
{
    uint32_t column = stripped->column;
    if (program->syntax && program->report.error.line == stripped->line)
        return;
    if (stripped->line == 1)
        column = column > prefix ? column - prefix : 1;
    program->syntax = true;
    program->report.error = (struct worker_error){
        .code = STR("syntax"),
        .line = stripped->line,
        .column = column,
        .message = str_copy(program->slice, stripped->message),
    };
}

/* As try_run, with types removed first. */
static bool try_stripped(struct worker_program *program, struct str text, bool expression)
{
    const char *head = expression ? expression_head : body_head;
    const char *tail = expression ? expression_tail : body_tail;
    struct str wrapped = wrap(program, text, expression);
    const struct worker__stripped *stripped = worker__strip_types(program->engine, wrapped);
    if (!stripped->text.ptr) {
        strip_failed(program, stripped, (uint32_t)strlen(head));
        return false;
    }
    struct str ran = str_copy(program->life, stripped->text);
    bool whole = str_starts(ran, str_from(head)) && str_ends(ran, str_from(tail));
    program->source.stripped = true;
    program->source.ran = whole ? str_slice(ran, strlen(head), ran.len - strlen(tail)) : ran;
    bool parsed = try_run(program, ran, expression);
    if (parsed && !str_equal(program->source.ran, text)) {
        program->report.ran = program->source.ran;
        program->report.ran_digest = digest_of(program->source.ran);
    }
    program->source.stripped = parsed;
    return parsed;
}

/* What is missing at the end is missed behind it, in what we put there: it is said of the end. */
static void end_is_the_last(struct worker_error *error, struct str text)
{
    uint32_t lines = 1;
    uint32_t column = 1;

    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    if (error->line <= lines)
        return;
    text.len =
        str_trim(text).len ? (size_t)(str_trim(text).ptr - text.ptr) + str_trim(text).len : 0;
    error->line = 1;
    for (size_t i = 0; i < text.len; i++) {
        if (((unsigned char)text.ptr[i] & 0xc0U) != 0x80U)
            column++;
        if (text.ptr[i] == '\n') {
            error->line++;
            column = 1;
        }
    }
    error->column = column;
}

static void run_text(struct worker_program *program, const struct worker__text *text)
{
    bool wrapper = text->expression.ptr != NULL;
    program->source.sent = text->text;
    program->source.ran = text->text;
    if (!text->maybe_generic) {
        if (wrapper && try_run(program, text->expression, true))
            return;
        if (try_run(program, text->text, false))
            return;
    }
    if (wrapper && try_stripped(program, text->expression, true))
        return;
    if (try_stripped(program, text->text, false))
        return;
    struct worker_error error = program->report.error;
    end_is_the_last(&error, text->text);
    worker__fail(program, "syntax", "syntax");
    program->report.error = error;
}

/* The report's lists, from what was collected since the last. */
static void report_fill(struct worker_program *program)
{
    struct worker_report *report = &program->report;
    if (!program->ended)
        report->state = WORKER_WAITING;
    report->calls = program->calls.at;
    report->calls_count = program->calls.count;
    report->timers = program->timers.at;
    report->timers_count = program->timers.count;
    report->emits = program->emits.at;
    report->emits_count = program->emits.count;
    report->console = program->console.at;
    report->console_count = program->console.count;
    if (program->vm.wasm) {
        report->memory_bytes = worker__vm_heap(&program->vm);
        report->worn = program->ended && report->memory_bytes > WORKER_HEAP_WORN;
    }
}

int worker_program_start(struct worker_engine *engine, const struct worker_spec *spec,
                         struct worker_program **ret_program,
                         const struct worker_report **ret_report)
{
    struct worker_program *program;
    int r = worker__program_take(engine, &program);
    if (r < 0)
        return TRACE(r);
    program->execution = spec->execution;
    program->limits = spec->limits;
    program->started_ms = spec->at_ms;
    program->input = spec->input;
    memcpy(program->seed, spec->seed, WORKER_SEED_LEN);
    if (spec->code.len > WORKER_CODE_BYTES_MAX) {
        worker__fail(program, "limit", "the program is %zu bytes long; at most %u are taken",
                     spec->code.len, WORKER_CODE_BYTES_MAX);
    } else if (!str_is_utf8(spec->code)) {
        worker__fail(program, "invalid", "the program is not UTF-8 text");
    } else {
        struct worker__text text = worker__text_unwrap(program->life, spec->code);
        run_text(program, &text);
    }
    program->input = STR_NULL;
    report_fill(program);
    *ret_program = program;
    *ret_report = &program->report;
    return 0;
}

/* True if the call waits; it does not from here on. */
static bool call_close(struct worker_program *program, uint32_t call)
{
    if (call == 0 || call > program->calls_open.count || !program->calls_open.at[call - 1])
        return false;
    program->calls_open.at[call - 1] = false;
    program->calls_open_count--;
    return true;
}

static void settle_call(struct worker_program *program, uint32_t handle, struct str value)
{
    struct worker__vm *vm = &program->vm;
    const struct worker__handles *handles = &program->engine->handles;
    if (!call_close(program, program->delivery->call))
        return;
    uint32_t number = worker__vm_number(vm, program->delivery->call);
    uint32_t text = text_box(program, value);
    uint32_t meta = text_box(program, program->delivery->meta);
    if (text == 0 || number == 0 || meta == 0) {
        worker__fail_memory(program);
        return;
    }
    const uint32_t argv[] = { number, text,
                              worker__text_has_big(value) ? handles->yes : handles->no, meta };
    worker__call(program, handle, argv, ARRAY_COUNT(argv));
    worker__vm_free(vm, number);
    text_box_free(program, text);
    text_box_free(program, meta);
}

static void act_deliver(struct worker__vm *vm)
{
    struct worker_program *program = program_of(vm);
    const struct worker_delivery *delivery = program->delivery;
    const struct worker__handles *handles = &program->engine->handles;
    switch (delivery->kind) {
    case WORKER_DELIVERY_RESULT:
        settle_call(program, handles->answered, delivery->value);
        break;
    case WORKER_DELIVERY_ERROR:
        settle_call(program, handles->rejected, delivery->value);
        break;
    case WORKER_DELIVERY_CANCEL:
        settle_call(program, handles->rejected,
                    delivery->value.len > 0
                        ? delivery->value
                        : STR("{\"code\":\"cancelled\",\"message\":\"the call was cancelled\","
                              "\"retryable\":true}"));
        break;
    case WORKER_DELIVERY_TIMER:
        if (delivery->timer > 0 && delivery->timer <= program->timers_set.count &&
            program->timers_set.at[delivery->timer - 1].open)
            timer_fire(program, delivery->timer);
        break;
    }
    settle(program);
}

/* What the last report said is over. */
static void slice_begin(struct worker_program *program)
{
    VEC_CLEAR(&program->calls);
    VEC_CLEAR(&program->timers);
    program->report.emits_from += program->emits.count;
    program->report.console_from = program->console.count;
    VEC_CLEAR(&program->emits);
    arena_reset(program->slice);
    program->report.bytes = 0;
}

int worker_program_deliver(struct worker_program *program, const struct worker_delivery *delivery,
                           const struct worker_report **ret_report)
{
    if (!program->ended)
        slice_begin(program);
    int r = worker_program_feed(program, delivery, ret_report);
    return r < 0 ? TRACE(r) : 0;
}

int worker_program_feed(struct worker_program *program, const struct worker_delivery *delivery,
                        const struct worker_report **ret_report)
{
    *ret_report = &program->report;
    if (program->ended)
        return 0;
    program->slice_bytes = 0;
    program->delivery = delivery;
    program->vm.at_ms = delivery->at_ms > program->vm.at_ms ? delivery->at_ms : program->vm.at_ms;
    if (delivery->kind == WORKER_DELIVERY_CANCEL && delivery->call == 0)
        worker__fail(program, "cancelled", "the program was cancelled");
    else
        enter(program, act_deliver);
    program->delivery = NULL;
    program->report.delivered = delivery->index;
    report_fill(program);
    return 0;
}
