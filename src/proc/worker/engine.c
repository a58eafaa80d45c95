/* engine - the image that every program starts from, and the clean machines kept ready. */
#include "proc/worker/internal.h"

#include <errno.h>

/* Runs the prelude in the machine of a program that is none. */
static void act_boot(struct worker__vm *vm)
{
    struct worker_program *first = container_of(vm, struct worker_program, vm);
    struct worker__handles *handles = &first->engine->handles;
    worker__vm_hosts(vm, "ctxeldfro");
    handles->program_name = worker__vm_text(vm, STR("program"));
    uint32_t exports = worker__vm_run(vm, worker__prelude);
    if (worker__vm_is_exception(vm, exports))
        return;
    handles->start = worker__vm_property(vm, exports, "start");
    handles->answered = worker__vm_property(vm, exports, "answered");
    handles->rejected = worker__vm_property(vm, exports, "rejected");
    handles->fire = worker__vm_property(vm, exports, "fire");
    handles->fail = worker__vm_property(vm, exports, "fail");
    handles->unhandled = worker__vm_property(vm, exports, "unhandled");
    handles->empty = worker__vm_string(vm, STR(""));
    handles->yes = worker__vm_bool(vm, true);
    handles->no = worker__vm_bool(vm, false);
}

static struct worker_program *program_new(struct worker_engine *engine)
{
    struct worker_program *program = heap_alloc(sizeof(*program));
    program->engine = engine;
    program->life = arena_new(0);
    program->slice = arena_new(0);
    return program;
}

static void program_forget(struct worker_program *program)
{
    VEC_FINI(&program->calls_open);
    VEC_FINI(&program->timers_set);
    VEC_FINI(&program->rejections);
    VEC_FINI(&program->calls);
    VEC_FINI(&program->timers);
    VEC_FINI(&program->emits);
    VEC_FINI(&program->console);
}

static struct worker_program *program_end(struct worker_program *program)
{
    worker__vm_fini(&program->vm);
    arena_free(program->life);
    arena_free(program->slice);
    program_forget(program);
    heap_free(program);
    return NULL;
}

static int engine_boot(struct worker_engine *engine)
{
    const struct str parts[] = { STR(WORKER_WASM_SHA256), worker__prelude, worker__strip };
    struct worker_program *first = program_new(engine);
    first->limits.ticks_max = UINT64_MAX;
    int r = worker__vm_init(&first->vm, &worker__host);
    if (r == 0 && (!worker__vm_enter(&first->vm, act_boot) || !engine->handles.no))
        r = RAISE(-EBADMSG);
    if (r < 0) {
        program_end(first);
        return TRACE(r);
    }
    engine->booted = worker__image_new(&first->vm);
    engine->image = engine->booted;
    engine->digest = digest_of_parts(parts, ARRAY_COUNT(parts));
    worker_program_free(first);
    return 0;
}

int worker_engine_new(const struct worker_engine_config *config, struct worker_engine **ret_engine)
{
    struct worker_engine *engine = heap_alloc(sizeof(*engine));
    int r = 0;
    engine->idle_max = config->warm_count ? config->warm_count : 1;
    if (config->made) {
        engine->image = &config->made->image;
        engine->handles = config->made->handles;
        engine->digest = config->made->digest;
    } else {
        r = engine_boot(engine);
    }
    if (r < 0) {
        heap_free(engine);
        return TRACE(r);
    }
    *ret_engine = engine;
    return 0;
}

static void engine_shrink(struct worker_engine *engine, uint32_t count)
{
    while (engine->idle_count > count) {
        struct worker_program *program = engine->idle;
        engine->idle = program->next;
        engine->idle_count--;
        program_end(program);
    }
}

void worker_engine_trim(struct worker_engine *engine)
{
    struct worker_program *last;
    engine_shrink(engine, 1);
    last = engine->idle;
    if (last && !last->cold) {
        worker__vm_cool(&last->vm);
        last->cold = true;
    }
}

struct worker_engine *worker_engine_free(struct worker_engine *engine)
{
    if (!engine)
        return NULL;
    engine_shrink(engine, 0);
    worker__strip_free(engine->strip);
    worker__image_free(engine->booted);
    heap_free(engine);
    return NULL;
}

struct digest worker_engine_digest(const struct worker_engine *engine)
{
    return engine->digest;
}

void worker_engine_fault(void)
{
    worker__vm_land(WORKER__TRAP_FAULT);
}

void worker_engine_watchdog(void)
{
    worker__vm_land(WORKER__TRAP_WATCHDOG);
}

int worker__program_take(struct worker_engine *engine, struct worker_program **ret_program)
{
    struct worker_program *program = engine->idle;
    if (program) {
        engine->idle = program->next;
        engine->idle_count--;
        if (program->cold)
            worker__vm_reset(&program->vm);
        program->cold = false;
        *ret_program = program;
        return 0;
    }
    program = program_new(engine);
    int r = worker__vm_init_from(&program->vm, engine->image, &worker__host);
    if (r < 0) {
        program_end(program);
        return TRACE(r);
    }
    *ret_program = program;
    return 0;
}

/* Forgets what the program was; its machine and the memory of its arenas are kept for the next. */
static void program_clear(struct worker_program *program)
{
    struct worker_program clear = {
        .vm = program->vm,
        .engine = program->engine,
        .life = program->life,
        .slice = program->slice,
    };
    arena_reset(program->life);
    arena_reset(program->slice);
    program_forget(program);
    *program = clear;
}

struct worker_program *worker_program_free(struct worker_program *program)
{
    if (!program)
        return NULL;
    struct worker_engine *engine = program->engine;
    if (!program->vm.wasm || engine->idle_count >= engine->idle_max)
        return program_end(program);
    worker__vm_reset(&program->vm);
    program_clear(program);
    program->next = engine->idle;
    engine->idle = program;
    engine->idle_count++;
    return NULL;
}

uint64_t worker_program_execution(const struct worker_program *program)
{
    return program->execution;
}
