/*
 * Names to addresses: the hosts file as it was before the walls, then DNS by c-ares on our loop.
 * The door to c-ares.
 *
 * A name is asked for once however many wait, and believed for a minute. localhost is this
 * machine (RFC 6761, section 6.3). What came out is judged where it is dialled.
 */
#include "proc/egress/http_internal.h"

#include "proc/egress/address.h"
#include "sys/clock.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define ASK_MS    3000
#define ASK_TRIES 2

struct names_socket {
    struct egress__http_ready ready;
    struct loop_watch *watch;
    int fd;
};

struct egress__http_names {
    ares_channel channel;
    struct map names;   /* host -> struct egress__http_name */
    struct map sockets; /* fd -> struct names_socket */
    struct egress__http_ready timer_ready;
    struct loop_timer *timer;
};

static int64_t now_ms(void)
{
    return clock_mono_ns() / 1000000;
}

static struct egress__http_name *name_new(struct http *http, struct str host)
{
    struct egress__http_name *name = heap_alloc(sizeof(*name));

    *name = (struct egress__http_name){ .http = http, .arena = arena_new(0) };
    name->host = str_copy(name->arena, host);
    (void)map_put(&http->names->names, name->host, name);
    return name;
}

static void name_free(struct http *http, struct egress__http_name *name)
{
    (void)map_take(&http->names->names, name->host);
    VEC_FINI(&name->waiting);
    arena_free(name->arena);
    (void)heap_free(name);
}

static void name_add(struct egress__http_name *name, const void *bytes, size_t len)
{
    struct egress__http_address *address;

    if (name->count >= HTTP_ADDRESSES_MAX)
        return;
    address = &name->addresses[name->count++];
    memcpy(address->bytes, bytes, len);
    address->len = len;
}

/* --- The hosts file ------------------------------------------------------------------------ */

static void hosts_line(struct http *http, struct str line)
{
    char bytes[16];
    size_t len;
    struct str word;

    line = str_trim(str_split(&line, '#'));
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] == '\t')
            ((char *)(uintptr_t)line.ptr)[i] = ' ';
    word = str_split(&line, ' ');
    if (!egress__address_parse(word, bytes, &len))
        return;
    while (line.ptr) {
        struct egress__http_name *name;

        word = str_split(&line, ' ');
        if (!word.len || http->names->names.count >= HTTP_NAMES_MAX)
            continue;
        name = map_find(&http->names->names, word);
        if (!name)
            name = name_new(http, word);
        name->fixed = true;
        name->until_ms = INT64_MAX;
        name_add(name, bytes, len);
    }
}

static void hosts_read(struct http *http, struct str text)
{
    struct arena *arena = arena_new(0);
    struct str rest = str_copy(arena, text);

    while (rest.ptr)
        hosts_line(http, str_split(&rest, '\n'));
    arena_free(arena);
}

/* --- c-ares on our loop -------------------------------------------------------------------- */

static void timer_set(struct http *http)
{
    struct timeval wait;
    struct timeval *most = ares_timeout(http->names->channel, NULL, &wait);

    if (!most)
        loop_timer_stop(http->names->timer);
    else
        loop_timer_set(http->names->timer,
                       clock_mono_ns() + most->tv_sec * 1000000000LL + most->tv_usec * 1000LL);
}

static void socket_free(struct egress__http_names *names, struct names_socket *sock)
{
    (void)map_take_u64(&names->sockets, (uint64_t)sock->fd);
    sock->watch = loop_watch_free(sock->watch);
    (void)heap_free(sock);
}

/* c-ares says which sockets it waits for. */
static void on_socket_state(void *data, ares_socket_t fd, int readable, int writable)
{
    struct http *http = data;
    struct names_socket *sock = map_find_u64(&http->names->sockets, (uint64_t)fd);
    unsigned int events = (readable ? LOOP_READ : 0U) | (writable ? LOOP_WRITE : 0U);

    if (!events) {
        if (sock)
            socket_free(http->names, sock);
        return;
    }
    if (!sock) {
        sock = heap_alloc(sizeof(*sock));
        *sock = (struct names_socket){
            .ready = { .ready.kind = http->ready_kind, .what = EGRESS__HTTP_NAME_SOCKET }, .fd = fd
        };
        if (loop_watch_new(http->loop, fd, &sock->ready.ready, &sock->watch) < 0) {
            (void)heap_free(sock); /* Its question ends by its time. */
            return;
        }
        (void)map_put_u64(&http->names->sockets, (uint64_t)fd, sock);
    }
    (void)!loop_watch_set(sock->watch, events);
}

