/* RFC 3339: dates, times, durations. */
#include "format/schema/format.h"

static unsigned time_days(unsigned year, unsigned month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

static bool time_take_date(struct str *text)
{
    unsigned year;
    unsigned month;
    unsigned day;

    if (!schema__format_take_digits(text, 4, &year) || !schema__format_take(text, "-") ||
        !schema__format_take_digits(text, 2, &month) || !schema__format_take(text, "-") ||
        !schema__format_take_digits(text, 2, &day))
        return false;
    return month >= 1 && month <= 12 && day >= 1 && day <= time_days(year, month);
}

/* Z, or an offset; gives it in minutes. */
static bool time_take_offset(struct str *text, int *ret_minutes)
{
    bool west = schema__format_take(text, "-");
    unsigned hours;
    unsigned minutes;

    *ret_minutes = 0;
    if (!west && (schema__format_take(text, "Z") || schema__format_take(text, "z")))
        return true;
    if (!west && !schema__format_take(text, "+"))
        return false;
    if (!schema__format_take_digits(text, 2, &hours) || !schema__format_take(text, ":") ||
        !schema__format_take_digits(text, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_minutes = (int)(hours * 60 + minutes) * (west ? -1 : 1);
    return true;
}

static bool time_take_time(struct str *text)
{
    unsigned hours;
    unsigned minutes;
    unsigned seconds;
    unsigned digit;
    int offset;

    if (!schema__format_take_digits(text, 2, &hours) || !schema__format_take(text, ":") ||
        !schema__format_take_digits(text, 2, &minutes) || !schema__format_take(text, ":") ||
        !schema__format_take_digits(text, 2, &seconds))
        return false;
    if (schema__format_take(text, ".")) {
        if (!schema__format_take_digits(text, 1, &digit))
            return false;
        while (schema__format_take_digits(text, 1, &digit))
            ;
    }
    if (!time_take_offset(text, &offset) || hours > 23 || minutes > 59 || seconds > 60)
        return false;
    /* A leap second is the last of a day in UTC. */
    return seconds < 60 || ((int)(hours * 60 + minutes) - offset + 2880) % 1440 == 1439;
}

bool schema__format_date(struct str text)
{
    return time_take_date(&text) && text.len == 0;
}

bool schema__format_time(struct str text)
{
    return time_take_time(&text) && text.len == 0;
}

bool schema__format_date_time(struct str text)
{
    return time_take_date(&text) &&
           (schema__format_take(&text, "T") || schema__format_take(&text, "t")) &&
           time_take_time(&text) && text.len == 0;
}

/* Digits and one of the units; they come in order, and none is skipped between two. */
static bool time_take_units(struct str *text, const char *units)
{
    bool any = false;
    const char *next = NULL;

    while (text->len && text->ptr[0] != 'T') {
        const char *unit;
        unsigned digit;

        if (!schema__format_take_digits(text, 1, &digit))
            return false;
        while (schema__format_take_digits(text, 1, &digit))
            ;
        unit = text->len && text->ptr[0] ? strchr(units, text->ptr[0]) : NULL;
        if (!unit || (next && unit != next))
            return false;
        next = unit + 1;
        *text = str_slice(*text, 1, text->len);
        any = true;
    }
    return any;
}

/* RFC 3339, appendix A. */
bool schema__format_duration(struct str text)
{
    unsigned digit;
    bool date;

    if (!schema__format_take(&text, "P"))
        return false;
    if (str_ends(text, STR("W"))) {
        while (schema__format_take_digits(&text, 1, &digit))
            ;
        return text.len == 1 && text.ptr[-1] != 'P';
    }
    date = text.len && text.ptr[0] != 'T';
    if (date && !time_take_units(&text, "YMD"))
        return false;
    if (!schema__format_take(&text, "T"))
        return date && text.len == 0;
    return time_take_units(&text, "HMS") && text.len == 0;
}
