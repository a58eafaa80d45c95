/*
 * Each file is read into servers, each server into the command and the environment, or the address
 * and the headers, that a source would have, with its variables put in; what hinders one is said
 * with it.
 */
#include "proc/cli/import.h"
#include "format/secret/secret.h"
#include "format/toml/toml.h"

#define WORD_MAX 256U /* of a variable's name */

struct taking {
    struct import_list *list;
    const struct import_file *file;
    import_lookup *lookup;
    struct import_one *one;
    bool shown; /* the text is seen and recorded: nothing secret goes into it */
};

static void problem_say(struct taking *taking, const char *sentence)
{
    if (!taking->one->problem.ptr)
        taking->one->problem = str_from(sentence);
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool sounds_secret(struct str name)
{
    static const char *const words[] = { "KEY",  "TOKEN",  "SECRET",  "PASS", "AUTH",
                                         "CRED", "COOKIE", "PRIVATE", "PAT",  "DSN" };
    char text[WORD_MAX];
    size_t len = name.len < sizeof(text) ? name.len : sizeof(text);

    for (size_t i = 0; i < len; i++)
        text[i] = upper(name.ptr[i]);
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (str_find(str_of(text, len), str_from(words[i])) != SIZE_MAX)
            return true;
    }
    return false;
}

/* ---- JSON as editors write it: with comments, and commas before an end ---- */

/* Where the text goes on behind the comment at `at`. */
static size_t comment_end(struct str text, size_t at)
{
    struct str rest = str_slice(text, at + 2, text.len);
    bool line = text.ptr[at + 1] == '/';
    size_t end = line ? str_find_char(rest, '\n') : str_find(rest, STR("*/"));

    return end == SIZE_MAX ? text.len : at + 2 + end + (line ? 0 : 2);
}

static struct str plain_json(struct arena *arena, struct str text)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    size_t comma = SIZE_MAX; /* where in out a comma waits for what follows */
    bool string = false;

    for (size_t i = 0; i < text.len;) {
        char c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : 0;

        if (!string && c == '/' && (next == '/' || next == '*')) {
            i = comment_end(text, i);
            continue;
        }
        if (!string && (c == ']' || c == '}') && comma != SIZE_MAX)
            out.ptr[comma] = ' ';
        if (string || (c != ' ' && c != '\t' && c != '\n' && c != '\r'))
            comma = !string && c == ',' ? out.len : SIZE_MAX;
        if (c == '"')
            string = !string;
        buf_add_char(&out, c);
        i++;
        if (string && c == '\\' && i < text.len)
            buf_add_char(&out, text.ptr[i++]);
    }
    return str_copy(arena, buf_str(&out));
}

/* ---- texts with variables ---- */

static struct import_input *input_find(const struct import_list *list, struct str file,
                                       struct str id)
{
    for (size_t i = 0; i < list->inputs.count; i++) {
        if (str_equal(list->inputs.at[i].file, file) && str_equal(list->inputs.at[i].id, id))
            return &list->inputs.at[i];
    }
    return NULL;
}

/* What says where one is; false: it is none of that. */
static bool place_add(struct taking *taking, struct str inner, struct buf *out)
{
    struct str here = taking->list->here, rest = here, last = here;

    if (str_is(inner, "workspaceFolder"))
        buf_add_str(out, here);
    else if (str_is(inner, "userHome"))
        buf_add_str(out, taking->list->home);
    else if (str_is(inner, "pathSeparator") || str_is(inner, "/"))
        buf_add_char(out, '/');
    else if (str_is(inner, "workspaceFolderBasename")) {
        while (rest.ptr)
            last = str_split(&rest, '/');
        buf_add_str(out, last);
    } else {
        return false;
    }
    return true;
}

/* ${env:NAME} ${NAME} ${NAME:-text} ${input:ID}, and places; false: it is none of these. */
static bool variable_add(struct taking *taking, struct str inner, struct buf *out)
{
    struct str rest = inner;
    struct str name = inner, otherwise = STR_NULL;
    size_t dash = str_find(inner, STR(":-"));
    char text[WORD_MAX];

    if (place_add(taking, inner, out))
        return true;
    if (str_starts(inner, STR("input:"))) {
        buf_printf(out, "${%.*s}", STR_ARG(inner));
        return !taking->shown &&
               input_find(taking->list, taking->file->path, str_slice(inner, 6, inner.len)) != NULL;
    }
    if (dash != SIZE_MAX) {
        name = str_slice(inner, 0, dash);
        otherwise = str_slice(inner, dash + 2, inner.len);
    } else if (str_starts(rest, STR("env:"))) {
        name = str_slice(rest, 4, rest.len);
    }
    if (name.len == 0 || name.len >= sizeof(text) || str_find_char(name, ':') != SIZE_MAX)
        return false;
    memcpy(text, name.ptr, name.len);
    text[name.len] = 0;
    const char *value = taking->lookup(text);
    if (!value && !otherwise.ptr)
        return false;
    if (value && taking->shown && sounds_secret(name)) {
        problem_say(taking, "its command or address would have a secret in it; put that into its "
                            "environment or headers");
        buf_printf(out, "${%.*s}", STR_ARG(inner));
        return true;
    }
    buf_add_str(out, value ? str_from(value) : otherwise);
    return true;
}

