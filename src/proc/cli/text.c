/* Tables, spans, and texts of strangers made harmless. */
#include "proc/cli/text.h"

#define TEXT_GAP        2U
#define TEXT_LAST_LEAST 12U /* columns that the last column keeps on the narrowest terminal */
#define TEXT_WRAP_AT    80U

/* Decodes one well-formed sequence; gives its length, 0 where there is none. */
static size_t text_decode(struct str rest, uint32_t *ret_point)
{
    unsigned char lead = (unsigned char)rest.ptr[0];
    size_t len = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    uint32_t point = lead;

    if (len > rest.len || !str_is_utf8(str_of(rest.ptr, len)))
        return 0;
    if (len > 1)
        point &= (1U << (7 - len)) - 1;
    for (size_t i = 1; i < len; i++)
        point = point << 6 | ((unsigned char)rest.ptr[i] & 0x3FU);
    *ret_point = point;
    return len;
}

/* Characters that move the cursor, reorder what is beside them, or cannot be seen. */
static bool text_hides(uint32_t point)
{
    static const struct {
        uint32_t from;
        uint32_t to;
    } hidden[] = {
        { 0x00, 0x1F },     { 0x7F, 0x9F },       { 0xAD, 0xAD },     { 0x61C, 0x61C },
        { 0x115F, 0x1160 }, { 0x180E, 0x180E },   { 0x200B, 0x200F }, { 0x2028, 0x202E },
        { 0x2060, 0x206F }, { 0x3164, 0x3164 },   { 0xFE00, 0xFE0F }, { 0xFEFF, 0xFEFF },
        { 0xFFF9, 0xFFFB }, { 0xE0000, 0xE0FFF },
    };

    for (size_t i = 0; i < ARRAY_COUNT(hidden); i++)
        if (point >= hidden[i].from && point <= hidden[i].to)
            return true;
    return false;
}

void text_add_clean(struct buf *out, struct str text, bool lines)
{
    size_t at = 0;

    while (at < text.len) {
        struct str rest = str_slice(text, at, text.len);
        uint32_t point = 0;
        size_t len = text_decode(rest, &point);

        if (len == 0) {
            buf_printf(out, "\\x%02x", (unsigned char)rest.ptr[0]);
            at++;
            continue;
        }
        if (lines && (point == '\n' || point == '\t'))
            buf_add_char(out, (char)point);
        else if (point == '\n')
            buf_add_c(out, "\\n");
        else if (!text_hides(point))
            buf_add(out, rest.ptr, len);
        else if (point < 0x80)
            buf_printf(out, "\\x%02x", point);
        else
            buf_printf(out, "\\u{%x}", point);
        at += len;
    }
}

struct str text_clean(struct arena *arena, struct str text)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    text_add_clean(&out, text, false);
    return str_copy(arena, buf_str(&out));
}

size_t text_width(struct str text)
{
    size_t width = 0;

    for (size_t i = 0; i < text.len; i++)
        width += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return width;
}

struct str text_fit(struct arena *arena, struct str text, size_t width)
{
    size_t at = 0;
    size_t used = 0;

    if (text_width(text) <= width)
        return text;
    while (at < text.len && used + 3 < width) {
        at++;
        while (at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80)
            at++;
        used++;
    }
    return str_printf(arena, "%.*s...", (int)at, text.ptr);
}

static size_t text_column(const struct buf *out)
{
    size_t start = out->len;

    while (start > 0 && out->ptr[start - 1] != '\n')
        start--;
    return text_width(str_slice(buf_str(out), start, out->len));
}

void text_add_wrapped(struct buf *out, struct str text, size_t indent)
{
    size_t column = text_column(out);
    bool first = true;

    while (text.len > 0) {
        struct str word = str_split(&text, ' ');

        if (!first && column + 1 + text_width(word) > TEXT_WRAP_AT) {
            buf_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            buf_add_char(out, ' ');
            column++;
        }
        buf_add_str(out, word);
        column += text_width(word);
        first = false;
    }
}

void text_add_color(struct buf *out, struct str text, enum text_color color)
{
    static const char *const codes[] = {
        [TEXT_PLAIN] = "",       [TEXT_BOLD] = "\033[1m",   [TEXT_DIM] = "\033[2m",
        [TEXT_RED] = "\033[31m", [TEXT_GREEN] = "\033[32m", [TEXT_YELLOW] = "\033[33m",
    };

    buf_add_c(out, codes[color]);
    buf_add_str(out, text);
    if (color != TEXT_PLAIN)
        buf_add_c(out, "\033[0m");
}

