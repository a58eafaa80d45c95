/*
 * vm - how a machine is kept new.
 *
 * Its memory is [stack 1 MiB][data and heap], the stack growing down. The image keeps data and
 * heap; the stack of a machine that does not run is dead, so clean means zero. Reset:
 *   1. pages beyond the image are closed and given back;
 *   2. the deep part of the stack, seldom touched, is given back (zero when next read);
 *   3. the shallow part is zeroed, data and heap are copied from the image.
 * Globals (the stack pointer) are set back; the function table is never written by this module.
 */
#include "proc/worker/vm.h"

#include <quickjs.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

#define PAGE          65536U
#define STACK_LEN     (1U << 20)
#define STACK_SHALLOW (64U << 10)
#define RESERVED      (8ULL << 30) /* what the runtime reserves for one memory */
#define JS_STACK_LEN  (512U << 10) /* of STACK_LEN: the rest is room for the engine itself */

/* A flag of the engine's exports. */
#define EVAL_GLOBAL 0U

/* Both import modules are one thing to us: the machine. */
struct Z_env_instance_t {
    struct worker__vm *vm;
};
struct Z_wasi_snapshot_preview1_instance_t {
    struct worker__vm *vm;
};

struct worker__vm_wasm {
    Z_quickjs_instance_t code;
    struct Z_env_instance_t env;
    struct Z_wasi_snapshot_preview1_instance_t wasi;
};

static struct worker__vm *running;
static jmp_buf landing;
static volatile sig_atomic_t in_guest; /* generated code runs, not ours */

static Z_quickjs_instance_t *code_of(const struct worker__vm *vm)
{
    return &vm->wasm->code;
}

static wasm_rt_memory_t *memory_of(const struct worker__vm *vm)
{
    return &vm->wasm->code.w2c_memory;
}

/* ---- traps ---- */

void worker__vm_trap(int code) NORETURN;

void worker__vm_trap(int code)
{
    CHECK(running && code > 0);
    longjmp(landing, code);
}

void worker__vm_land(enum worker__trap trap)
{
    if (running && in_guest)
        longjmp(landing, (int)trap);
}

bool worker__vm_enter(struct worker__vm *vm, void (*act)(struct worker__vm *vm))
{
    CHECK(running == NULL && vm->wasm);
    running = vm;
    vm->trap = setjmp(landing);
    if (vm->trap != 0) {
        running = NULL;
        in_guest = 0;
        return false;
    }
    act(vm);
    running = NULL;
    return true;
}

/* ---- guest memory, never trusting an address ---- */

static uint8_t *guest(const struct worker__vm *vm, uint32_t address, uint64_t len)
{
    wasm_rt_memory_t *memory = memory_of(vm);
    if ((uint64_t)address + len > memory->size)
        worker__vm_trap(WASM_RT_TRAP_OOB);
    return memory->data + address;
}

static uint32_t guest_u32(const struct worker__vm *vm, uint32_t address)
{
    uint32_t value;
    memcpy(&value, guest(vm, address, sizeof(value)), sizeof(value));
    return value;
}

static void guest_put_u32(const struct worker__vm *vm, uint32_t address, uint32_t value)
{
    memcpy(guest(vm, address, sizeof(value)), &value, sizeof(value));
}

static struct str guest_c(const struct worker__vm *vm, uint32_t address)
{
    wasm_rt_memory_t *memory = memory_of(vm);
    const char *text = (const char *)guest(vm, address, 1);
    return str_of(text, strnlen(text, memory->size - address));
}

/* A copy with a NUL beyond it; 0: no memory. */
static uint32_t guest_copy(struct worker__vm *vm, const void *bytes, size_t len)
{
    if (len >= UINT32_MAX - 1)
        return 0;
    uint32_t address = Z_quickjsZ_wasm_malloc(code_of(vm), (uint32_t)len + 1);
    if (address == 0)
        return 0;
    uint8_t *to = guest(vm, address, len + 1);
    if (len > 0)
        memcpy(to, bytes, len);
    to[len] = 0;
    return address;
}

/* ---- what the engine imports ---- */

#define HOST_ARGS_MAX 8U

u32 Z_envZ_host_call(struct Z_env_instance_t *env, u32 name, u32 name_len, u32 self, u32 argc,
                     u32 argv)
{
    struct worker__vm *vm = env->vm;
    uint32_t boxes[HOST_ARGS_MAX] = { 0 };
    (void)self;
    if (name_len == 0)
        return 0;
    in_guest = 0;
    uint32_t count = argc < HOST_ARGS_MAX ? argc : HOST_ARGS_MAX;
    for (uint32_t i = 0; i < count; i++)
        boxes[i] = guest_u32(vm, argv + i * 4);
    uint32_t box = vm->owner->call(vm, (char)*guest(vm, name, 1), boxes, count);
    in_guest = 1;
    return box;
}

