/*
 * said - failures in words, with the program's own lines.
 *
 * The machine was given: prefix, the program, suffix, and where types were removed the program is
 * another text with the same lines. Positions go back through both.
 */
#include "proc/worker/internal.h"

#include <stdarg.h>
#include <stdio.h>

struct position {
    uint32_t line;
    uint32_t column;
};

static const char frame_name[] = "program:";

/*
 * Where types were removed a line may have lost characters. Before the first difference a column
 * is what it was; after the last one it is so many characters from the line's end; between them
 * it is where the difference begins.
 */
static uint32_t column_back(const struct worker__source *source, struct position at)
{
    struct str sent = worker__text_line(source->sent, at.line);
    struct str ran = worker__text_line(source->ran, at.line);
    size_t same = 0;
    size_t tail = 0;
    while (same < sent.len && same < ran.len && sent.ptr[same] == ran.ptr[same])
        same++;
    while (tail < sent.len - same && tail < ran.len - same &&
           sent.ptr[sent.len - tail - 1] == ran.ptr[ran.len - tail - 1])
        tail++;
    if (at.column <= same + 1)
        return at.column;
    if (at.column > ran.len - tail && at.column <= ran.len)
        return (uint32_t)(sent.len - (ran.len - at.column));
    return (uint32_t)same + 1;
}

static struct position position_back(const struct worker__source *source, struct position at)
{
    if (at.line == 1)
        at.column = at.column > source->prefix ? at.column - source->prefix : 1;
    if (source->stripped)
        at.column = column_back(source, at);
    return at;
}

/* "program:12:5" somewhere in a line of a stack; false if it is no frame of the program. */
static bool frame_find(struct str line, size_t *ret_from, size_t *ret_to, struct position *ret_at)
{
    size_t from = str_find(line, STR("(program:"));
    from = from == SIZE_MAX ? str_find(line, STR("at program:")) : from;
    if (from == SIZE_MAX)
        return false;
    from += str_find(str_slice(line, from, line.len), str_from(frame_name));
    size_t to = from + sizeof(frame_name) - 1;
    struct position at = { 0, 0 };
    while (to < line.len && line.ptr[to] >= '0' && line.ptr[to] <= '9' && at.line < 100000000)
        at.line = at.line * 10 + (uint32_t)(line.ptr[to++] - '0');
    if (to < line.len && line.ptr[to] == ':')
        to++;
    while (to < line.len && line.ptr[to] >= '0' && line.ptr[to] <= '9' && at.column < 100000000)
        at.column = at.column * 10 + (uint32_t)(line.ptr[to++] - '0');
    *ret_from = from;
    *ret_to = to;
    *ret_at = at;
    return at.line > 0;
}

static void add_frame(struct buf *buf, struct str line, struct position at, size_t from, size_t to)
{
    buf_add_str(buf, str_slice(line, 0, from));
    buf_printf(buf, "%s%u:%u", frame_name, at.line, at.column);
    buf_add_str(buf, str_slice(line, to, line.len));
}

/* The stack in the program's own positions, without our frames; gives its first position. */
static struct str stack_back(struct worker_program *program, struct str stack,
                             struct position *ret_first)
{
    struct buf BUF_CLEANUP buf = BUF_INIT;
    struct position first = { 0, 0 };
    while (stack.ptr) {
        struct str line = str_split(&stack, '\n');
        struct position at;
        size_t from;
        size_t to;
        if (frame_find(line, &from, &to, &at)) {
            at = position_back(&program->source, at);
            if (first.line == 0)
                first = at;
            add_frame(&buf, line, at, from, to);
            buf_add_char(&buf, '\n');
        }
    }
    *ret_first = first;
    return str_copy(program->slice, str_trim(buf_str(&buf)));
}

/* The first len bytes, or less where that would cut a character. */
static struct str cut(struct str text, size_t len)
{
    if (text.len <= len)
        return text;
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0U) == 0x80)
        len--;
    return str_slice(text, 0, len);
}

static void fail(struct worker_program *program, struct worker_error error)
{
    if (program->ended && program->report.state == WORKER_FAILED)
        return;
    program->ended = true;
    program->report.state = WORKER_FAILED;
    program->report.result = STR_NULL;
    program->report.error = error;
}

void worker__fail(struct worker_program *program, const char *code, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    int len = vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    CHECK(len >= 0);
    fail(program, (struct worker_error){
                      .code = str_from(code),
                      .message = str_copy(program->slice, str_from(text)),
                  });
}

void worker__fail_memory(struct worker_program *program)
{
    worker__fail(program, "limit",
                 "out of memory: the program needed more than %llu bytes; keep less at once",
                 (unsigned long long)program->limits.memory_bytes_max);
}

static struct str why_deep(struct arena *arena, struct str message)
{
    return str_printf(arena, "%.*s (the program calls itself too deeply, without an end?)",
                      STR_ARG(message));
}

/* Where there is no memory for the error either, the engine throws null. */
static bool is_out_of_memory(const struct worker_program *program, struct str message)
{
    if (!message.ptr || str_find(message, STR("InternalError: out of memory")) == 0)
        return true;
    return str_is(message, "the program threw null") && worker__vm_heap_full(&program->vm);
}

