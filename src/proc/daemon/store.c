/* The store is opened and replayed; small private files are read or made. */
#include "proc/daemon/internal.h"

static struct str daemon_trouble_sentence(struct arena *arena, int answer,
                                          const struct log_trouble *trouble)
{
    if (answer == LOG_OWNED)
        return str_printf(arena, "this data folder is in use by %.*s; `writ down` ends it",
                          STR_ARG(trouble->holder));
    if (answer == LOG_NEWER)
        return str_printf(arena,
                          "this data folder was written by a newer version (%.*s); this is %s: "
                          "install the newer one",
                          STR_ARG(trouble->found), WRIT_VERSION);
    return str_printf(arena,
                      "%.*s is damaged at line %llu (offset %llu): sequence %llu should be there, "
                      "the log says it was on disk up to %llu; expected %.*s, found %.*s; restore "
                      "this file from a backup, `writ audit verify` checks it",
                      STR_ARG(trouble->segment), (unsigned long long)trouble->line,
                      (unsigned long long)trouble->offset, (unsigned long long)trouble->seq,
                      (unsigned long long)trouble->durable, STR_ARG(trouble->expected),
                      STR_ARG(trouble->found));
}

static int daemon_trouble_answer(int answer)
{
    if (answer == LOG_OWNED)
        return DAEMON_OWNED;
    return answer == LOG_NEWER ? DAEMON_NEWER : DAEMON_DAMAGED;
}

static int daemon_disk_open(const char *path, struct arena *arena, struct disk **ret_disk,
                            struct str *ret_sentence)
{
    int r = disk_open(path, DISK_CREATE, ret_disk);

    if (r <= 0)
        return r < 0 ? TRACE(r) : 0;
    *ret_sentence = str_printf(
        arena, "the folder %s %s", path,
        r == DISK_NETWORK   ? "is on a network file system, where locks and syncs cannot be relied "
                              "on; set WRIT_HOME to a local folder"
        : r == DISK_EXPOSED ? "can be read or written by others; `chmod 700` it"
                            : "is not yours, or is no folder; set WRIT_HOME to another");
    return DAEMON_REFUSED;
}

/* Listings that a line names are in the catalog before it is believed. */
static bool daemon_replay_needs(struct daemon *daemon, const struct log_line *line,
                                struct arena *arena, struct str *ret_sentence)
{
    struct digest needs[16];
    size_t count = core_replay_needs(line->events, daemon->turn, needs, ARRAY_COUNT(needs));

    for (size_t i = 0; i < count; i++) {
        char hex[DIGEST_HEX_LEN];
        const char *why;

        if (daemon__listing_load(daemon, &needs[i], &why))
            continue;
        digest_hex(&needs[i], hex);
        *ret_sentence = str_printf(
            arena,
            "artifacts/%.64s, which line %llu of the log (%.*s) names as what a source offers, is "
            "missing or changed: %s; restore the file from a backup",
            hex, (unsigned long long)line->seq, STR_ARG(line->segment), why);
        return false;
    }
    return true;
}

static int daemon_replay(struct daemon *daemon, struct arena *arena, struct str *ret_sentence)
{
    struct log_trouble trouble = { 0 };
    struct log_line line;
    int r;

    while ((r = log_next(daemon->log, &line, &trouble)) == LOG_LINE) {
        if (line.events.ptr && !daemon_replay_needs(daemon, &line, arena, ret_sentence))
            return DAEMON_DAMAGED;
        if (line.events.ptr &&
            !core_replay(daemon->core, line.seq, line.at_ms, line.events, daemon->turn)) {
            *ret_sentence = str_printf(
                arena,
                "line %llu of the log (%.*s, %.*s) cannot have happened; it was written by "
                "another version or is not to be believed; restore the file from a backup",
                (unsigned long long)line.seq, STR_ARG(line.segment), STR_ARG(line.type));
            return DAEMON_DAMAGED;
        }
        clock_not_before_ms(line.at_ms);
        arena_reset(daemon->turn);
        core_sweep(daemon->core);
    }
    if (r == LOG_END)
        return 0;
    if (r > 0)
        *ret_sentence = daemon_trouble_sentence(arena, r, &trouble);
    return r < 0 ? TRACE(r) : daemon_trouble_answer(r);
}