u32 Z_envZ_host_interrupt(struct Z_env_instance_t *env)
{
    return env->vm->owner->tick(env->vm);
}

void Z_envZ_host_promise_rejection(struct Z_env_instance_t *env, u32 promise, u32 reason,
                                   u32 handled)
{
    in_guest = 0;
    env->vm->owner->rejection(env->vm, promise, reason, handled != 0);
    worker__vm_free(env->vm, promise);
    worker__vm_free(env->vm, reason);
    in_guest = 1;
}

u32 Z_envZ_host_get_timezone_offset(struct Z_env_instance_t *env, u32 high, u32 low)
{
    (void)env, (void)high, (void)low;
    return 0; /* UTC everywhere */
}

u32 Z_envZ_host_module_normalize(struct Z_env_instance_t *env, u32 base, u32 name)
{
    struct worker__vm *vm = env->vm;
    (void)base;
    struct str text = guest_c(vm, name);
    return guest_copy(vm, text.ptr, text.len);
}

u32 Z_envZ_host_module_load(struct Z_env_instance_t *env, u32 name, u32 ret_len)
{
    (void)name, (void)ret_len;
    worker__vm_throw(env->vm, "import is not available in a program; everything it may use is "
                              "already there: tools, console, URL, TextEncoder, crypto");
    return 0;
}

#define WASI_OK    0U
#define WASI_BADF  8U
#define WASI_NOSYS 52U

u32 Z_wasi_snapshot_preview1Z_clock_time_get(struct Z_wasi_snapshot_preview1_instance_t *wasi,
                                             u32 clock, u64 precision, u32 ret_time)
{
    (void)clock, (void)precision;
    uint64_t ns = (uint64_t)wasi->vm->at_ms * 1000000U;
    memcpy(guest(wasi->vm, ret_time, sizeof(ns)), &ns, sizeof(ns));
    return WASI_OK;
}

u32 Z_wasi_snapshot_preview1Z_random_get(struct Z_wasi_snapshot_preview1_instance_t *wasi,
                                         u32 address, u32 len)
{
    /* The prelude has its own chance, from the program's seed; this one feeds only libc. */
    memset(guest(wasi->vm, address, len), 0x5a, len);
    return WASI_OK;
}

u32 Z_wasi_snapshot_preview1Z_fd_write(struct Z_wasi_snapshot_preview1_instance_t *wasi, u32 fd,
                                       u32 iovs, u32 iovs_count, u32 ret_written)
{
    uint32_t written = 0;
    (void)fd; /* The engine's own messages; nobody reads them. */
    for (uint32_t i = 0; i < iovs_count; i++)
        written += guest_u32(wasi->vm, iovs + i * 8 + 4);
    guest_put_u32(wasi->vm, ret_written, written);
    return WASI_OK;
}

u32 Z_wasi_snapshot_preview1Z_fd_close(struct Z_wasi_snapshot_preview1_instance_t *wasi, u32 fd)
{
    (void)wasi, (void)fd;
    return WASI_NOSYS;
}

u32 Z_wasi_snapshot_preview1Z_fd_fdstat_get(struct Z_wasi_snapshot_preview1_instance_t *wasi,
                                            u32 fd, u32 ret_stat)
{
    (void)wasi, (void)fd, (void)ret_stat;
    return WASI_BADF;
}

u32 Z_wasi_snapshot_preview1Z_fd_seek(struct Z_wasi_snapshot_preview1_instance_t *wasi, u32 fd,
                                      u64 offset, u32 whence, u32 ret_offset)
{
    (void)wasi, (void)fd, (void)offset, (void)whence, (void)ret_offset;
    return WASI_NOSYS;
}

/* ---- life ---- */

static void vm_instantiate(struct worker__vm *vm)
{
    static bool initialised;
    if (!initialised) {
        wasm_rt_init();
        Z_quickjs_init_module();
        initialised = true;
    }
    vm->wasm = heap_alloc(sizeof(*vm->wasm));
    vm->wasm->env.vm = vm;
    vm->wasm->wasi.vm = vm;
    Z_quickjs_instantiate(&vm->wasm->code, &vm->wasm->env, &vm->wasm->wasi);
    /* Best effort: huge pages would make a program of 100 KB cost 2 MiB. */
    (void)madvise(memory_of(vm)->data, RESERVED, MADV_NOHUGEPAGE);
}