void worker__fail_thrown(struct worker_program *program, const struct worker_error *thrown)
{
    struct worker_error error = *thrown;
    struct position first;
    if (program->ended)
        return;
    if (is_out_of_memory(program, error.message)) {
        worker__fail_memory(program);
        return;
    }
    error.message = cut(error.message, WORKER_ERROR_BYTES_MAX);
    error.stack = stack_back(program, error.stack, &first);
    error.stack = cut(error.stack, WORKER_ERROR_BYTES_MAX);
    if (error.data.len > WORKER_ERROR_BYTES_MAX * 4U)
        error.data = STR_NULL;
    error.line = first.line;
    error.column = first.column;
    if (!error.code.ptr || error.code.len == 0)
        error.code = STR("program");
    if (str_find(error.message, STR("RangeError: Maximum call stack")) == 0 ||
        str_find(error.message, STR("InternalError: stack overflow")) == 0)
        error.message = why_deep(program->slice, error.message);
    fail(program, error);
}

void worker__fail_stop(struct worker_program *program)
{
    const struct worker_limits *limits = &program->limits;
    switch (program->stop) {
    case WORKER__GO:
        return;
    case WORKER__STOP_TICKS:
        worker__fail(program, "limit",
                     "the program ran longer than its limit of %llu ticks; "
                     "a loop without an end, or too much work in one program",
                     (unsigned long long)limits->ticks_max);
        return;
    case WORKER__STOP_CALLS:
        worker__fail(program, "limit", "the program made more than %u calls", limits->calls_max);
        return;
    case WORKER__STOP_AT_ONCE:
        worker__fail(program, "limit",
                     "the program has more than %u calls waiting at once; await some first",
                     WORKER__CALLS_AT_ONCE);
        return;
    case WORKER__STOP_TIMERS:
        worker__fail(program, "limit", "the program has more than %u timers waiting at once",
                     WORKER_TIMERS_MAX);
        return;
    case WORKER__STOP_OUTPUT:
        worker__fail(program, "limit",
                     "result, emitted values and console are larger than %llu bytes together; "
                     "return what is needed of them",
                     (unsigned long long)limits->output_bytes_max);
        return;
    case WORKER__STOP_REPORT:
        worker__fail(program, "limit",
                     "arguments, emitted values and result are larger than %u bytes at once; "
                     "await some calls first, or pass on less",
                     WORKER_REPORT_BYTES_MAX);
        return;
    }
    UNREACHABLE("a stop outside its enum");
}

void worker__fail_trap(struct worker_program *program)
{
    if (program->vm.trap == WORKER__TRAP_WATCHDOG)
        worker__fail(program, "limit",
                     "the program kept the processor too long in one step (a sort, a search or a "
                     "text that is too large)");
    else if (worker__vm_heap_full(&program->vm))
        worker__fail_memory(program);
    else
        worker__fail(program, "internal",
                     "the program brought its machine to a stop; a stack that is too deep, or a "
                     "defect of the engine");
}

static struct str property(struct worker_program *program, uint32_t object, const char *name)
{
    struct worker__vm *vm = &program->vm;
    uint32_t box = worker__vm_property(vm, object, name);
    if (worker__vm_is_exception(vm, box))
        return STR_NULL;
    struct str text = worker__vm_to_text(vm, box, program->slice);
    worker__vm_free(vm, box);
    return text;
}

static struct str why_syntax(struct worker_program *program, struct position at, struct str message)
{
    struct str line = str_trim(worker__text_line(program->source.sent, at.line));
    if (str_starts(line, STR("import ")) || str_starts(line, STR("import{")))
        return STR("import is not available in a program; everything it may use is already "
                   "there: tools, console, URL, TextEncoder, crypto");
    if (str_starts(line, STR("export ")))
        return STR("export is not available in a program; its last words are `return value`");
    return message;
}

static void fail_syntax(struct worker_program *program, uint32_t thrown, struct str message)
{
    struct position at;
    (void)stack_back(program, property(program, thrown, "stack"), &at);
    program->syntax = true;
    program->report.error = (struct worker_error){
        .code = STR("syntax"),
        .message = why_syntax(program, at, message),
        .line = at.line,
        .column = at.column,
    };
}

void worker__fail_eval(struct worker_program *program)
{
    struct worker__vm *vm = &program->vm;
    uint32_t thrown = worker__vm_exception(vm);
    struct str name = property(program, thrown, "name");
    struct str message = property(program, thrown, "message");
    if (str_is(name, "SyntaxError"))
        fail_syntax(program, thrown, message.ptr ? message : STR("the text is no program"));
    else if (program->stop != WORKER__GO)
        worker__fail_stop(program);
    else
        worker__call(program, program->engine->handles.fail, &thrown, 1);
    worker__vm_free(vm, thrown);
}

/* Lines of stacks in a text of several lines get the program's own positions; ours go. */
static struct str lines_back(struct worker_program *program, struct str text)
{
    struct buf BUF_CLEANUP buf = BUF_INIT;
    while (text.ptr) {
        struct str line = str_split(&text, '\n');
        struct position at;
        size_t from;
        size_t to;
        bool frame = str_starts(line, STR("    at "));
        bool found = frame && frame_find(line, &from, &to, &at);
        if (frame && !found)
            continue;
        if (buf.len > 0)
            buf_add_char(&buf, '\n');
        if (found)
            add_frame(&buf, line, position_back(&program->source, at), from, to);
        else
            buf_add_str(&buf, line);
    }
    return str_copy(program->life, buf_str(&buf));
}

void worker__said_console(struct worker_program *program, struct str level, struct str text)
{
    program->console_bytes += text.len + WORKER__ITEM_BYTES;
    if (program->console_bytes > WORKER_CONSOLE_BYTES_MAX) {
        program->console_closed = true;
        level = STR("warn");
        text = STR("the console is full; what is written from here on is dropped");
    }
    if (str_find(text, STR("\n    at ")) != SIZE_MAX)
        text = lines_back(program, text);
    *VEC_PUSH(&program->console) = (struct worker_console){ level, text };
}
