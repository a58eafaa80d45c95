/* Civil time without the C library: RFC 3339 in UTC, for any year from 0 to 9999. */
#include "edge/api/api.h"

#include <stdio.h>

#define DAY_MS    INT64_C(86400000)
#define ERA_DAYS  INT64_C(146097) /* of 400 years */
#define EPOCH_ERA INT64_C(719468) /* days from 0000-03-01 to 1970-01-01 */

struct time_day {
    int64_t year;
    int64_t month;
    int64_t day;
};

/* Years begin in March here, so that the leap day is their last. */
static struct time_day time_civil(int64_t days)
{
    int64_t shifted = days + EPOCH_ERA;
    int64_t era = (shifted >= 0 ? shifted : shifted - (ERA_DAYS - 1)) / ERA_DAYS;
    int64_t of_era = shifted - era * ERA_DAYS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;

    return (struct time_day){
        .year = year + era * 400 + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = of_year - (153 * month + 2) / 5 + 1,
    };
}

static int64_t time_days(struct time_day civil)
{
    int64_t year = civil.year - (civil.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t month = civil.month > 2 ? civil.month - 3 : civil.month + 9;
    int64_t of_year = (153 * month + 2) / 5 + civil.day - 1;

    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_ERA;
}

void api_add_time(struct buf *out, int64_t at_ms)
{
    int64_t days = (at_ms >= 0 ? at_ms : at_ms - (DAY_MS - 1)) / DAY_MS;
    int64_t rest = at_ms - days * DAY_MS;
    struct time_day civil = time_civil(days);

    buf_printf(out, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld.%03lldZ", (long long)civil.year,
               (long long)civil.month, (long long)civil.day, (long long)(rest / 3600000),
               (long long)(rest / 60000 % 60), (long long)(rest / 1000 % 60),
               (long long)(rest % 1000));
}

struct str api_time(struct arena *arena, int64_t at_ms)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    api_add_time(&text, at_ms);
    return str_copy(arena, buf_str(&text));
}

/* Two to four digits at a place; false if another character stands there. */
static bool time_digits(struct str text, size_t from, size_t to, int64_t *ret_number)
{
    int64_t number = 0;

    for (size_t i = from; i < to; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        number = number * 10 + (text.ptr[i] - '0');
    }
    *ret_number = number;
    return true;
}

static bool time_shaped(struct str text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";

    if (text.len != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (shape[i] != 'd' && shape[i] != text.ptr[i])
            return false;
    return true;
}

bool api_time_parse(struct str text, int64_t *ret_at_ms)
{
    int64_t hour, minute, second, ms;
    struct time_day civil;

    if (!time_shaped(text) || !time_digits(text, 0, 4, &civil.year) ||
        !time_digits(text, 5, 7, &civil.month) || !time_digits(text, 8, 10, &civil.day) ||
        !time_digits(text, 11, 13, &hour) || !time_digits(text, 14, 16, &minute) ||
        !time_digits(text, 17, 19, &second) || !time_digits(text, 20, 23, &ms))
        return false;
    if (civil.month < 1 || civil.month > 12 || civil.day < 1 || civil.day > 31 || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    *ret_at_ms = time_days(civil) * DAY_MS + hour * 3600000 + minute * 60000 + second * 1000 + ms;
    return true;
}
