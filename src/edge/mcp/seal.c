/*
 * requestState: what a client of 2026-07-28 carries for us between two requests.
 *
 * It is attacker input. Bytes: version 1, expiry in milliseconds (8, little endian), length of
 * the execution's id (1), the id, digest of the request's arguments (32), HMAC-SHA-256 (32) of
 * all that and the principal; in base64 with the URL alphabet. It says where to look and when it
 * ends; what may be done there the daemon decides again. Answers are used once because an input
 * closes with its first answer.
 */
#include "edge/mcp/seal.h"

#include "base/base64.h"

#define MCP_SEAL_VERSION 1
#define MCP_SEAL_HEAD    10U
#define MCP_SEAL_MAX     (MCP_SEAL_HEAD + MCP__EXECUTION_MAX + 2 * DIGEST_LEN)

bool mcp__same_secret(struct str a, struct str b)
{
    unsigned int differ = a.len != b.len;

    for (size_t i = 0; i < a.len && b.len > 0; i++)
        differ |= (unsigned int)(uint8_t)a.ptr[i] ^ (uint8_t)b.ptr[i % b.len];
    return differ == 0 && a.len > 0;
}

static struct digest mcp_seal_mac(const struct mcp_config *config, struct str principal,
                                  struct str body)
{
    struct str parts[3] = { STR("mcp requestState"), body, principal };

    return digest_hmac(str_of((const char *)config->seal_key, 32), parts, 3);
}

void mcp__seal(struct buf *out, const struct mcp_config *config, struct str principal,
               const struct mcp__state *state)
{
    BUF_CLEANUP struct buf body = BUF_INIT;
    uint64_t expires = (uint64_t)state->expires_ms;
    struct digest mac;

    CHECK(state->execution.len <= MCP__EXECUTION_MAX);
    buf_add_char(&body, MCP_SEAL_VERSION);
    for (unsigned int i = 0; i < 8; i++)
        buf_add_char(&body, (char)(expires >> (8 * i) & 0xff));
    buf_add_char(&body, (char)state->execution.len);
    buf_add_str(&body, state->execution);
    buf_add(&body, state->request.bytes, DIGEST_LEN);
    mac = mcp_seal_mac(config, principal, buf_str(&body));
    buf_add(&body, mac.bytes, DIGEST_LEN);
    base64_encode_url(out, buf_str(&body));
}

static bool mcp_seal_genuine(const struct mcp_config *config, struct str principal,
                             struct str bytes)
{
    struct digest mac;

    if (bytes.len < MCP_SEAL_HEAD + 2 * DIGEST_LEN || bytes.len > MCP_SEAL_MAX ||
        bytes.ptr[0] != MCP_SEAL_VERSION)
        return false;
    mac = mcp_seal_mac(config, principal, str_slice(bytes, 0, bytes.len - DIGEST_LEN));
    return mcp__same_secret(str_slice(bytes, bytes.len - DIGEST_LEN, bytes.len),
                            str_of((const char *)mac.bytes, DIGEST_LEN));
}

int mcp__unseal(struct mcp__turn *turn, struct str text, struct str principal,
                struct mcp__state *ret_state)
{
    BUF_CLEANUP struct buf body = BUF_INIT;
    struct mcp__state state = { 0 };
    uint64_t expires = 0;
    struct str bytes;

    if (text.len > MCP__STATE_MAX || !base64_decode(&body, text))
        return MCP__SEAL_BROKEN;
    bytes = buf_str(&body);
    if (!mcp_seal_genuine(&turn->mcp->config, principal, bytes))
        return MCP__SEAL_BROKEN;
    for (unsigned int i = 0; i < 8; i++)
        expires |= (uint64_t)(uint8_t)bytes.ptr[1 + i] << (8 * i);
    state.expires_ms = (int64_t)expires;
    state.execution = str_slice(bytes, MCP_SEAL_HEAD, bytes.len - 2 * DIGEST_LEN);
    CHECK(state.execution.len == (uint8_t)bytes.ptr[9]); /* we sealed it */
    memcpy(state.request.bytes, bytes.ptr + bytes.len - 2 * DIGEST_LEN, DIGEST_LEN);
    if (turn->now_ms >= state.expires_ms)
        return MCP__SEAL_EXPIRED;
    state.execution = str_copy(turn->actions->turn, state.execution);
    *ret_state = state;
    return MCP__SEAL_GOOD;
}