static struct str expanded(struct taking *taking, struct str text)
{
    struct buf out BUF_CLEANUP = BUF_INIT;

    while (text.ptr) {
        size_t from = str_find(text, STR("${"));
        size_t to =
            from == SIZE_MAX ? SIZE_MAX : str_find_char(str_slice(text, from, text.len), '}');

        buf_add_str(&out, str_slice(text, 0, from));
        if (to == SIZE_MAX) {
            buf_add_str(&out, from == SIZE_MAX ? STR("") : str_slice(text, from, text.len));
            break;
        }
        if (!variable_add(taking, str_slice(text, from + 2, from + to), &out))
            problem_say(taking, str_printf(taking->list->arena,
                                           "it asks for a value that is not here: %.*s}%c",
                                           STR_ARG(str_slice(text, from, from + to)), 0)
                                    .ptr);
        text = str_slice(text, from + to + 1, text.len);
    }
    return str_copy(taking->list->arena, buf_str(&out));
}

/* ---- one server ---- */

/* Letters, digits, _ and -, a letter first. */
static struct str name_make(struct arena *arena, struct str name)
{
    struct buf out BUF_CLEANUP = BUF_INIT;

    for (size_t i = 0; i < name.len && out.len < 60; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool plain = letter || (c >= '0' && c <= '9') || c == '_' || c == '-';

        if (out.len == 0 && !letter)
            buf_add_c(&out, "mcp-");
        if (plain)
            buf_add_char(&out, c);
        else if (out.len > 0 && out.ptr[out.len - 1] != '-')
            buf_add_char(&out, '-');
    }
    if (out.len == 0)
        buf_add_c(&out, "mcp");
    return str_copy(arena, buf_str(&out));
}

bool import_is_same_name(struct str a, struct str b)
{
    for (size_t i = 0, j = 0;; i++, j++) {
        while (i < a.len && (a.ptr[i] == '_' || a.ptr[i] == '-'))
            i++;
        while (j < b.len && (b.ptr[j] == '_' || b.ptr[j] == '-'))
            j++;
        if (i == a.len || j == b.len)
            return i == a.len && j == b.len;
        if (upper(a.ptr[i]) != upper(b.ptr[j]))
            return false;
    }
}

/* Does it hold a secret of a shape that Writ knows, and would seal? */
static bool is_known_secret(struct str text)
{
    struct secret_scan scan;
    struct secret_span span;

    secret_scan_init(&scan, text);
    return secret_scan_next(&scan, &span);
}

static void pair_add(struct taking *taking, struct str name, struct str value, bool secret)
{
    struct import_one *one = taking->one;
    struct buf member BUF_CLEANUP = BUF_INIT;

    if (!one->pairs)
        one->pairs = ARENA_ARRAY(taking->list->arena, struct import_pair, IMPORT_PAIRS_MAX);
    if (one->pairs_count == IMPORT_PAIRS_MAX) {
        problem_say(taking, "it has too many variables or headers");
        return;
    }
    buf_add_json(&member, name);
    buf_add_char(&member, ':');
    buf_add_json(&member, value);
    secret = secret || (value.len > 0 && sounds_secret(name)) || is_known_secret(buf_str(&member));
    one->pairs[one->pairs_count++] = (struct import_pair){ name, value, secret };
}

static void pairs_take(struct taking *taking, const struct json_value *object, bool secret)
{
    struct json_iter iter = json_iter(object);
    const struct json_value *value;

    while (json_is_object(object) && (value = json_next(&iter))) {
        struct str text =
            json_is_string(value) ? json_str(value) : json_text(taking->list->arena, value);
        bool typed = str_find(text, STR("${input:")) != SIZE_MAX;

        pair_add(taking, iter.key, json_is_string(value) ? expanded(taking, text) : text,
                 secret || typed);
    }
}

/* Of each name the variable of our environment is handed on under that name, or under its own. */
static void handed_take(struct taking *taking, const struct json_value *names, bool secret)
{
    struct json_iter iter = json_iter(names);
    const struct json_value *name;

    while ((name = json_next(&iter))) {
        struct str variable = json_str(name);
        struct buf text BUF_CLEANUP = BUF_INIT;

        if (variable.len == 0)
            continue;
        if (!variable_add(taking, str_printf(taking->list->arena, "env:%.*s", STR_ARG(variable)),
                          &text))
            problem_say(taking, str_printf(taking->list->arena,
                                           "it asks for a value that is not here: %.*s%c",
                                           STR_ARG(variable), 0)
                                    .ptr);
        pair_add(taking, iter.members ? iter.key : variable,
                 str_copy(taking->list->arena, buf_str(&text)), secret);
    }
}

