/*
 * An MCP server over pipes that does nothing, fast: so that what is measured is the one who calls
 * it. Tools: read (read-only), write. Arguments come back as text.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ECHO_MAX (1U << 20)

static const char tools[] =
    "{\"tools\":["
    "{\"name\":\"read\",\"description\":\"Reads.\",\"inputSchema\":{\"type\":\"object\"},"
    "\"annotations\":{\"readOnlyHint\":true,\"idempotentHint\":true,\"destructiveHint\":false,"
    "\"openWorldHint\":false}},"
    "{\"name\":\"write\",\"description\":\"Writes.\",\"inputSchema\":{\"type\":\"object\"},"
    "\"annotations\":{\"readOnlyHint\":false,\"destructiveHint\":false,"
    "\"openWorldHint\":false}}]}";
static const char hello[] = "{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{\"tools\":{}},"
                            "\"serverInfo\":{\"name\":\"echo\",\"version\":\"1\"}}";
static const char done[] = "{\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}";

/* The id as it was written: a number or a text. Empty: a notification. */
static size_t find_id(const char *line, const char **ret_id)
{
    const char *at = strstr(line, "\"id\":");

    if (!at)
        return 0;
    *ret_id = at + 5;
    return (*ret_id)[0] == '"' ? strcspn(*ret_id + 1, "\"") + 2 : strcspn(*ret_id, ",}");
}

static size_t answer(const char *line, char *out, size_t size)
{
    const char *id = NULL;
    size_t id_len = find_id(line, &id);
    const char *result = NULL;
    int len;

    if (id_len == 0)
        return 0;
    if (strstr(line, "\"tools/call\""))
        result = done;
    else if (strstr(line, "\"tools/list\""))
        result = tools;
    else if (strstr(line, "\"initialize\""))
        result = hello;
    else if (strstr(line, "\"ping\""))
        result = "{}";
    if (result)
        len = snprintf(out, size, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":%s}\n", (int)id_len,
                       id, result);
    else
        len = snprintf(out, size,
                       "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"error\":{\"code\":-32601,"
                       "\"message\":\"no such method\"}}\n",
                       (int)id_len, id);
    return len > 0 && (size_t)len < size ? (size_t)len : 0;
}

/* Answers every whole line; what stays is the beginning of the next. */
static size_t serve(char *text, size_t len)
{
    static char out[65536];
    char *line = text;
    char *end;
    size_t out_len = 0;

    while ((end = memchr(line, '\n', len - (size_t)(line - text)))) {
        *end = 0;
        if (sizeof(out) - out_len < 4096) {
            (void)!write(1, out, out_len);
            out_len = 0;
        }
        out_len += answer(line, out + out_len, sizeof(out) - out_len);
        line = end + 1;
    }
    (void)!write(1, out, out_len);
    len -= (size_t)(line - text);
    memmove(text, line, len);
    return len;
}

int main(void)
{
    static char text[ECHO_MAX];
    size_t len = 0;
    ssize_t got;

    while ((got = read(0, text + len, sizeof(text) - len)) > 0)
        len = serve(text, len + (size_t)got);
    return 0;
}
