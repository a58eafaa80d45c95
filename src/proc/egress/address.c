/*
 * The ranges are those that IANA's special-purpose registries name (RFC 6890 and what came after
 * it). Of IPv6 only 2000::/3 is in use on the public internet; within it, what carries an IPv4
 * address inside (6to4, Teredo) could lead anywhere and is refused like the rest, and so is what
 * lies outside: loopback, link-local, private, multicast, IPv4-mapped and -compatible, NAT64.
 */
#include "proc/egress/address.h"

#include <arpa/inet.h>
#include <string.h>

struct range {
    uint8_t bytes[6];
    unsigned int bits;
};

static const struct range closed_v4[] = {
    { { 0 }, 8 },             /* this network */
    { { 10 }, 8 },            /* private */
    { { 100, 64 }, 10 },      /* carrier-grade NAT */
    { { 127 }, 8 },           /* loopback */
    { { 169, 254 }, 16 },     /* link-local, and the metadata of clouds */
    { { 172, 16 }, 12 },      /* private */
    { { 192, 0, 0 }, 24 },    /* protocol assignments */
    { { 192, 0, 2 }, 24 },    /* documentation */
    { { 192, 88, 99 }, 24 },  /* 6to4 relays */
    { { 192, 168 }, 16 },     /* private */
    { { 198, 18 }, 15 },      /* benchmarks */
    { { 198, 51, 100 }, 24 }, /* documentation */
    { { 203, 0, 113 }, 24 },  /* documentation */
    { { 224 }, 4 },           /* multicast */
    { { 240 }, 4 },           /* reserved, broadcast */
};

static const struct range closed_v6[] = {
    { { 0x20, 0x01, 0x00 }, 23 },       /* protocol assignments: Teredo, ORCHID... */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
    { { 0x20, 0x02 }, 16 },             /* 6to4 */
    { { 0x3f, 0xff, 0x00 }, 20 },       /* documentation */
};

static const struct range public_v6 = { { 0x20 }, 3 };

static bool is_in(struct str bytes, const struct range *range)
{
    for (unsigned int bit = 0; bit < range->bits; bit += 8) {
        unsigned int left = range->bits - bit;
        unsigned int mask = left >= 8 ? 0xffU : 0xffU << (8 - left) & 0xffU;

        if (((unsigned char)bytes.ptr[bit / 8] & mask) != (range->bytes[bit / 8] & mask))
            return false;
    }
    return true;
}

bool egress__address_is_public(struct str bytes)
{
    bool six = bytes.len == 16;
    const struct range *closed = six ? closed_v6 : closed_v4;
    size_t count = six ? ARRAY_COUNT(closed_v6) : ARRAY_COUNT(closed_v4);

    if (!six && bytes.len != 4)
        return false;
    if (six && !is_in(bytes, &public_v6))
        return false;
    for (size_t i = 0; i < count; i++)
        if (is_in(bytes, &closed[i]))
            return false;
    return true;
}

bool egress__address_parse(struct str text, char ret_bytes[16], size_t *ret_len)
{
    char copy[INET6_ADDRSTRLEN + 1];

    if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        text = str_slice(text, 1, text.len - 1);
    if (!text.len || text.len >= sizeof(copy))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, ret_bytes) == 1)
        *ret_len = 4;
    else if (inet_pton(AF_INET6, copy, ret_bytes) == 1)
        *ret_len = 16;
    else
        return false;
    return true;
}