static void vm_boot(struct worker__vm *vm)
{
    Z_quickjs_instance_t *code = code_of(vm);
    Z_quickjsZ__initialize(code);
    if (Z_quickjsZ_qjs_init(code) != 0)
        worker__vm_trap(WASM_RT_TRAP_UNREACHABLE);
    Z_quickjsZ_qjs_set_max_stack_size(code, JS_STACK_LEN);
    Z_quickjsZ_qjs_set_interrupt_handler(code, 1);
    Z_quickjsZ_qjs_set_promise_rejection_handler(code, 1);
    Z_quickjsZ_qjs_set_module_loader(code, 1);
}

int worker__vm_init(struct worker__vm *vm, const struct worker__vm_owner *owner)
{
    *vm = (struct worker__vm){ .owner = owner };
    vm_instantiate(vm);
    if (!worker__vm_enter(vm, vm_boot)) {
        worker__vm_fini(vm);
        return RAISE(-EBADMSG);
    }
    return 0;
}

int worker__vm_init_from(struct worker__vm *vm, const struct worker__image *image,
                         const struct worker__vm_owner *owner)
{
    *vm = (struct worker__vm){ .owner = owner, .image = image };
    vm_instantiate(vm);
    wasm_rt_memory_t *memory = memory_of(vm);
    if (memory->pages < image->pages &&
        wasm_rt_grow_memory(memory, image->pages - memory->pages) == UINT32_MAX) {
        worker__vm_fini(vm);
        return RAISE(-ENOMEM);
    }
    worker__vm_reset(vm);
    return 0;
}

void worker__vm_fini(struct worker__vm *vm)
{
    if (!vm->wasm)
        return;
    uint8_t *data = memory_of(vm)->data;
    uint64_t freed = memory_of(vm)->size;
    Z_quickjs_free(code_of(vm));
    /* The runtime unmaps what is in use; the reservation behind it is ours to end. */
    (void)munmap(data + freed, RESERVED - freed);
    vm->wasm = heap_free(vm->wasm);
}

static void vm_collect(struct worker__vm *vm)
{
    Z_quickjsZ_qjs_run_gc(code_of(vm));
}

struct worker__image *worker__image_new(struct worker__vm *vm)
{
    struct worker__image *image = heap_alloc(sizeof(*image));
    bool collected = worker__vm_enter(vm, vm_collect);
    CHECK(collected);
    wasm_rt_memory_t *memory = memory_of(vm);
    memset(memory->data, 0, STACK_LEN);
    image->len = memory->size - STACK_LEN;
    uint8_t *bytes = heap_alloc(image->len);
    memcpy(bytes, memory->data + STACK_LEN, image->len);
    image->bytes = bytes;
    image->pages = memory->pages;
    image->stack_pointer = code_of(vm)->w2c___stack_pointer;
    CHECK(image->stack_pointer <= STACK_LEN && STACK_LEN - image->stack_pointer < PAGE);
    vm->image = image;
    return image;
}

struct worker__image *worker__image_free(struct worker__image *image)
{
    if (image) {
        heap_free((void *)(uintptr_t)image->bytes);
        heap_free(image);
    }
    return NULL;
}