void text_table_init(struct text_table *table, struct arena *arena, const char *heads)
{
    struct str rest = str_from(heads);

    *table = (struct text_table){ .arena = arena };
    while (rest.ptr) {
        CHECK(table->columns < TEXT_COLUMNS_MAX);
        table->heads[table->columns++] = str_c(arena, str_split(&rest, '|'));
    }
}

void text_table_add_color(struct text_table *table, struct str text, enum text_color color)
{
    if (table->cell_count == table->cell_cap) {
        size_t cap = table->cell_cap ? table->cell_cap * 2 : 64;
        struct text_cell *cells = ARENA_ARRAY(table->arena, struct text_cell, cap);

        if (table->cell_count > 0)
            memcpy(cells, table->cells, table->cell_count * sizeof(*cells));
        table->cells = cells;
        table->cell_cap = cap;
    }
    table->cells[table->cell_count++] = (struct text_cell){ text_clean(table->arena, text), color };
}

void text_table_add(struct text_table *table, struct str text)
{
    text_table_add_color(table, text, TEXT_PLAIN);
}

static bool table_is_right(const struct text_table *table, size_t column)
{
    return table->heads[column][0] == '>';
}

static struct str table_head(const struct text_table *table, size_t column)
{
    return str_from(table->heads[column] + (table_is_right(table, column) ? 1 : 0));
}

static void table_widths(const struct text_table *table, size_t *ret_widths)
{
    size_t last = table->columns - 1;
    size_t used = 0;

    CHECK(table->columns > 0 && table->columns <= TEXT_COLUMNS_MAX);
    for (size_t c = 0; c < table->columns; c++)
        ret_widths[c] = text_width(table_head(table, c));
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t width = text_width(table->cells[i].text);
        size_t *column = &ret_widths[i % table->columns];

        *column = width > *column ? width : *column;
    }
    for (size_t c = 0; c < last; c++)
        used += ret_widths[c] + TEXT_GAP;
    if (table->width == 0 || used + ret_widths[last] <= table->width)
        return;
    ret_widths[last] =
        table->width > used + TEXT_LAST_LEAST ? table->width - used : TEXT_LAST_LEAST;
}

static void table_spaces(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_add_char(out, ' ');
}

static void table_cell(const struct text_table *table, struct buf *out, size_t column,
                       const struct text_cell *cell, size_t width)
{
    struct str text = text_fit(table->arena, cell->text, width);
    size_t pad = width - text_width(text);
    bool last = column + 1 == table->columns;

    if (table_is_right(table, column))
        table_spaces(out, pad);
    text_add_color(out, text, table->color ? cell->color : TEXT_PLAIN);
    if (!table_is_right(table, column) && !last)
        table_spaces(out, pad);
    if (!last)
        table_spaces(out, TEXT_GAP);
}

void text_table_print(const struct text_table *table, struct buf *out)
{
    size_t widths[TEXT_COLUMNS_MAX] = { 0 };

    CHECK(table->columns > 0);
    table_widths(table, widths);
    for (size_t c = 0; c < table->columns; c++) {
        struct text_cell head = { table_head(table, c), TEXT_DIM };

        table_cell(table, out, c, &head, widths[c]);
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t column = i % table->columns;

        if (column == 0)
            buf_add_char(out, '\n');
        table_cell(table, out, column, &table->cells[i], widths[column]);
    }
    buf_add_char(out, '\n');
}

struct str text_span(struct arena *arena, int64_t ms)
{
    if (ms < 0)
        return STR("0 ms");
    if (ms < 1000)
        return str_printf(arena, "%lld ms", (long long)ms);
    if (ms < 60000)
        return str_printf(arena, "%lld.%lld s", (long long)(ms / 1000),
                          (long long)(ms % 1000 / 100));
    if (ms < 3600000)
        return str_printf(arena, "%lld min", (long long)(ms / 60000));
    if (ms < 48 * INT64_C(3600000))
        return str_printf(arena, "%lld h", (long long)(ms / 3600000));
    return str_printf(arena, "%lld d", (long long)(ms / 86400000));
}
