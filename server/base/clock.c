#include "server/base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t clock)
{
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
  return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
  return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_thread_cpu_us(void)
{
  return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

struct civil_day {
  int64_t year;
  int month;
  int day;
};

/* Howard Hinnant's days <-> civil: years begin in March, eras have 400 years. */
static struct civil_day civil_from_day(int64_t day_number)
{
  int64_t shifted = day_number + 719468;
  int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  int64_t day_of_era = shifted - era * 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month_from_march = (5 * day_of_year + 2) / 153;
  int day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  return (struct civil_day){year_of_era + era * 400 + (month <= 2), month, day};
}

static int64_t day_from_civil(struct civil_day civil)
{
  int64_t year = civil.month <= 2 ? civil.year - 1 : civil.year;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (civil.month > 2 ? civil.month - 3 : civil.month + 9) + 2) / 5 + civil.day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

static int days_in_month(int64_t year, int month)
{
  static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

static char *write_digits(char *at, uint64_t value, int width)
{
  for (int i = width - 1; i >= 0; i--) {
    at[i] = (char)('0' + value % 10);
    value /= 10;
  }
  return at + width;
}

/* RFC 3339 has four digits for the year; what lies outside is signed, as in ISO 8601's expanded form. */
static char *write_civil(char *at, struct civil_day civil)
{
  uint64_t year = (uint64_t)(civil.year < 0 ? -civil.year : civil.year);
  if (civil.year < 0 || civil.year > 9999) {
    *at++ = civil.year < 0 ? '-' : '+';
    at = write_digits(at, year, 6);
  } else {
    at = write_digits(at, year, 4);
  }
  *at++ = '-';
  at = write_digits(at, (uint64_t)civil.month, 2);
  *at++ = '-';
  return write_digits(at, (uint64_t)civil.day, 2);
}

static int64_t floor_divide(int64_t value, int64_t by)
{
  int64_t quotient = value / by;
  return quotient - (value % by < 0);
}

int clock_format(int64_t time_us, char out[CLOCK_TEXT_MAX])
{
  int64_t day = floor_divide(time_us, US_PER_DAY);
  int64_t remainder_us = time_us % US_PER_DAY;
  uint64_t of_day_us = (uint64_t)(remainder_us < 0 ? remainder_us + US_PER_DAY : remainder_us);
  uint64_t second = of_day_us / (uint64_t)US_PER_SECOND;
  uint64_t fraction = of_day_us % (uint64_t)US_PER_SECOND;
  char *at = write_civil(out, civil_from_day(day));
  *at++ = 'T';
  at = write_digits(at, second / 3600, 2);
  *at++ = ':';
  at = write_digits(at, second / 60 % 60, 2);
  *at++ = ':';
  at = write_digits(at, second % 60, 2);
  if (fraction != 0) {
    *at++ = '.';
    at = write_digits(at, fraction, 6);
    while (at[-1] == '0') {
      at--;
    }
  }
  *at++ = 'Z';
  *at = '\0';
  return (int)(at - out);
}

void buffer_append_time(struct buffer *buffer, int64_t time_us)
{
  char text[CLOCK_TEXT_MAX];
  int length = clock_format(time_us, text);
  buffer_append(buffer, text, (size_t)length);
}

struct cursor {
  const char *at;
  const char *end;
};

static bool read_digits(struct cursor *cursor, int width, int *value)
{
  if (cursor->end - cursor->at < width) {
    return false;
  }
  int sum = 0;
  for (int i = 0; i < width; i++) {
    char byte = cursor->at[i];
    if (byte < '0' || byte > '9') {
      return false;
    }
    sum = sum * 10 + (byte - '0');
  }
  cursor->at += width;
  *value = sum;
  return true;
}

static bool read_char(struct cursor *cursor, char expected)
{
  if (cursor->at == cursor->end || *cursor->at != expected) {
    return false;
  }
  cursor->at++;
  return true;
}

static bool read_date(struct cursor *cursor, int64_t *day)
{
  int year;
  int month;
  int day_of_month;
  if (!read_digits(cursor, 4, &year) || !read_char(cursor, '-') || !read_digits(cursor, 2, &month) || !read_char(cursor, '-') ||
      !read_digits(cursor, 2, &day_of_month)) {
    return false;
  }
  if (month < 1 || month > 12 || day_of_month < 1 || day_of_month > days_in_month(year, month)) {
    return false;
  }
  *day = day_from_civil((struct civil_day){year, month, day_of_month});
  return true;
}

/* Digits beyond microseconds are cut, not rounded: a time never moves into the next second. */
static bool read_fraction(struct cursor *cursor, int64_t *fraction_us)
{
  *fraction_us = 0;
  if (!read_char(cursor, '.')) {
    return true;
  }
  int64_t unit_us = 100000;
  const char *start = cursor->at;
  while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
    *fraction_us += (*cursor->at - '0') * unit_us;
    unit_us /= 10;
    cursor->at++;
  }
  return cursor->at > start;
}

static bool read_time_of_day(struct cursor *cursor, int64_t *of_day_us)
{
  int hour;
  int minute;
  int second;
  int64_t fraction_us;
  if (!read_digits(cursor, 2, &hour) || !read_char(cursor, ':') || !read_digits(cursor, 2, &minute) ||
      !read_char(cursor, ':') || !read_digits(cursor, 2, &second) || !read_fraction(cursor, &fraction_us)) {
    return false;
  }
  if (hour > 23 || minute > 59 || second > 60) {
    return false;
  }
  *of_day_us = (hour * INT64_C(3600) + minute * INT64_C(60) + second) * US_PER_SECOND + (second == 60 ? 0 : fraction_us);
  return true;
}

static bool read_offset(struct cursor *cursor, int64_t *offset_us)
{
  *offset_us = 0;
  if (read_char(cursor, 'Z') || read_char(cursor, 'z')) {
    return true;
  }
  bool east = read_char(cursor, '+') || read_char(cursor, ' ');
  if (!east && !read_char(cursor, '-')) {
    return false;
  }
  int hours;
  int minutes;
  if (!read_digits(cursor, 2, &hours) || !read_char(cursor, ':') || !read_digits(cursor, 2, &minutes) || hours > 23 ||
      minutes > 59) {
    return false;
  }
  *offset_us = (hours * INT64_C(3600) + minutes * INT64_C(60)) * US_PER_SECOND;
  if (!east) {
    *offset_us = -*offset_us;
  }
  return true;
}

bool clock_parse(struct text slice, int64_t *time_us)
{
  if (slice.length == 0) { /* then there may be no pointer to add to */
    return false;
  }
  struct cursor cursor = {slice.data, slice.data + slice.length};
  int64_t day;
  int64_t of_day_us;
  int64_t offset_us;
  if (!read_date(&cursor, &day)) {
    return false;
  }
  if (!read_char(&cursor, 'T') && !read_char(&cursor, 't') && !read_char(&cursor, ' ')) {
    return false;
  }
  if (!read_time_of_day(&cursor, &of_day_us) || !read_offset(&cursor, &offset_us) || cursor.at != cursor.end) {
    return false;
  }
  *time_us = day * US_PER_DAY + of_day_us - offset_us;
  return true;
}

int32_t clock_day(int64_t time_us)
{
  return (int32_t)floor_divide(time_us, US_PER_DAY);
}

void clock_format_day(int32_t day, char out[16])
{
  char *at = write_civil(out, civil_from_day(day));
  *at = '\0';
}