int daemon__store_open(struct daemon *daemon, struct arena *arena, struct str *ret_sentence)
{
    struct log_options options = { .segment_len = daemon->options.segment_len };
    struct log_trouble trouble = { 0 };
    int r = daemon_disk_open(daemon->options.data, arena, &daemon->disk, ret_sentence);

    if (r == 0)
        r = daemon_disk_open(daemon->options.run, arena, &daemon->run_disk, ret_sentence);
    if (r != 0)
        return r < 0 ? TRACE(r) : r;
    options.holder =
        str_printf(daemon->core_arena, "writ %s, pid %d", WRIT_VERSION, (int)proc_self());
    r = log_open(daemon->disk, &options, daemon->core_arena, &daemon->log, &trouble);
    if (r != 0) {
        if (r > 0)
            *ret_sentence = daemon_trouble_sentence(arena, r, &trouble);
        return r < 0 ? TRACE(r) : daemon_trouble_answer(r);
    }
    r = daemon_replay(daemon, arena, ret_sentence);
    if (r != 0)
        return r < 0 ? TRACE(r) : r;
    r = disk_helper_start(daemon->disk, daemon->loop, &daemon->disk_ready);
    return r < 0 ? TRACE(r) : 0;
}

/* Reads a small file of exactly len bytes; makes it from entropy if it is absent. */
int daemon__file_get(struct disk *disk, const char *name, void *bytes, size_t len, bool *ret_made)
{
    struct disk_file *file CLEANUP(disk_file_close) = NULL;
    size_t got = 0;
    int r = disk_file_open(disk, name, DISK_OPEN_READ, &file);

    *ret_made = false;
    if (r == 0)
        r = disk_file_read(file, 0, bytes, len, &got);
    if (r < 0)
        return TRACE(r);
    if (r == 0 && got == len)
        return 0;
    *ret_made = true;
    clock_entropy_fill(bytes, len);
    file = disk_file_close(file);
    r = disk_remove(disk, name);
    if (r >= 0)
        r = disk_file_open(disk, name, DISK_OPEN_NEW, &file);
    if (r == 0)
        r = disk_file_write(file, 0, str_of(bytes, len));
    if (r == 0)
        r = disk_file_sync(file);
    if (r == 0)
        r = disk_folder_sync(disk, "");
    return r < 0 ? TRACE(r) : 0;
}

/* The bearer token of the local HTTP face: 0600, and new where there is none. */
int daemon__token_write(struct daemon *daemon)
{
    uint8_t raw[DIGEST_LEN];
    struct digest digest;
    struct disk_file *file CLEANUP(disk_file_close) = NULL;
    size_t got = 0;
    int r = disk_file_open(daemon->run_disk, "token", DISK_OPEN_READ, &file);

    if (r == 0)
        r = disk_file_read(file, 0, daemon->token, DIGEST_HEX_LEN, &got);
    if (r < 0)
        return TRACE(r);
    if (r == 0 && got == DIGEST_HEX_LEN && digest_parse(str_of(daemon->token, got), &digest))
        return 0;
    clock_entropy_fill(raw, sizeof(raw));
    memcpy(digest.bytes, raw, sizeof(raw));
    digest_hex(&digest, daemon->token);
    file = disk_file_close(file);
    r = disk_remove(daemon->run_disk, "token");
    if (r >= 0)
        r = disk_file_open(daemon->run_disk, "token", DISK_OPEN_NEW, &file);
    if (r == 0)
        r = disk_file_write(file, 0, str_of(daemon->token, DIGEST_HEX_LEN));
    return r < 0 ? TRACE(r) : 0;
}
