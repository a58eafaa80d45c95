/* Views as JSON, in the members and the order of docs/protocol/api.md. */
#include "edge/api/internal.h"
#include "model/error.h"

unsigned api_error_status(struct str code)
{
    enum error_code known;

    return error_parse(code, &known) ? (unsigned)error_info(known)->http_status : 500U;
}

static void print_error_value(struct buf *out, const struct api_error *error)
{
    enum error_code code = ERROR_INTERNAL;

    (void)error_parse(error->code, &code); /* a code that is none of ours is a defect: internal */
    api__open(out);
    api__put_str(out, "code", error_name(code));
    api__put_str(out, "message", error->message.ptr ? error->message : STR(""));
    api__put_bool(out, "retryable", error_info(code)->retryable);
    api__put_str(out, "way_out", error_info(code)->way_out);
    if (error->line > 0) {
        api__put_u64(out, "line", error->line);
        api__put_u64(out, "column", error->column);
    }
    api__put_str_if(out, "stack", error->stack);
    api__put_json_if(out, "data", error->data);
    api__close(out);
}

void api_print_error(struct buf *out, const struct api_error *error)
{
    api__open(out);
    api__put_name(out, "error");
    print_error_value(out, error);
    api__close(out);
}

static void print_problems(struct buf *out, const struct report *report)
{
    api__open(out);
    api__put_name(out, "problems");
    buf_add_char(out, '[');
    for (size_t i = 0; i < report->count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        api__open(out);
        api__put_str(out, "path", report->problems[i].path);
        api__put_str(out, "rule", report->problems[i].rule);
        api__put_str(out, "sentence", report->problems[i].sentence);
        api__close(out);
    }
    buf_add_char(out, ']');
    if (report->dropped > 0)
        api__put_u64(out, "more", report->dropped);
    api__close(out);
}

unsigned api_print_rejected(struct buf *out, enum api_answer answer, const struct report *report)
{
    BUF_CLEANUP struct buf data = BUF_INIT;
    BUF_CLEANUP struct buf message = BUF_INIT;
    struct api_error error = { .code = STR("invalid") };

    for (size_t i = 0; i < report->count; i++) {
        if (i > 0)
            buf_add_c(&message, "; ");
        buf_add_str(&message, report->problems[i].sentence);
    }
    print_problems(&data, report);
    error.message = buf_str(&message);
    error.data = buf_str(&data);
    api_print_error(out, &error);
    switch (answer) {
    case API_PARSED:
    case API_INVALID:
        return 400;
    case API_UNKNOWN:
        return 404;
    case API_NO_METHOD:
        return 405;
    }
    UNREACHABLE("an answer outside its enum");
}

void api_print_input(struct buf *out, const struct api_input *input)
{
    api__open(out);
    api__put_str(out, "id", input->id);
    api__put_str(out, "kind", input->kind);
    api__put_str(out, "execution", input->execution);
    if (input->call > 0)
        api__put_u64(out, "call", input->call);
    api__put_str_if(out, "address", input->address);
    api__put_str_if(out, "effect", input->effect);
    api__put_str_if(out, "actor", input->actor);
    api__put_str(out, "title", input->title);
    api__put_json(out, "detail", input->detail);
    api__put_str_if(out, "rule", input->rule);
    api__put_str_if(out, "layer", input->layer);
    api__put_time(out, "opened_at", input->opened_ms);
    api__put_time(out, "expires_at", input->expires_ms);
    api__close(out);
}

static void print_console(struct buf *out, const struct api_execution *execution)
{
    api__put_name(out, "console");
    buf_add_char(out, '[');
    for (size_t i = 0; i < execution->console_count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        api__open(out);
        api__put_str(out, "level", execution->console[i].level);
        api__put_str(out, "text", execution->console[i].text);
        api__close(out);
    }
    buf_add_char(out, ']');
}