void worker__vm_reset(struct worker__vm *vm)
{
    const struct worker__image *image = vm->image;
    wasm_rt_memory_t *memory = memory_of(vm);
    uint32_t size = image->pages * PAGE;
    if (memory->size > size) {
        /* Mapping anew gives the pages back and closes them in one step. */
        void *closed = mmap(memory->data + size, memory->size - size, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
        CHECK(closed != MAP_FAILED);
        memory->size = size;
        memory->pages = image->pages;
    }
    int r = madvise(memory->data, STACK_LEN - STACK_SHALLOW, MADV_DONTNEED);
    CHECK(r == 0);
    memset(memory->data + STACK_LEN - STACK_SHALLOW, 0, STACK_SHALLOW);
    memcpy(memory->data + STACK_LEN, image->bytes, image->len);
    code_of(vm)->w2c___stack_pointer = image->stack_pointer;
    memory->max_pages = image->pages;
    vm->at_ms = 0;
}

void worker__vm_cool(struct worker__vm *vm)
{
    wasm_rt_memory_t *memory = memory_of(vm);
    int r = madvise(memory->data, memory->size, MADV_DONTNEED);
    CHECK(r == 0);
}

bool worker__vm_is_clean(const struct worker__vm *vm)
{
    const struct worker__image *image = vm->image;
    const wasm_rt_memory_t *memory = memory_of(vm);
    if (memory->pages != image->pages || memory->size != image->pages * PAGE ||
        code_of(vm)->w2c___stack_pointer != image->stack_pointer)
        return false;
    for (size_t i = 0; i < STACK_LEN; i++) {
        if (memory->data[i] != 0)
            return false;
    }
    return memcmp(memory->data + STACK_LEN, image->bytes, image->len) == 0;
}

uint64_t worker__vm_heap(const struct worker__vm *vm)
{
    return memory_of(vm)->size - STACK_LEN;
}

void worker__vm_heap_max(struct worker__vm *vm, uint64_t bytes)
{
    uint64_t pages = vm->image->pages + (bytes + PAGE - 1) / PAGE;
    memory_of(vm)->max_pages = pages < 65535 ? (uint32_t)pages : 65535;
}

bool worker__vm_heap_full(const struct worker__vm *vm)
{
    const wasm_rt_memory_t *memory = memory_of(vm);
    uint32_t room = memory->max_pages - memory->pages;
    return room < 32 || room < memory->max_pages / 2;
}

/* ---- values ---- */

uint32_t worker__vm_eval(struct worker__vm *vm, struct str text, uint32_t name)
{
    uint32_t address = guest_copy(vm, text.ptr, text.len);
    if (address == 0)
        return 0;
    in_guest = 1;
    uint32_t box = Z_quickjsZ_qjs_eval(code_of(vm), address, (uint32_t)text.len, name, EVAL_GLOBAL);
    in_guest = 0;
    Z_quickjsZ_wasm_free(code_of(vm), address);
    return box;
}

uint32_t worker__vm_run(struct worker__vm *vm, struct str bytecode)
{
    uint32_t address = guest_copy(vm, bytecode.ptr, bytecode.len);
    if (address == 0)
        return 0;
    uint32_t box = Z_quickjsZ_qjs_eval_bytecode(code_of(vm), address, (uint32_t)bytecode.len);
    Z_quickjsZ_wasm_free(code_of(vm), address);
    return box;
}

uint32_t worker__vm_call(struct worker__vm *vm, uint32_t function, const uint32_t *argv,
                         uint32_t argc)
{
    Z_quickjs_instance_t *code = code_of(vm);
    CHECK(argc <= HOST_ARGS_MAX);
    /* The arguments stand on the machine's own stack for the length of the call. */
    uint32_t top = code->w2c___stack_pointer;
    uint32_t at = top - HOST_ARGS_MAX * 4;
    for (uint32_t i = 0; i < argc; i++)
        guest_put_u32(vm, at + i * 4, argv[i]);
    code->w2c___stack_pointer = at;
    uint32_t self = worker__vm_undefined(vm);
    in_guest = 1;
    uint32_t box = Z_quickjsZ_qjs_call(code, function, self, argc, at);
    in_guest = 0;
    worker__vm_free(vm, self);
    code->w2c___stack_pointer = top;
    return box;
}

bool worker__vm_is_exception(struct worker__vm *vm, uint32_t box)
{
    return box == 0 || Z_quickjsZ_qjs_is_exception(code_of(vm), box) != 0;
}

uint32_t worker__vm_exception(struct worker__vm *vm)
{
    return Z_quickjsZ_qjs_get_exception(code_of(vm));
}

int worker__vm_job(struct worker__vm *vm)
{
    Z_quickjs_instance_t *code = code_of(vm);
    if (Z_quickjsZ_qjs_is_job_pending(code) == 0)
        return 0;
    in_guest = 1;
    int32_t r = (int32_t)Z_quickjsZ_qjs_execute_pending_job(code);
    in_guest = 0;
    return r < 0 ? -1 : 1;
}

uint32_t worker__vm_undefined(struct worker__vm *vm)
{
    return Z_quickjsZ_qjs_get_undefined(code_of(vm));
}

uint32_t worker__vm_bool(struct worker__vm *vm, bool value)
{
    return value ? Z_quickjsZ_qjs_get_true(code_of(vm)) : Z_quickjsZ_qjs_get_false(code_of(vm));
}

uint32_t worker__vm_number(struct worker__vm *vm, double value)
{
    return Z_quickjsZ_qjs_new_number(code_of(vm), value);
}

uint32_t worker__vm_string(struct worker__vm *vm, struct str text)
{
    uint32_t address = guest_copy(vm, text.ptr, text.len);
    if (address == 0)
        return 0;
    uint32_t box = Z_quickjsZ_qjs_new_string(code_of(vm), address, (uint32_t)text.len);
    Z_quickjsZ_wasm_free(code_of(vm), address);
    return box;
}

uint32_t worker__vm_bytes(struct worker__vm *vm, const uint8_t *bytes, size_t len)
{
    uint32_t address = guest_copy(vm, bytes, len);
    if (address == 0)
        return 0;
    uint32_t box = Z_quickjsZ_qjs_new_array_buffer(code_of(vm), address, (uint32_t)len);
    Z_quickjsZ_wasm_free(code_of(vm), address);
    return box;
}

uint32_t worker__vm_property(struct worker__vm *vm, uint32_t object, const char *name)
{
    uint32_t address = guest_copy(vm, name, strlen(name));
    if (address == 0)
        return 0;
    in_guest = 1;
    uint32_t box = Z_quickjsZ_qjs_get_prop_string(code_of(vm), object, address);
    in_guest = 0;
    Z_quickjsZ_wasm_free(code_of(vm), address);
    return box;
}

void worker__vm_free(struct worker__vm *vm, uint32_t box)
{
    if (box != 0)
        Z_quickjsZ_qjs_free_value(code_of(vm), box);
}

uint32_t worker__vm_dup(struct worker__vm *vm, uint32_t box)
{
    return Z_quickjsZ_qjs_dup_value(code_of(vm), box);
}

double worker__vm_to_number(struct worker__vm *vm, uint32_t box)
{
    return Z_quickjsZ_qjs_get_float64(code_of(vm), box);
}

bool worker__vm_to_bool(struct worker__vm *vm, uint32_t box)
{
    return Z_quickjsZ_qjs_get_bool(code_of(vm), box) != 0;
}

struct str worker__vm_to_text(struct worker__vm *vm, uint32_t box, struct arena *arena)
{
    Z_quickjs_instance_t *code = code_of(vm);
    uint32_t top = code->w2c___stack_pointer;
    uint32_t len_at = top - 16;
    code->w2c___stack_pointer = len_at;
    in_guest = 1;
    uint32_t address = Z_quickjsZ_qjs_get_string_len(code, box, len_at);
    in_guest = 0;
    uint32_t len = guest_u32(vm, len_at);
    code->w2c___stack_pointer = top;
    if (address == 0)
        return STR_NULL;
    struct str text = str_copy(arena, str_of((const char *)guest(vm, address, len), len));
    Z_quickjsZ_qjs_free_cstring(code, address);
    return text;
}

uint32_t worker__vm_identity(struct worker__vm *vm, uint32_t box)
{
    return Z_quickjsZ_qjs_get_value_ptr(code_of(vm), box);
}

uint32_t worker__vm_text(struct worker__vm *vm, struct str text)
{
    return guest_copy(vm, text.ptr, text.len);
}

void worker__vm_hosts(struct worker__vm *vm, const char *letters)
{
    Z_quickjs_instance_t *code = code_of(vm);
    uint32_t global = Z_quickjsZ_qjs_get_global(code);
    uint32_t hosts = Z_quickjsZ_qjs_new_object(code);
    for (const char *at = letters; *at; at++) {
        uint32_t name = guest_copy(vm, at, 1);
        uint32_t function = Z_quickjsZ_qjs_new_host_function(code, name, 1, 0);
        Z_quickjsZ_qjs_set_prop_string(code, hosts, name, function);
        worker__vm_free(vm, function);
        Z_quickjsZ_wasm_free(code, name);
    }
    uint32_t name = guest_copy(vm, "__host", 6);
    Z_quickjsZ_qjs_set_prop_string(code, global, name, hosts);
    Z_quickjsZ_wasm_free(code, name);
    worker__vm_free(vm, hosts);
    worker__vm_free(vm, global);
}

void worker__vm_throw(struct worker__vm *vm, const char *message)
{
    Z_quickjs_instance_t *code = code_of(vm);
    uint32_t error = Z_quickjsZ_qjs_new_error(code);
    uint32_t text = worker__vm_string(vm, str_from(message));
    uint32_t name = guest_copy(vm, "message", 7);
    if (error && text && name)
        Z_quickjsZ_qjs_set_prop_string(code, error, name, text);
    if (name)
        Z_quickjsZ_wasm_free(code, name);
    worker__vm_free(vm, text);
    if (error)
        Z_quickjsZ_qjs_throw(code, error);
    worker__vm_free(vm, error);
}
