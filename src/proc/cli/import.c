/*
 * Each file is read into servers, each server into the command and the environment that a source
 * would have, with its variables put in; what hinders one is said with it.
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
};

static void problem_say(struct taking *taking, const char *sentence)
{
    if (!taking->one->problem.ptr)
        taking->one->problem = str_from(sentence);
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

/* ${workspaceFolder} ${userHome} ${env:NAME} ${NAME} ${NAME:-text}; false: it is none of these. */
static bool variable_add(struct taking *taking, struct str inner, struct buf *out)
{
    struct str rest = inner;
    struct str name = inner, otherwise = STR_NULL;
    size_t dash = str_find(inner, STR(":-"));
    char text[WORD_MAX];

    if (str_is(inner, "workspaceFolder") || str_is(inner, "userHome")) {
        buf_add_str(out, str_is(inner, "userHome") ? taking->list->home : taking->list->here);
        return true;
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
            problem_say(taking, "it asks for a value that is not here: ${...}");
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

/* Does it hold a secret of a shape that Writ knows, and would seal? */
static bool is_known_secret(struct str text)
{
    struct secret_scan scan;
    struct secret_span span;

    secret_scan_init(&scan, text);
    return secret_scan_next(&scan, &span);
}

static bool sounds_secret(struct str name)
{
    static const char *const words[] = { "KEY",  "TOKEN",  "SECRET",  "PASS", "AUTH",
                                         "CRED", "COOKIE", "PRIVATE", "PAT",  "DSN" };
    char text[WORD_MAX];
    size_t len = name.len < sizeof(text) ? name.len : sizeof(text);

    for (size_t i = 0; i < len; i++)
        text[i] = name.ptr[i] >= 'a' && name.ptr[i] <= 'z' ? (char)(name.ptr[i] - 32) : name.ptr[i];
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (str_find(str_of(text, len), str_from(words[i])) != SIZE_MAX)
            return true;
    }
    return false;
}

static void name_add(struct arena *arena, struct str *names, struct str name)
{
    *names =
        str_printf(arena, "%.*s%s%.*s", STR_ARG(*names), names->len ? ", " : "", STR_ARG(name));
}

/* A secret that the daemon would not know as one is left out: the log keeps what it is given. */
static void env_take(struct taking *taking, const struct json_value *env)
{
    struct import_one *one = taking->one;
    struct arena *arena = taking->list->arena;
    struct json_iter iter = json_iter(env);
    struct buf out BUF_CLEANUP = BUF_INIT, member BUF_CLEANUP = BUF_INIT;
    const struct json_value *value;

    one->names = one->left = STR("");
    buf_add_char(&out, '{');
    while ((value = json_next(&iter))) {
        struct str text =
            json_is_string(value) ? expanded(taking, json_str(value)) : json_text(arena, value);

        buf_clear(&member);
        buf_add_json(&member, iter.key);
        buf_add_char(&member, ':');
        buf_add_json(&member, text);
        if (sounds_secret(iter.key) && text.len > 0 && !is_known_secret(buf_str(&member))) {
            name_add(arena, &one->left, iter.key);
            continue;
        }
        if (out.len > 1)
            buf_add_char(&out, ',');
        buf_add_str(&out, buf_str(&member));
        name_add(arena, &one->names, iter.key);
    }
    buf_add_char(&out, '}');
    one->env = str_copy(arena, buf_str(&out));
}

static void words_take(struct taking *taking, const struct json_value *server)
{
    struct json_iter iter = json_iter(json_get(server, "args"));
    struct str command = expanded(taking, json_get_str(server, "command"));
    struct buf out BUF_CLEANUP = BUF_INIT;
    const struct json_value *word;

    buf_add_char(&out, '[');
    buf_add_json(&out, command);
    while ((word = json_next(&iter))) {
        if (!json_is_string(word))
            problem_say(taking, "a word of its command is no text");
        buf_add_char(&out, ',');
        buf_add_json(&out, expanded(taking, json_str(word)));
    }
    buf_add_char(&out, ']');
    if (is_known_secret(buf_str(&out))) {
        problem_say(taking, "its command has a secret in it; put that into its environment");
        taking->one->words = STR("[]");
        return;
    }
    taking->one->words = str_copy(taking->list->arena, buf_str(&out));
}

static void server_take(struct taking *taking, struct str name, const struct json_value *server)
{
    struct import_list *list = taking->list;
    struct str folder = json_get_str(server, "cwd");
    struct import_one one = { .from = str_from(taking->file->from), .file = taking->file->path };

    if (list->ones.count >= IMPORT_MAX || !json_is_object(server))
        return;
    taking->one = &one;
    one.name = name_make(list->arena, name);
    one.folder = folder.len > 0 && folder.ptr[0] == '/' ? folder : list->here;
    if (json_is_true(json_get(server, "disabled")) || json_is_false(json_get(server, "enabled")))
        problem_say(taking, "it is switched off there");
    if (json_get_str(server, "command").len > 0) {
        words_take(taking, server);
        env_take(taking, json_get(server, "env"));
    } else if (json_get(server, "url") || json_get(server, "serverUrl")) {
        one.words = STR("[]");
        problem_say(taking, "it is reached over the network; add it with its address");
    } else {
        one.words = STR("[]");
        problem_say(taking, "it has no command");
    }
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

    while ((server = json_next(&iter)))
        server_take(taking, iter.key, server);
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

static void codex_take(struct taking *taking)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct toml_error error;

    if (toml_table_print(taking->file->text, STR("mcp_servers"), taking->list->arena, &out,
                         &error) == TOML_READ)
        servers_take(taking, json_read(taking, str_copy(taking->list->arena, buf_str(&out))));
    else
        note_add(taking->list, taking->file, error.line, error.sentence);
}

void import_file_take(struct import_list *list, const struct import_file *file,
                      import_lookup *lookup)
{
    struct taking taking = { .list = list, .file = file, .lookup = lookup };
    const struct json_value *root;

    if (file->form == IMPORT_CODEX) {
        codex_take(&taking);
        return;
    }
    root = json_read(&taking, plain_json(list->arena, file->text));
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