void api_print_execution(struct buf *out, const struct api_execution *execution)
{
    api__open(out);
    api__put_str(out, "id", execution->id);
    api__put_str(out, "state", execution->state);
    api__put_str(out, "actor", execution->actor);
    api__put_str(out, "channel", execution->channel);
    api__put_time(out, "received_at", execution->received_ms);
    api__put_time(out, "ended_at", execution->ended_ms);
    api__put_u64(out, "calls", execution->calls);
    api__put_str_if(out, "title", execution->title);
    api__put_json(out, "result", execution->result);
    api__put_str(out, "artifact", execution->artifact);
    api__put_name(out, "error");
    if (execution->error)
        print_error_value(out, execution->error);
    else
        buf_add_c(out, "null");
    print_console(out, execution);
    api__put_name(out, "inputs");
    buf_add_char(out, '[');
    for (size_t i = 0; i < execution->inputs_count; i++) {
        api_list_item(out);
        api_print_input(out, &execution->inputs[i]);
    }
    buf_add_char(out, ']');
    api__close(out);
}

static void print_findings(struct buf *out, const struct api_tool *tool)
{
    api__put_name(out, "findings");
    buf_add_char(out, '[');
    for (size_t i = 0; i < tool->findings_count; i++) {
        api_list_item(out);
        api__open(out);
        api__put_str(out, "rule", tool->findings[i].rule);
        api__put_str(out, "sentence", tool->findings[i].sentence);
        api__close(out);
    }
    buf_add_char(out, ']');
}

void api_print_tool(struct buf *out, const struct api_tool *tool)
{
    api__open(out);
    api__put_str(out, "address", tool->address);
    api__put_str(out, "name", tool->name);
    api__put_str(out, "title", tool->title);
    api__put_str(out, "description", tool->description);
    api__put_str(out, "effect", tool->effect);
    api__put_str(out, "change", tool->change);
    api__put_bool(out, "waiting", tool->waiting);
    api__put_bool(out, "rejected", tool->rejected);
    api__put_str_if(out, "digest", tool->digest);
    api__put_json_if(out, "input", tool->input);
    api__put_json_if(out, "output", tool->output);
    api__put_str_if(out, "typescript", tool->typescript);
    print_findings(out, tool);
    api__close(out);
}

static void print_schemes(struct buf *out, const struct api_source *source)
{
    api__put_name(out, "schemes");
    buf_add_char(out, '[');
    for (size_t i = 0; i < source->schemes_count; i++) {
        api_list_item(out);
        api__open(out);
        api__put_str(out, "scheme", source->schemes[i].scheme);
        api__put_str(out, "means", source->schemes[i].means);
        api__put_bool(out, "given", source->schemes[i].given);
        api__put_str_if(out, "bound", source->schemes[i].bound);
        api__close(out);
    }
    buf_add_char(out, ']');
}

void api_print_source(struct buf *out, const struct api_source *source)
{
    api__open(out);
    api__put_str(out, "name", source->name);
    if (source->connections.count > 0)
        api__put_words(out, "connections", &source->connections);
    api__put_str(out, "kind", source->kind);
    api__put_str(out, "state", source->state);
    api__put_str(out, "reason", source->reason);
    api__put_words(out, "command", &source->command);
    api__put_words(out, "env", &source->env);
    api__put_str(out, "folder", source->folder);
    api__put_str_if(out, "url", source->url);
    api__put_str_if(out, "base_url", source->base_url);
    if (source->url.ptr) {
        api__put_words(out, "headers", &source->headers);
        api__put_words(out, "allow", &source->allow);
    }
    api__put_str(out, "server", source->server);
    api__put_str(out, "digest", source->digest);
    api__put_str(out, "approved", source->approved);
    api__put_str(out, "stderr", source->stderr_tail);
    api__put_u64(out, "tools_count", source->tools_count);
    api__put_u64(out, "waiting_count", source->waiting_count);
    if (source->schemes)
        print_schemes(out, source);
    api__put_u64(out, "rejected_count", source->rejected_count);
    if (source->tools) {
        api__put_name(out, "tools");
        buf_add_char(out, '[');
        for (size_t i = 0; i < source->tools_shown; i++) {
            api_list_item(out);
            api_print_tool(out, &source->tools[i]);
        }
        buf_add_char(out, ']');
        api__put_name(out, "tools_next");
        if (source->tools_next)
            buf_printf(out, "%llu", (unsigned long long)source->tools_next);
        else
            buf_add_c(out, "null");
    }
    api__close(out);
}

