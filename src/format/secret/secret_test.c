/* What is a secret, what is none, and what stands in its place. */
#include "format/secret/secret.h"
#include "format/secret/shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

/* Nanoseconds a byte; a quadratic pass takes far more. Sanitizers cost some. */
#if defined(__SANITIZE_ADDRESS__)
#define SCAN_NS_MAX 3000
#else
#define SCAN_NS_MAX 300
#endif

static const struct secret_door plain = { .key = "0123456789abcdef0123456789abcde", SECRET_PLAIN };
static const struct secret_door json = { .key = "0123456789abcdef0123456789abcde", SECRET_JSON };

/* Of every alphabet, and a digit early. No run of it is a word. */
static const char filler[] =
    "A1B2C3D4E5F6A7B8C9D0E1F2A3B4C5D6E7F8A9B0C1D2E3F4A5B6C7D8E9F0A1B2C3D4E5F6";

static size_t count(const char *text)
{
    struct secret_scan scan;
    struct secret_span span;
    size_t found = 0;

    secret_scan_init(&scan, str_from(text));
    while (secret_scan_next(&scan, &span))
        found++;
    return found;
}

static void fill(struct buf *out, size_t len)
{
    while (len) {
        size_t part = len < sizeof(filler) - 1 ? len : sizeof(filler) - 1;

        buf_add(out, filler, part);
        len -= part;
    }
}

static void every_shape_of_the_table_is_found(void **state)
{
    static const struct {
        const char *prefix;
        size_t body;
    } shapes[] = {
#define ROW(name, prefix, class, min, max, flags) { prefix, min },
        SECRET_SHAPES(ROW)
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(shapes); i++) {
        BUF_CLEANUP struct buf text = BUF_INIT;

        buf_printf(&text, "{\"a\":\"x\\n%s", shapes[i].prefix);
        fill(&text, shapes[i].body);
        buf_add_c(&text, "\"}");
        buf_add_char(&text, '\0');
        if (count(text.ptr) != 1)
            fail_msg("%s with %zu is not found", shapes[i].prefix, shapes[i].body);
    }
}

static void known_formats_are_found(void **state)
{
    static const char *const secrets[] = {
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "token=ghs_0123456789abcdefghijABCDEFGHIJ012345;",
        "github_pat_11ABCDEFG0abcdefghijkl_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghij",
        "AKIAIOSFODNN7EXAMPLE",
        "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n",
        "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH-AA",
        "sk-proj-abcdefghijklmnop",
        "sk-live-0123456789",
        "sk-0123456789abcdefghijABCDEFGHIJ0123456789abcdefgh",
        "sk_live_0123456789abcdefghijABCD",
        "rk_test_0123456789abcdefghijABCD",
        "whsec_0123456789abcdefghijABCDEFGHIJ01",
        "xoxb-1234567890-1234567890-abcdefghijklmnopqrstuvwx",
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "AIzaSyA0123456789abcdefghijABCDEFGHIJ01",
        "glpat-0123456789abcdefghij",
        "npm_0123456789abcdefghijABCDEFGHIJ012345",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_",
        "{\"k\":\"\\nsk-0123456789abcdefghijABCDEFGHIJ0123456789abcdefgh\\n\"}",
        "\\u000ahf_0123456789abcdefghijABCDEFGHIJ01",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(secrets); i++)
        if (count(secrets[i]) != 1)
            fail_msg("not found: %s", secrets[i]);
}

