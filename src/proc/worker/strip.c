/*
 * strip - types are removed by sucrase, in a machine of its own.
 *
 * Made when it is first needed. Each text is given to a clean machine, so that what comes out
 * depends on nothing but the text; what came out is remembered by content.
 */
#include "proc/worker/internal.h"

#define STRIP_TICKS_MAX  20000U
#define STRIP_MEMORY_MAX (128ULL << 20)
#define STRIP_KEPT_MAX   (4U << 20) /* bytes remembered; then all is forgotten */

struct worker__strip_machine {
    struct worker__vm vm;
    struct worker__image *image;
    uint32_t strip;
    uint32_t ticks;
    struct arena *kept;
    struct map known; /* hex digest -> struct worker__stripped, in kept */
    struct str given;
    struct worker__stripped *out;
};

static struct worker__strip_machine *machine_of(struct worker__vm *vm)
{
    return container_of(vm, struct worker__strip_machine, vm);
}

static uint32_t strip_called(struct worker__vm *vm, char name, const uint32_t *argv, uint32_t argc)
{
    struct worker__strip_machine *machine = machine_of(vm);
    if (!machine->out || argc == 0)
        return 0;
    struct str text = worker__vm_to_text(vm, argv[0], machine->kept);
    if (name == 'd') {
        machine->out->text = text;
    } else {
        machine->out->message = text;
        machine->out->line = (uint32_t)worker__vm_to_number(vm, argv[1]);
        machine->out->column = (uint32_t)worker__vm_to_number(vm, argv[2]);
    }
    return worker__vm_undefined(vm);
}

static bool strip_tick(struct worker__vm *vm)
{
    return ++machine_of(vm)->ticks > STRIP_TICKS_MAX;
}

static void strip_rejection(struct worker__vm *vm, uint32_t promise, uint32_t reason, bool handled)
{
    (void)vm, (void)promise, (void)reason, (void)handled; /* It makes no promises. */
}

static const struct worker__vm_owner strip_owner = { strip_called, strip_tick, strip_rejection };

static void act_boot(struct worker__vm *vm)
{
    struct worker__strip_machine *machine = machine_of(vm);
    worker__vm_hosts(vm, "df");
    uint32_t exports = worker__vm_run(vm, worker__strip);
    if (!worker__vm_is_exception(vm, exports))
        machine->strip = worker__vm_property(vm, exports, "strip");
}

static struct worker__strip_machine *machine_new(void)
{
    struct worker__strip_machine *machine = heap_alloc(sizeof(*machine));
    machine->kept = arena_new(0);
    int r = worker__vm_init(&machine->vm, &strip_owner);
    CHECK(r == 0);
    bool booted = worker__vm_enter(&machine->vm, act_boot);
    CHECK(booted && machine->strip);
    machine->image = worker__image_new(&machine->vm);
    return machine;
}

struct worker__strip_machine *worker__strip_free(struct worker__strip_machine *machine)
{
    if (machine) {
        worker__vm_fini(&machine->vm);
        worker__image_free(machine->image);
        map_fini(&machine->known);
        arena_free(machine->kept);
        heap_free(machine);
    }
    return NULL;
}

static void act_strip(struct worker__vm *vm)
{
    struct worker__strip_machine *machine = machine_of(vm);
    uint32_t text = worker__vm_string(vm, machine->given);
    if (text != 0)
        (void)worker__vm_call(vm, machine->strip, &text, 1);
}

static void strip_run(struct worker__strip_machine *machine)
{
    machine->ticks = 0;
    worker__vm_reset(&machine->vm);
    worker__vm_heap_max(&machine->vm, STRIP_MEMORY_MAX);
    if (!worker__vm_enter(&machine->vm, act_strip)) {
        worker__vm_fini(&machine->vm);
        int r = worker__vm_init_from(&machine->vm, machine->image, &strip_owner);
        CHECK(r == 0);
    }
    if (!machine->out->text.ptr && !machine->out->message.ptr)
        machine->out->message = STR("its types are too much to remove");
    worker__vm_reset(&machine->vm);
}

const struct worker__stripped *worker__strip_types(struct worker_engine *engine, struct str text)
{
    if (!engine->strip)
        engine->strip = machine_new();
    struct worker__strip_machine *machine = engine->strip;
    struct digest digest = digest_of(text);
    char hex[DIGEST_HEX_LEN];
    digest_hex(&digest, hex);
    struct worker__stripped *known = map_find(&machine->known, str_of(hex, sizeof(hex)));
    if (known)
        return known;
    if (arena_used(machine->kept) > STRIP_KEPT_MAX) {
        map_fini(&machine->known);
        arena_reset(machine->kept);
    }
    machine->out = ARENA_NEW(machine->kept, struct worker__stripped);
    machine->given = text;
    strip_run(machine);
    (void)map_put(&machine->known, str_copy(machine->kept, str_of(hex, sizeof(hex))), machine->out);
    known = machine->out;
    machine->out = NULL;
    return known;
}
