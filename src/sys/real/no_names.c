/*
 * For programs that are linked whole: libuv can look up who a user is, and nobody here asks it to.
 * Without this the C library's name services would come along, which it can only load.
 */
#include <errno.h>
#include <pwd.h>
#include <stddef.h>

/* NOLINTNEXTLINE(readability-non-const-parameter): POSIX says the type */
int getpwuid_r(uid_t user, struct passwd *entry, char *text, size_t size, struct passwd **ret_entry)
{
    (void)user, (void)entry, (void)text, (void)size;
    *ret_entry = NULL;
    return ENOENT;
}