static void print_rule(struct buf *out, const struct api_rule *rule)
{
    api__open(out);
    api__put_str(out, "name", rule->name);
    api__put_str(out, "match", rule->match);
    api__put_str_if(out, "effect", rule->effect);
    api__put_str_if(out, "channel", rule->channel);
    api__put_str_if(out, "agent", rule->agent);
    api__put_str(out, "verdict", rule->verdict);
    api__put_str_if(out, "reason", rule->reason);
    api__close(out);
}

void api_print_layer(struct buf *out, const struct api_layer *layer)
{
    api__open(out);
    api__put_str(out, "layer", layer->layer);
    api__put_u64(out, "version", layer->version);
    api__put_str(out, "digest", layer->digest);
    api__put_name(out, "rules");
    buf_add_char(out, '[');
    for (size_t i = 0; i < layer->rules_count; i++) {
        api_list_item(out);
        print_rule(out, &layer->rules[i]);
    }
    buf_add_char(out, ']');
    api__close(out);
}

void api_print_why(struct buf *out, const struct api_why *why)
{
    api__open(out);
    api__put_str(out, "address", why->address);
    api__put_str(out, "effect", why->effect);
    api__put_str(out, "verdict", why->verdict);
    api__put_str(out, "rule", why->rule);
    api__put_str(out, "layer", why->layer);
    api__put_str(out, "reason", why->reason);
    api__close(out);
}

static void print_processes(struct buf *out, const struct api_status *status)
{
    api__put_name(out, "processes");
    buf_add_char(out, '[');
    for (size_t i = 0; i < status->processes_count; i++) {
        const struct api_process *process = &status->processes[i];

        api_list_item(out);
        api__open(out);
        api__put_str(out, "kind", process->kind);
        api__put_u64(out, "pid", (uint64_t)process->pid);
        api__put_u64(out, "number", process->number);
        api__put_u64(out, "restarts", process->restarts);
        api__close(out);
    }
    buf_add_char(out, ']');
}

void api_print_status(struct buf *out, const struct api_status *status)
{
    api__open(out);
    api__put_str(out, "version", status->version);
    api__put_str(out, "build", status->build);
    api__put_u64(out, "pid", (uint64_t)status->pid);
    api__put_time(out, "started_at", status->started_ms);
    api__put_u64(out, "epoch", status->epoch);
    api__put_u64(out, "sequence", status->sequence);
    api__put_u64(out, "durable", status->durable);
    api__put_str(out, "data", status->data);
    api__put_str(out, "runtime", status->runtime);
    api__put_str(out, "socket", status->socket);
    api__put_str(out, "http", status->http);
    api__put_str_if(out, "http_error", status->http_error);
    api__put_str(out, "token_file", status->token_file);
    print_processes(out, status);
    api__put_words(out, "walls_missing", &status->walls_missing);
    api__put_str(out, "stopped", status->stopped);
    api__put_name(out, "counts");
    api__open(out);
    api__put_u64(out, "executions", status->executions);
    api__put_u64(out, "inputs", status->inputs);
    api__put_u64(out, "sources", status->sources);
    api__put_u64(out, "sessions", status->sessions);
    api__close(out);
    api__close(out);
}

void api_list_begin(struct buf *out, const char *name)
{
    api__open(out);
    api__put_name(out, name);
    buf_add_char(out, '[');
}

void api_list_item(struct buf *out)
{
    CHECK(out->len > 0);
    if (out->ptr[out->len - 1] != '[')
        buf_add_char(out, ',');
}

void api_list_end(struct buf *out)
{
    buf_add_c(out, "]}");
}

void api_print_event(struct buf *out, const char *name, struct str data)
{
    api__open(out);
    api__put_str(out, "event", str_from(name));
    api__put_json(out, "data", data);
    api__close(out);
}