static void words_take(struct taking *taking, const struct json_value *server)
{
    struct json_iter iter = json_iter(json_get(server, "args"));
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct str command;
    const struct json_value *word;

    taking->shown = true;
    command = expanded(taking, json_get_str(server, "command"));
    buf_add_char(&out, '[');
    buf_add_json(&out, command);
    while ((word = json_next(&iter))) {
        if (!json_is_string(word))
            problem_say(taking, "a word of its command is no text");
        buf_add_char(&out, ',');
        buf_add_json(&out, expanded(taking, json_str(word)));
    }
    taking->shown = false;
    buf_add_char(&out, ']');
    if (is_known_secret(buf_str(&out))) {
        problem_say(taking, "its command has a secret in it; put that into its environment");
        taking->one->words = STR("[]");
        return;
    }
    taking->one->words = str_copy(taking->list->arena, buf_str(&out));
}

static void command_take(struct taking *taking, const struct json_value *server)
{
    words_take(taking, server);
    pairs_take(taking, json_get(server, "env"), false);
    handed_take(taking, json_get(server, "env_vars"), false);
    if (json_get(server, "envFile"))
        taking->one->left = STR("what its envFile has");
}

/* Authorization: Bearer, of what is in a variable, or was written down. */
static void bearer_take(struct taking *taking, const struct json_value *server)
{
    struct str name = json_get_str(server, "bearer_token_env_var");
    struct str value = json_get_str(server, "bearer_token");

    if (name.len > 0)
        value = str_printf(taking->list->arena, "${env:%.*s}", STR_ARG(name));
    if (value.len > 0)
        pair_add(taking, STR("Authorization"),
                 str_printf(taking->list->arena, "Bearer %.*s",
                            STR_ARG(name.len > 0 ? expanded(taking, value) : value)),
                 true);
}

static void url_take(struct taking *taking, const struct json_value *server, struct str url)
{
    struct import_one *one = taking->one;

    one->words = STR("[]");
    taking->shown = true;
    one->url = expanded(taking, url);
    taking->shown = false;
    if (!str_starts(one->url, STR("http://")) && !str_starts(one->url, STR("https://")))
        problem_say(taking, "its address does not begin with https:// or http://");
    if (is_known_secret(one->url) || str_find_char(one->url, '@') != SIZE_MAX) {
        problem_say(taking, "its address has a user or a secret in it; add it with --header");
        one->url = STR("");
    }
    pairs_take(taking, json_get(server, "headers"), true);
    if (taking->file->form == IMPORT_CODEX) {
        pairs_take(taking, json_get(server, "http_headers"), true);
        handed_take(taking, json_get(server, "env_http_headers"), true);
        bearer_take(taking, server);
    }
    if (json_get(server, "headersHelper"))
        one->left = STR("what its headersHelper gives");
}

static void way_take(struct taking *taking, const struct json_value *server)
{
    if (json_get_str(server, "command").len > 0) {
        command_take(taking, server);
    } else if (json_get_str(server, "url").len > 0) {
        url_take(taking, server, json_get_str(server, "url"));
    } else if (json_get_str(server, "serverUrl").len > 0) {
        url_take(taking, server, json_get_str(server, "serverUrl"));
    } else {
        taking->one->words = STR("[]");
        problem_say(taking, json_is_object(server) ? "it has neither a command nor an address"
                                                   : "it is no table of what it runs or asks");
    }
}

static void server_take(struct taking *taking, struct str name, const struct json_value *server)
{
    struct import_list *list = taking->list;
    struct str folder = json_get_str(server, "cwd");
    struct import_one one = { .from = str_from(taking->file->from), .file = taking->file->path };

    if (list->ones.count >= IMPORT_MAX)
        return;
    taking->one = &one;
    one.name = name_make(list->arena, name);
    one.folder = folder.len > 0 && folder.ptr[0] == '/' ? folder : list->here;
    if (json_is_true(json_get(server, "disabled")) || json_is_false(json_get(server, "enabled")))
        problem_say(taking, "it is switched off there");
    way_take(taking, server);
    for (size_t i = 0; i < list->ones.count; i++) {
        if (str_equal(list->ones.at[i].name, one.name))
            problem_say(taking, "one of this name came before");
    }
    *VEC_PUSH(&list->ones) = one;
    taking->one = NULL;
}

