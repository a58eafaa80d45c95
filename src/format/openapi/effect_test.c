/* Classes of operations, as the method and the words of address and operationId say. */
#include "format/openapi/internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
    const char *method, *path, *name;
    enum openapi_effect effect;
} rows[] = {
    { "get", "/users/{id}", "users/get", OPENAPI_READ },
    { "head", "/users/{id}", "", OPENAPI_READ },
    { "delete", "/users/{id}", "users/get", OPENAPI_DESTRUCTIVE },
    { "post", "/users", "users/create", OPENAPI_WRITE },
    { "put", "/users/{id}", "", OPENAPI_WRITE },
    { "patch", "/users/{id}", "", OPENAPI_WRITE },
    /* What a method hides, the words tell. */
    { "post", "/users/{id}/delete", "", OPENAPI_DESTRUCTIVE },
    { "post", "/chat.delete", "chat_delete", OPENAPI_DESTRUCTIVE },
    { "post", "/files.remotes.remove", "", OPENAPI_DESTRUCTIVE },
    { "post", "/v1/things:batchDelete", "", OPENAPI_DESTRUCTIVE },
    { "post", "/bulk", "deleteManyUsers", OPENAPI_DESTRUCTIVE },
    { "put", "/repos/{r}/labels", "issues/remove-all-labels", OPENAPI_DESTRUCTIVE },
    { "get", "/users/{id}/delete", "", OPENAPI_DESTRUCTIVE },
    { "get", "/account/logout", "", OPENAPI_WRITE },
    { "get", "/pods/{name}/exec", "connectGetPodExec", OPENAPI_WRITE },
    { "get", "/jobs/run-now", "", OPENAPI_WRITE },
    { "get", "/mail", "sendMail", OPENAPI_WRITE },
    /* Nothing makes it laxer. */
    { "post", "/search", "search", OPENAPI_WRITE },
    { "post", "/graphql", "getThings", OPENAPI_WRITE },
    { "delete", "/cache", "list", OPENAPI_DESTRUCTIVE },
    /* Words inside words, of a parameter, of another part, and nouns say nothing. */
    { "get", "/users/deleted", "list-deleted", OPENAPI_READ },
    { "get", "/updates/{delete}", "getUpdates", OPENAPI_READ },
    { "get", "/delete/{id}/status", "deletes", OPENAPI_READ },
    { "get", "/repos/{r}/releases/tag", "repos/get-release-by-tag", OPENAPI_READ },
    { "get", "/settings", "settings", OPENAPI_READ },
    { "get", "/orders", "orders/list", OPENAPI_READ },
    { "get", "/", "", OPENAPI_READ },
    { "get", "", "", OPENAPI_READ },
};

static void classes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (openapi__effect(rows[i].method, str_from(rows[i].path), str_from(rows[i].name)) !=
            rows[i].effect)
            fail_msg("%s %s %s", rows[i].method, rows[i].path, rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(classes) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