static void ordinary_text_is_left_alone(void **state)
{
    static const char *const texts[] = {
        "",
        "a",
        "ab",
        "the task-force asked for a risk-free sk-learn pipeline-with-many-dashes-in-it",
        "class=\"sk-loading-spinner-container-large sk-cube-grid-item\"",
        "3f786850e387550fdab836ed7e6dc881de23001b e83c5163316f89bfbde7d9ab23ca2e25604af290",
        "sha512-abc/DEF+ghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij0123==",
        "QUtJQUlPU0ZPRE5ON0VYQU1QTEU7c2stbGl2ZS0wMTIzNDU2Nzg5YWJjZGVmZ2hpag==",
        "npm_config_registry=https://registry.npmjs.org/ npm_lifecycle_event",
        "AKIA is a prefix; AKIAshort; XAKIAIOSFODNN7EXAMPLE; AKIAIOSFODNN7EXAMPLEX",
        "ghp_short github_pat_no glpat-x xoxb- eyJ.eyJ.x {{secret:0123}}",
        "-----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n",
        "-----BEGIN PRIVATE KEY-----",
        "--------------------------------------------------------------------------",
        "018f3c1e-7b2a-7c3d-9e4f-5a6b7c8d9e0f exe_01j9z8y7x6w5v4t3s2r1q0p9n8",
        "cursor: eyJpZCI6MTIzNDU2Nzg5MCwib2Zmc2V0IjoyMDB9",
        "https://discord.com/api/webhooks/ and https://hooks.slack.com/services/",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        if (count(texts[i]) != 0)
            fail_msg("found in: %s", texts[i]);
}

struct replaced {
    struct arena *arena;
    struct buf out;
    struct secret_found_list found;
};

static size_t replace(const struct secret_door *door, const char *text, struct replaced *ret)
{
    *ret = (struct replaced){ .arena = arena_new(0) };
    return secret_replace(door, str_from(text), ret->arena, &ret->out, &ret->found);
}

static void replaced_fini(struct replaced *r)
{
    arena_free(r->arena);
    buf_fini(&r->out);
    VEC_FINI(&r->found);
}

static void a_reference_stands_in_place_and_is_found_again(void **state)
{
    struct replaced r;
    struct secret_span span;
    size_t at = 0;

    (void)state;
    assert_int_equal(replace(&plain, "a=ghp_0123456789abcdefghijABCDEFGHIJ012345 b", &r), 1);
    assert_true(str_starts(buf_str(&r.out), STR("a={{secret:")));
    assert_true(str_ends(buf_str(&r.out), STR("}} b")));
    assert_true(str_is(r.found.at[0].value, "ghp_0123456789abcdefghijABCDEFGHIJ012345"));
    assert_true(secret_reference_next(buf_str(&r.out), &at, &span));
    assert_int_equal(span.from, 2);
    assert_memory_equal(r.out.ptr + span.from + 2, r.found.at[0].reference, SECRET_REFERENCE_LEN);
    assert_false(secret_reference_next(buf_str(&r.out), &at, &span));
    replaced_fini(&r);
}

static void the_same_value_has_the_same_reference_and_the_key_matters(void **state)
{
    struct secret_door other = plain;
    char a[SECRET_REFERENCE_LEN];
    char b[SECRET_REFERENCE_LEN];

    (void)state;
    other.key[0] ^= 1;
    secret_reference(plain.key, STR("value"), a);
    secret_reference(json.key, STR("value"), b);
    assert_memory_equal(a, b, sizeof(a));
    secret_reference(other.key, STR("value"), b);
    assert_memory_not_equal(a, b, sizeof(a));
}

static void json_stays_json_and_the_value_is_decoded(void **state)
{
    static const char text[] =
        "{\"key\":\"-----BEGIN RSA PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA0123456789"
        "abcdefghij\\n-----END RSA PRIVATE KEY-----\\n\",\"n\":1}";
    struct replaced r;

    (void)state;
    assert_int_equal(replace(&json, text, &r), 1);
    assert_true(str_starts(buf_str(&r.out), STR("{\"key\":\"{{secret:")));
    assert_true(str_ends(buf_str(&r.out), STR("}}\\n\",\"n\":1}")));
    assert_true(str_is(r.found.at[0].value,
                       "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0123456789"
                       "abcdefghij\n-----END RSA PRIVATE KEY-----"));
    replaced_fini(&r);
}

static void a_cut_key_block_never_leaves_its_string(void **state)
{
    static const char text[] =
        "[\"-----BEGIN PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA0123456789abcdefghijABCDEFGH\",\"b\"]";
    struct replaced r;

    (void)state;
    assert_int_equal(replace(&json, text, &r), 1);
    assert_true(str_ends(buf_str(&r.out), STR("}}\",\"b\"]")));
    replaced_fini(&r);
}

static void a_webhook_address_keeps_its_host(void **state)
{
    struct replaced r;

    (void)state;
    assert_int_equal(replace(&plain,
                             "https://hooks.slack.com/services/T00000000/B00000000/"
                             "XXXXXXXXXXXXXXXXXXXXXXXX",
                             &r),
                     1);
    assert_true(str_starts(buf_str(&r.out), STR("https://hooks.slack.com/services/{{secret:")));
    replaced_fini(&r);
}

static void many_secrets_in_one_text(void **state)
{
    struct replaced r;

    (void)state;
    assert_int_equal(
        replace(&json,
                "[\"npm_0123456789abcdefghijABCDEFGHIJ012345\","
                "\"npm_0123456789abcdefghijABCDEFGHIJ012345\",\"AKIAIOSFODNN7EXAMPLE\"]",
                &r),
        3);
    assert_memory_equal(r.found.at[0].reference, r.found.at[1].reference, SECRET_REFERENCE_LEN);
    assert_int_equal(str_find(buf_str(&r.out), STR("npm_")), SIZE_MAX);
    assert_int_equal(str_find(buf_str(&r.out), STR("AKIA")), SIZE_MAX);
    replaced_fini(&r);
}

static double pass_ns(struct str text)
{
    struct timespec from;
    struct timespec to;
    struct secret_scan scan;
    struct secret_span span;

    clock_gettime(CLOCK_MONOTONIC, &from);
    secret_scan_init(&scan, text);
    while (secret_scan_next(&scan, &span))
        continue;
    clock_gettime(CLOCK_MONOTONIC, &to);
    return ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
           (double)text.len;
}

/* Bounds are thirty times what was measured: they tell linear from quadratic, not fast from slow.
 */
static void a_pass_is_linear_whatever_stands_there(void **state)
{
    static const char *const units[] = {
        "{\"name\":\"a plain value\",\"count\":12,\"ok\":true},",
        "sk-",
        "eyJ",
        "eyJeyJeyJeyJ.",
        "-----BEGIN PRIVATE KEY-----",
        "ghp_",
        "glpat-",
        "\\",
        "xoxb-a",
        "{{secret:",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
        BUF_CLEANUP struct buf text = BUF_INIT;
        double ns;

        while (text.len < 1U << 20)
            buf_add_c(&text, units[i]);
        ns = pass_ns(buf_str(&text));
        print_message("%-30.30s %6.2f ns a byte\n", units[i], ns);
        if (ns > SCAN_NS_MAX)
            fail_msg("%s: %f ns a byte", units[i], ns);
    }
}

static void a_variable_is_a_secret_by_its_name_or_its_looks(void **state)
{
    static const char *const secrets[][2] = {
        { "GITHUB_TOKEN", "x" },
        { "api_key", "1234" },
        { "PGPASSWORD", "hunter2" },
        { "AWS_SECRET", "s" },
        { "X_PAT", "y" },
        { "DATABASE_URL", "postgres://app:hunter2@db.example:5432/app" },
        { "WHATEVER", "v9Qk2Lr8Zt1Xw4Nb7Hc3Yd6M" },
    };
    static const char *const ordinary[][2] = {
        { "TOKEN", "" },
        { "MAX_TOKENS", "4096" },
        { "API_KEY_FILE", "/run/secrets/key" },
        { "LANG", "en_US.UTF-8" },
        { "COMPASS", "north" },
        { "MONKEY", "george" },
        { "SERVICE_URL", "https://api.example.com:8443/v1/things?user=a@b" },
        { "MODEL", "claude-opus-4-20260101-preview" },
        { "VERSION", "v18.20.4-nightly20260101" },
        { "MODULE", "server-filesystem-with-a-long-name" },
        { "TRACE", "00000000000000000000000000000001" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(secrets); i++)
        if (!secret_variable_is(str_from(secrets[i][0]), str_from(secrets[i][1])))
            fail_msg("%s is a secret", secrets[i][0]);
    for (size_t i = 0; i < ARRAY_COUNT(ordinary); i++)
        if (secret_variable_is(str_from(ordinary[i][0]), str_from(ordinary[i][1])))
            fail_msg("%s is none", ordinary[i][0]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_of_the_table_is_found),
        cmocka_unit_test(known_formats_are_found),
        cmocka_unit_test(ordinary_text_is_left_alone),
        cmocka_unit_test(a_reference_stands_in_place_and_is_found_again),
        cmocka_unit_test(the_same_value_has_the_same_reference_and_the_key_matters),
        cmocka_unit_test(json_stays_json_and_the_value_is_decoded),
        cmocka_unit_test(a_cut_key_block_never_leaves_its_string),
        cmocka_unit_test(a_webhook_address_keeps_its_host),
        cmocka_unit_test(many_secrets_in_one_text),
        cmocka_unit_test(a_variable_is_a_secret_by_its_name_or_its_looks),
        cmocka_unit_test(a_pass_is_linear_whatever_stands_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