static void servers_take(struct taking *taking, const struct json_value *servers)
{
    struct json_iter iter = json_iter(servers);
    const struct json_value *server;

    if (servers && !json_is_null(servers) && !json_is_object(servers)) {
        *VEC_PUSH(&taking->list->notes) =
            str_printf(taking->list->arena, "%.*s: its servers are no object of servers by name",
                       STR_ARG(taking->file->path));
        return;
    }
    while ((server = json_next(&iter)))
        server_take(taking, iter.key, server);
}

/* ---- what is typed ---- */

/* VS Code's: {"id","type","description","password","default"}. What a command gives is not had. */
static void inputs_take(struct taking *taking, const struct json_value *inputs)
{
    struct json_iter iter = json_iter(inputs);
    const struct json_value *each;

    while ((each = json_next(&iter)) && taking->list->inputs.count < IMPORT_MAX) {
        struct str type = json_get_str(each, "type");

        if (!str_is(type, "promptString") && !str_is(type, "pickString"))
            continue;
        *VEC_PUSH(&taking->list->inputs) =
            (struct import_input){ .file = taking->file->path,
                                   .id = json_get_str(each, "id"),
                                   .description = json_get_str(each, "description"),
                                   .fallback = json_get_str(each, "default"),
                                   .hidden = json_is_true(json_get(each, "password")) };
    }
}

struct import_input *import_input_next(const struct import_list *list, const struct import_one *one,
                                       struct str value, size_t *at)
{
    for (;;) {
        struct str rest = str_slice(value, *at, value.len);
        size_t from = str_find(rest, STR("${input:"));
        size_t to =
            from == SIZE_MAX ? SIZE_MAX : str_find_char(str_slice(rest, from, rest.len), '}');
        struct import_input *input;

        if (to == SIZE_MAX)
            return NULL;
        *at += from + to + 1;
        input = input_find(list, one->file, str_slice(rest, from + 8, from + to));
        if (input)
            return input;
    }
}

struct str import_value(const struct import_list *list, const struct import_one *one,
                        struct str value)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    const struct import_input *input;
    size_t done = 0, at = 0;

    while ((input = import_input_next(list, one, value, &at))) {
        size_t from = at - input->id.len - strlen("${input:}");

        buf_add_str(&out, str_slice(value, done, from));
        buf_add_str(&out, input->typed.ptr ? input->typed : input->fallback);
        done = at;
    }
    buf_add_str(&out, str_slice(value, done, value.len));
    return str_copy(list->arena, buf_str(&out));
}

/* ---- one file ---- */

static void note_add(struct import_list *list, const struct import_file *file, size_t line,
                     const char *sentence)
{
    *VEC_PUSH(&list->notes) =
        str_printf(list->arena, "%.*s: line %zu: %s", STR_ARG(file->path), line, sentence);
}

static const struct json_value *json_read(struct taking *taking, struct str text)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(taking->list->arena, text, NULL, &error, &doc) == JSON_PARSED)
        return doc.root;
    note_add(taking->list, taking->file, error.line, error.sentence);
    return NULL;
}

static void codex_take(struct taking *taking, struct str text)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct toml_error error;

    if (toml_table_print(text, STR("mcp_servers"), taking->list->arena, &out, &error) == TOML_READ)
        servers_take(taking, json_read(taking, str_copy(taking->list->arena, buf_str(&out))));
    else
        note_add(taking->list, taking->file, error.line, error.sentence);
}

void import_file_take(struct import_list *list, const struct import_file *file,
                      import_lookup *lookup)
{
    struct taking taking = { .list = list, .file = file, .lookup = lookup };
    const struct json_value *root;
    struct str text = file->text;

    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_slice(text, 3, text.len);
    if (file->form == IMPORT_CODEX) {
        codex_take(&taking, text);
        return;
    }
    root = json_read(&taking, plain_json(list->arena, text));
    if (root && !json_is_object(root))
        servers_take(&taking, root);
    if (file->form == IMPORT_VSCODE || file->form == IMPORT_SETTINGS)
        inputs_take(&taking,
                    json_get(file->form == IMPORT_VSCODE ? root : json_get(root, "mcp"), "inputs"));
    if (file->form == IMPORT_VSCODE)
        servers_take(&taking, json_get(root, "servers"));
    else if (file->form == IMPORT_SETTINGS)
        servers_take(&taking, json_get(json_get(root, "mcp"), "servers"));
    else
        servers_take(&taking, json_get(root, "mcpServers"));
    if (file->form == IMPORT_CLAUDE) {
        struct json_iter iter = json_iter(json_get(root, "projects"));
        const struct json_value *project;

        while ((project = json_next(&iter))) {
            if (str_equal(iter.key, list->here))
                servers_take(&taking, json_get(project, "mcpServers"));
        }
    }
}
