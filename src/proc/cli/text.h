/*
 * text - what people read: tables, times, texts of strangers.
 *
 * Easy to get wrong: everything that came from outside (descriptions, arguments, results) goes
 * through text_add_clean, or it could move the cursor and show something other than what it is.
 */
#ifndef WRIT_PROC_CLI_TEXT_H
#define WRIT_PROC_CLI_TEXT_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * Adds text without power over a terminal: control characters, and those that reorder or hide
 * text, are shown as \x1b or \u{202e}. With lines, newlines and tabs stay.
 */
void text_add_clean(struct buf *out, struct str text, bool lines);
/* The same into the arena, on one line. */
struct str text_clean(struct arena *arena, struct str text);

/* Columns a text takes, counting characters. */
size_t text_width(struct str text);
/* At most width columns; what is cut ends in "...". */
struct str text_fit(struct arena *arena, struct str text, size_t width);

/*
 * Adds words from the column that out stands at; before column 80 the line breaks and goes on at
 * `indent`. For our own texts.
 */
void text_add_wrapped(struct buf *out, struct str text, size_t indent);

enum text_color {
    TEXT_PLAIN,
    TEXT_BOLD,
    TEXT_DIM,
    TEXT_RED,
    TEXT_GREEN,
    TEXT_YELLOW,
};

#define TEXT_COLUMNS_MAX 12U

struct text_cell {
    struct str text;
    enum text_color color;
};

/* Cells live in the arena until the table is printed; nothing is cut where width is 0. */
struct text_table {
    struct arena *arena;
    unsigned width; /* of the terminal; 0: unlimited */
    bool color;
    const char *heads[TEXT_COLUMNS_MAX]; /* ">" before a name: to the right */
    size_t columns;
    struct text_cell *cells;
    size_t cell_count;
    size_t cell_cap;
};

/* heads: names separated by '|'. */
void text_table_init(struct text_table *table, struct arena *arena, const char *heads);
/* Cells from left to right, row after row. The text is cleaned. */
void text_table_add(struct text_table *table, struct str text);
void text_table_add_color(struct text_table *table, struct str text, enum text_color color);
/* The last column is cut to what is left of the width. */
void text_table_print(const struct text_table *table, struct buf *out);

void text_add_color(struct buf *out, struct str text, enum text_color color);

/* A span as people say it: 47 ms, 3.2 s, 5 min, 2 h, 3 d. */
struct str text_span(struct arena *arena, int64_t ms);

#endif
