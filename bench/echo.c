/*
 * An MCP server over pipes that does nothing, fast: so that what is measured is the one who calls
 * it. Tools: read (read-only), write, large (read-only, 6 MB of text), and as many further ones as
 * the first word says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ECHO_MAX   (1U << 20)
#define ECHO_TOOLS (4U << 20) /* bytes of the list */
#define ECHO_LARGE 6000000U   /* bytes of a large answer */
#define ECHO_OUT   (8U << 20)

static const char tools_first[] =
    "{\"tools\":["
    "{\"name\":\"large\",\"description\":\"Reads much.\",\"inputSchema\":{\"type\":\"object\"},"
    "\"annotations\":{\"readOnlyHint\":true}},"
    "{\"name\":\"read\",\"description\":\"Reads.\",\"inputSchema\":{\"type\":\"object\"},"
    "\"annotations\":{\"readOnlyHint\":true,\"idempotentHint\":true,\"destructiveHint\":false,"
    "\"openWorldHint\":false}},"
    "{\"name\":\"write\",\"description\":\"Writes.\",\"inputSchema\":{\"type\":\"object\"},"
    "\"annotations\":{\"readOnlyHint\":false,\"destructiveHint\":false,"
    "\"openWorldHint\":false}}";
static char tools[ECHO_TOOLS];
static const char hello[] = "{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{\"tools\":{}},"
                            "\"serverInfo\":{\"name\":\"echo\",\"version\":\"1\"}}";
static char large[ECHO_LARGE + 64];
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
        result = strstr(line, "\"large\"") ? large : done;
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

static void write_all(const char *text, size_t len)
{
    ssize_t put;

    while (len > 0 && (put = write(1, text, len)) > 0) {
        text += put;
        len -= (size_t)put;
    }
}

/* What is said of tools, and the large answer, are made once. */
static void prepare(int count)
{
    size_t len = sizeof(tools_first) - 1;

    memcpy(tools, tools_first, len);
    for (int i = 0; i < count && sizeof(tools) - len > 512; i++)
        len += (size_t)snprintf(tools + len, sizeof(tools) - len,
                                ",{\"name\":\"thing%d\",\"description\":\"Gets thing %d of its "
                                "group.\",\"inputSchema\":{\"type\":\"object\"}}",
                                i, i);
    memcpy(tools + len, "]}", 3);
    (void)snprintf(large, sizeof(large), "{\"content\":[{\"type\":\"text\",\"text\":\"%0*d\"}]}",
                   (int)ECHO_LARGE, 0);
}

/* Answers every whole line; what stays is the beginning of the next. */
static size_t serve(char *text, size_t len)
{
    static char out[ECHO_OUT];
    char *line = text;
    char *end;
    size_t out_len = 0;

    while ((end = memchr(line, '\n', len - (size_t)(line - text)))) {
        *end = 0;
        if (out_len > 60000) {
            write_all(out, out_len);
            out_len = 0;
        }
        out_len += answer(line, out + out_len, sizeof(out) - out_len);
        line = end + 1;
    }
    write_all(out, out_len);
    len -= (size_t)(line - text);
    memmove(text, line, len);
    return len;
}

int main(int argc, char **argv)
{
    static char text[ECHO_MAX];
    size_t len = 0;
    ssize_t got;

    prepare(argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0);
    while ((got = read(0, text + len, sizeof(text) - len)) > 0)
        len = serve(text, len + (size_t)got);
    return 0;
}
