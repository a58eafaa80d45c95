/*
 * What a tool does to the world, from what its source says of it.
 *
 * Hints are a stranger's word: they are believed where they restrict. A tool is a read if its
 * source says so or its name begins (or ends) with a verb that reads, and neither its name nor the
 * verbs that begin its description's sentences say otherwise. What is no read is destructive where
 * the name says so, or where the source calls it no read and does not deny that it destroys (the
 * default of the protocol). What nobody says anything of is a write.
 */
#include "domain/catalog/internal.h"
#include "format/json/json.h"

static const char *const destroying[] = {
    "delete",   "del",    "remove",  "rm",         "rmdir",       "destroy",
    "drop",     "purge",  "erase",   "wipe",       "truncate",    "revoke",
    "kill",     "unlink", "shred",   "terminate",  "discard",     "uninstall",
    "expunge",  "nuke",   "clear",   "reset",      "empty",       "overwrite",
    "destroys", "prune",  "dispose", "obliterate", "deprovision",
};

/* Verbs that are hardly ever nouns: they tell of a write wherever they stand in a name. */
static const char *const writing[] = {
    "create",   "write",    "update",    "upsert",      "insert",   "edit",       "modify",
    "add",      "append",   "send",      "publish",     "submit",   "save",       "store",
    "upload",   "replace",  "rename",    "execute",     "exec",     "invoke",     "install",
    "enable",   "disable",  "approve",   "deploy",      "assign",   "unassign",   "pay",
    "refund",   "invite",   "subscribe", "unsubscribe", "register", "grant",      "trigger",
    "mkdir",    "chmod",    "chown",     "push",        "put",      "patch",      "apply",
    "transfer", "archive",  "unarchive", "restore",     "activate", "deactivate", "reply",
    "move",     "eval",     "evaluate",  "spawn",       "reject",   "dismiss",    "click",
    "type",     "fill",     "press",     "navigate",    "mutate",   "merge",      "fork",
    "purchase", "withdraw", "schedule",  "cancel",      "generate", "make",       "configure",
    "attach",   "detach",   "provision", "rotate",      "migrate",  "overwrite",  "alter",
    "charge",   "notify",   "buy",
};

/* Verbs that are nouns as well: they tell of a write where a name begins with them. */
static const char *const maybe_writing[] = {
    "run",     "call",   "start",  "stop",   "open",    "close",  "post",  "set",   "order",
    "book",    "commit", "share",  "import", "lock",    "unlock", "mark",  "sync",  "comment",
    "copy",    "toggle", "star",   "watch",  "follow",  "pin",    "label", "tag",   "release",
    "build",   "test",   "launch", "reboot", "restart", "resume", "pause", "queue", "process",
    "message", "email",  "mail",   "drag",   "upload",  "query",  "sql",   "do",    "use",
};

static const char *const reading[] = {
    "read",    "get",          "list",    "search", "find",      "fetch",      "show",
    "view",    "describe",     "count",   "lookup", "check",     "inspect",    "status",
    "info",    "exists",       "stat",    "head",   "browse",    "scan",       "diff",
    "compare", "explain",      "help",    "ping",   "echo",      "whoami",     "ls",
    "cat",     "grep",         "glob",    "tree",   "retrieve",  "summary",    "summarize",
    "analyze", "validate",     "verify",  "is",     "has",       "download",   "preview",
    "resolve", "autocomplete", "suggest", "poll",   "directory", "screenshot",
};

static bool is_one(struct str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (word.len > 0 && words[i][0] == word.ptr[0] && str_is(word, words[i]))
            return true;
    }
    return false;
}
#define IS(word, words) is_one((word), (words), ARRAY_COUNT(words))

bool catalog__effect_is_verb(struct str word)
{
    return IS(word, writing) || IS(word, maybe_writing) || IS(word, destroying);
}

/* What the words of a name say. */
struct saying {
    bool destroys;
    bool writes;
    bool reads;
};

static struct saying name_says(struct str name)
{
    struct saying saying = { 0 };
    struct catalog__word word;
    bool first = true, begins_with_write = false, last_reads = false;
    size_t at = 0;

    while (catalog__word_next(name, &at, &word)) {
        struct str text = catalog__word_str(&word);

        saying.destroys |= IS(text, destroying);
        saying.writes |= IS(text, writing);
        last_reads = IS(text, reading);
        if (first) {
            saying.reads = last_reads;
            begins_with_write = IS(text, maybe_writing);
        }
        first = false;
    }
    saying.writes |= begins_with_write;
    saying.reads |= last_reads && !begins_with_write;
    return saying;
}

/* delete, deletes: the forms in which a description begins. */
static bool is_verb(struct str word, const char *const *words, size_t count)
{
    if (is_one(word, words, count))
        return true;
    if (str_ends(word, STR("s")) && is_one(str_slice(word, 0, word.len - 1), words, count))
        return true;
    return str_ends(word, STR("es")) && is_one(str_slice(word, 0, word.len - 2), words, count);
}

static bool ends_sentence(char c)
{
    return c == '.' || c == '!' || c == '?' || c == '\n' || c == ';';
}

/* Verbs that begin sentences: what destroys anywhere, what writes in the first alone. */
static struct saying description_says(struct str text)
{
    struct saying saying = { 0 };
    bool first = true;
    size_t from = 0;

    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && !ends_sentence(text.ptr[i]))
            continue;
        struct catalog__word word;
        size_t at = 0;
        if (catalog__word_next(str_slice(text, from, i), &at, &word)) {
            struct str verb = catalog__word_str(&word);

            saying.destroys |= is_verb(verb, destroying, ARRAY_COUNT(destroying));
            saying.writes |= first && is_verb(verb, writing, ARRAY_COUNT(writing));
            first = false;
        }
        from = i + 1;
    }
    return saying;
}

enum hint {
    HINT_ABSENT,
    HINT_NO,
    HINT_YES,
};

static enum hint hint_of(const struct json_value *hints, const char *name)
{
    const struct json_value *value = json_get(hints, name);

    if (!json_is_bool(value))
        return HINT_ABSENT;
    return json_is_true(value) ? HINT_YES : HINT_NO;
}

static const struct json_value *hints_read(struct str text, struct arena *arena)
{
    struct json_error error;
    struct json_doc doc;

    if (text.len == 0 || json_parse(arena, text, NULL, &error, &doc) != JSON_PARSED)
        return NULL;
    return doc.root;
}

enum event_effect catalog__effect_of(const struct event_tool *tool, struct arena *arena)
{
    const struct json_value *hints = hints_read(tool->hints, arena);
    enum hint read_only = hint_of(hints, "readOnlyHint");
    enum hint destructive = hint_of(hints, "destructiveHint");
    struct saying name = name_says(tool->name);
    struct saying text = description_says(tool->description);
    bool claims_read = read_only == HINT_YES || (read_only == HINT_ABSENT && name.reads);

    if (name.destroys)
        return EVENT_EFFECT_DESTRUCTIVE;
    if (claims_read && destructive != HINT_YES) {
        if (text.destroys)
            return EVENT_EFFECT_DESTRUCTIVE;
        return name.writes || text.writes ? EVENT_EFFECT_WRITE : EVENT_EFFECT_READ;
    }
    if (destructive == HINT_YES || (read_only == HINT_NO && destructive == HINT_ABSENT))
        return EVENT_EFFECT_DESTRUCTIVE;
    return text.destroys && destructive == HINT_ABSENT ? EVENT_EFFECT_DESTRUCTIVE
                                                       : EVENT_EFFECT_WRITE;
}