void egress__http_names_ready(struct http *http, struct egress__http_ready *ready)
{
    struct names_socket *sock;
    unsigned int events;
    ares_socket_t fd;

    if (ready->what == EGRESS__HTTP_NAME_TIMER) {
        ares_process_fd(http->names->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        timer_set(http);
        return;
    }
    sock = container_of(ready, struct names_socket, ready);
    events = loop_watch_take(sock->watch);
    fd = sock->fd;
    ares_process_fd(http->names->channel, events & (LOOP_READ | LOOP_HANGUP) ? fd : ARES_SOCKET_BAD,
                    events & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
    timer_set(http);
}

int egress__http_names_new(struct http *http, const struct http_options *options)
{
    struct egress__http_names *names = heap_alloc(sizeof(*names));
    char lookups[] = "b"; /* DNS only: files are not within reach. */
    struct ares_options how = { .timeout = ASK_MS,
                                .tries = ASK_TRIES,
                                .lookups = lookups,
                                .sock_state_cb = on_socket_state,
                                .sock_state_cb_data = http };

    *names = (struct egress__http_names){ .timer_ready = { .ready.kind = http->ready_kind,
                                                           .what = EGRESS__HTTP_NAME_TIMER } };
    http->names = names;
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        return RAISE(-ENOMEM);
    if (ares_init_options(&names->channel, &how,
                          ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
                              ARES_OPT_SOCK_STATE_CB) != ARES_SUCCESS)
        return RAISE(-ENOMEM);
    if (options->servers &&
        ares_set_servers_ports_csv(names->channel, options->servers) != ARES_SUCCESS)
        return RAISE(-EINVAL);
    names->timer = loop_timer_new(http->loop, &names->timer_ready.ready);
    hosts_read(http, options->hosts);
    return 0;
}

void egress__http_names_free(struct http *http)
{
    struct egress__http_names *names = http->names;
    struct map_entry *entry;

    if (!names)
        return;
    for (size_t at = 0; (entry = map_next(&names->names, &at));)
        VEC_CLEAR(&((struct egress__http_name *)entry->value)->waiting);
    if (names->channel)
        ares_destroy(names->channel);
    ares_library_cleanup();
    for (size_t at = 0; (entry = map_next(&names->sockets, &at));)
        socket_free(names, entry->value);
    for (size_t at = 0; (entry = map_next(&names->names, &at));)
        name_free(http, entry->value);
    map_fini(&names->sockets);
    map_fini(&names->names);
    names->timer = loop_timer_free(names->timer);
    http->names = heap_free(names);
}

/* --- Asking -------------------------------------------------------------------------------- */

/* Everybody who waited hears it. Whoever is told may wait for another name. */
static void name_tell(struct egress__http_name *name)
{
    struct egress__http_waiting waiting = name->waiting;

    name->waiting = (struct egress__http_waiting){ 0 };
    for (size_t i = 0; i < waiting.count; i++)
        if (waiting.at[i])
            egress__http_name_known(waiting.at[i], name);
    VEC_FINI(&waiting);
}

static void on_addresses(void *data, int status, int timeouts, struct ares_addrinfo *found)
{
    struct egress__http_name *name = data;

    (void)timeouts;
    if (status == ARES_EDESTRUCTION)
        return;
    name->count = 0;
    for (struct ares_addrinfo_node *one = found ? found->nodes : NULL; one; one = one->ai_next) {
        const void *address = one->ai_addr;

        if (one->ai_family == AF_INET)
            name_add(name, &((const struct sockaddr_in *)address)->sin_addr, 4);
        else if (one->ai_family == AF_INET6)
            name_add(name, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
    }
    if (found)
        ares_freeaddrinfo(found);
    /* That there is none is not believed for long. */
    name->until_ms = now_ms() + (name->count ? HTTP_NAME_MS : 1000);
    name_tell(name);
}

static bool is_local(struct str host)
{
    return str_is(host, "localhost") || str_ends(host, STR(".localhost"));
}

/* Room for one more: what is believed no longer goes. */
static void names_sweep(struct http *http)
{
    struct map_entry *entry;
    int64_t now = now_ms();

    if (http->names->names.count < HTTP_NAMES_MAX)
        return;
    for (size_t at = 0; (entry = map_next(&http->names->names, &at));) {
        struct egress__http_name *name = entry->value;

        if (!name->fixed && name->until_ms && name->until_ms < now)
            name_free(http, name);
    }
}

const struct egress__http_name *egress__http_name_find(struct http *http, struct str host,
                                                       struct http_exchange *exchange)
{
    static const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC,
                                                      .ai_socktype = SOCK_STREAM };
    struct egress__http_name *name = map_find(&http->names->names, host);

    if (name && name->until_ms > now_ms())
        return name;
    if (!name) {
        names_sweep(http);
        name = name_new(http, host);
    }
    if (is_local(host)) {
        static const char six[16] = { [15] = 1 };

        name->count = 0;
        name_add(name, "\x7f\0\0\1", 4);
        name_add(name, six, 16);
        name->fixed = true;
        name->until_ms = INT64_MAX;
        return name;
    }
    *VEC_PUSH(&name->waiting) = exchange;
    if (name->waiting.count > 1)
        return NULL;
    name->until_ms = 0;
    ares_getaddrinfo(http->names->channel, name->host.ptr, NULL, &hints, on_addresses, name);
    timer_set(http);
    /* It may have been answered at once, by a no: then whoever waited was told. */
    return NULL;
}

void egress__http_name_forget(struct http *http, struct http_exchange *exchange)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&http->names->names, &at));) {
        struct egress__http_name *name = entry->value;

        for (size_t i = 0; i < name->waiting.count; i++)
            if (name->waiting.at[i] == exchange)
                name->waiting.at[i] = NULL;
    }
}
