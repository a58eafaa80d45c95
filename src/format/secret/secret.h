/*
 * secret - secrets at the door: finds credentials by shapes with a known prefix, and puts
 * references in their place.
 *
 * The shapes are a table (shapes.h): a prefix nobody writes by accident, then a body of a known
 * alphabet and length. Entropy alone is no shape: cursors, hashes and ids are not secrets. One
 * linear pass; where nothing is found nothing is copied.
 *
 * The reference is {{secret:<id>}}; the id is a keyed fingerprint of the value, so the same value
 * has the same reference everywhere and for ever, and nobody without the key can test a guess.
 *
 * Easy to get wrong: text is plain or JSON text. In JSON text a value is what stands inside one
 * string literal; escapes belong to it (a PEM block has \n) and the value is given decoded. JSON
 * must be as our own printer writes it: a letter spelled \u0067 is not looked through.
 */
#ifndef WRIT_FORMAT_SECRET_SECRET_H
#define WRIT_FORMAT_SECRET_SECRET_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"

#define SECRET_KEY_LEN       32U
#define SECRET_ID_LEN        24U /* hexadecimal digits */
#define SECRET_REFERENCE_LEN (7U + SECRET_ID_LEN)
#define SECRET_CLASSES       8U
/* A key block longer than this is replaced in part. */
#define SECRET_PEM_MAX 65536U

enum secret_text { SECRET_PLAIN, SECRET_JSON };

struct secret_span {
    size_t from;
    size_t to;
    const char *shape; /* its name in the table */
};

/* A pass over one text. Borrows it. */
struct secret_scan {
    struct str text;
    size_t at;
    size_t run_from[SECRET_CLASSES]; /* the last run looked at, by alphabet: keeps it linear */
    size_t run_to[SECRET_CLASSES];
};

void secret_scan_init(struct secret_scan *scan, struct str text);

/* The next secret, in order, never overlapping. False at the end. */
bool secret_scan_next(struct secret_scan *scan, struct secret_span *ret_span);

struct secret_found {
    char reference[SECRET_REFERENCE_LEN]; /* secret:<id>, without braces and NUL */
    struct str value;                     /* decoded; in the arena given */
};
struct secret_found_list VEC(struct secret_found);

struct secret_door {
    uint8_t key[SECRET_KEY_LEN];
    enum secret_text kind;
};

/*
 * Adds the text to out with every secret replaced, and what was replaced to found (values in the
 * arena). Gives how many; at 0 nothing was added to out: use the text itself.
 */
size_t secret_replace(const struct secret_door *door, struct str text, struct arena *arena,
                      struct buf *out, struct secret_found_list *found);

/* The reference of a value: SECRET_REFERENCE_LEN characters, no NUL. */
void secret_reference(const uint8_t key[SECRET_KEY_LEN], struct str value, char *text);

/* Is this variable of an environment a secret, by its name or by its looks? */
bool secret_variable_is(struct str name, struct str value);

/* The next {{secret:<id>}} at or after *at; moves *at behind it. The span has the braces. */
bool secret_reference_next(struct str text, size_t *at, struct secret_span *ret_span);

#endif
