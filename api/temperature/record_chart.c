#include "api/temperature/record_chart.h"

#include <math.h>

#include "api/gpx.h"

static const double WIDTH = 720;
static const double HEIGHT = 250;
static const double LEFT = 44;
static const double RIGHT = 10;
static const double TOP = 10;
static const double BOTTOM = 34;
static const double PADDING = 0.06; /* of the range, above and below */
enum { STEPS_MAX = 6, PLACE_DECIMALS = 1, LABEL_DECIMALS = 2 };

/* Degrees of the vertical axis. */
struct range {
  double low;
  double high;
};

int64_t record_chart_tick_us(struct record_span period, int tick)
{
  return period.from_us + (period.until_us - period.from_us) / (RECORD_TICKS - 1) * tick;
}

static void widen(struct range *range, double value)
{
  if (!isnan(value)) {
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
  }
}

static struct range range_of(const struct record_chart *chart)
{
  struct range range = {INFINITY, -INFINITY};
  for (size_t i = 0; i < chart->line->count; i++) {
    widen(&range, chart->line->points[i].temperature_c);
  }
  widen(&range, chart->rule->lowest_c);
  widen(&range, chart->rule->highest_c);
  if (!(range.low <= range.high)) {
    return (struct range){-1, 1};
  }
  const double padding = range.high > range.low ? PADDING * (range.high - range.low) : 1;
  return (struct range){range.low - padding, range.high + padding};
}

static double x_of(const struct record_chart *chart, int64_t at_us)
{
  const double share = (double)(at_us - chart->period.from_us) / (double)(chart->period.until_us - chart->period.from_us);
  return LEFT + fmax(0, fmin(1, share)) * (WIDTH - LEFT - RIGHT);
}

static double y_of(struct range range, double degrees)
{
  return TOP + (range.high - degrees) / (range.high - range.low) * (HEIGHT - TOP - BOTTOM);
}

static void write_place(struct buffer *out, const char *name, double value)
{
  buffer_printf(out, " %s=\"", name);
  buffer_append_decimal(out, value, PLACE_DECIMALS);
  buffer_append_char(out, '"');
}

static void write_horizontal(struct buffer *out, const char *class, double y)
{
  buffer_printf(out, "<line class=\"%s\"", class);
  write_place(out, "x1", LEFT);
  write_place(out, "x2", WIDTH - RIGHT);
  write_place(out, "y1", y);
  write_place(out, "y2", y);
  buffer_append_text(out, TEXT("/>\n"));
}

/* 1, 2 or 5 times a power of ten: at most STEPS_MAX of them fit. */
static double step_of(struct range range)
{
  static const double FACTORS[] = {1, 2, 5, 10};
  const double least = (range.high - range.low) / STEPS_MAX;
  const double power = pow(10, floor(log10(least)));
  for (size_t i = 0; i < sizeof FACTORS / sizeof FACTORS[0]; i++) {
    if (FACTORS[i] * power >= least) {
      return FACTORS[i] * power;
    }
  }
  return 10 * power;
}

static void write_degrees(struct buffer *out, struct range range)
{
  const double step = step_of(range);
  const int first = (int)ceil(range.low / step);
  const int last = (int)floor(range.high / step);
  for (int line = first; line <= last; line++) {
    const double degrees = line * step;
    write_horizontal(out, "grid", y_of(range, degrees));
    buffer_append_text(out, TEXT("<text class=\"tick\" text-anchor=\"end\""));
    write_place(out, "x", LEFT - 6);
    write_place(out, "y", y_of(range, degrees) + 4);
    buffer_append_char(out, '>');
    buffer_append_decimal(out, degrees, LABEL_DECIMALS);
    buffer_append_text(out, TEXT("</text>\n"));
  }
}

static void write_times(struct buffer *out, const struct record_chart *chart)
{
  for (int tick = 0; tick < RECORD_TICKS; tick++) {
    const char *anchor = tick == 0 ? "start" : tick == RECORD_TICKS - 1 ? "end" : "middle";
    buffer_printf(out, "<text class=\"tick\" text-anchor=\"%s\"", anchor);
    write_place(out, "x", x_of(chart, record_chart_tick_us(chart->period, tick)));
    write_place(out, "y", HEIGHT - BOTTOM + 18);
    buffer_append_char(out, '>');
    gpx_escape(out, chart->ticks[tick]);
    buffer_append_text(out, TEXT("</text>\n"));
  }
}

static void write_excursions(struct buffer *out, const struct record_chart *chart)
{
  for (size_t i = 0; i < chart->excursion_count; i++) {
    const double left = x_of(chart, chart->excursions[i].from_us);
    const double right = x_of(chart, chart->excursions[i].until_us);
    buffer_append_text(out, TEXT("<rect class=\"out\""));
    write_place(out, "x", left);
    write_place(out, "width", fmax(1, right - left));
    write_place(out, "y", TOP);
    write_place(out, "height", HEIGHT - TOP - BOTTOM);
    buffer_append_text(out, TEXT("/>\n"));
  }
}

static void write_limit(struct buffer *out, const char *class, struct range range, double degrees)
{
  if (degrees >= range.low && degrees <= range.high) {
    write_horizontal(out, class, y_of(range, degrees));
  }
}

/* A point alone is drawn too: the line has round ends. */
static void write_line(struct buffer *out, const struct record_chart *chart, struct range range)
{
  const struct temperature_line *line = chart->line;
  const int64_t part_us = line->count > 1 ? 2 * (chart->period.until_us - chart->period.from_us) / (int64_t)line->count : 0;
  const int64_t joined_us = chart->gap_us > part_us ? chart->gap_us : part_us;
  if (line->count == 0) {
    return;
  }
  buffer_append_text(out, TEXT("<path class=\"line\" d=\""));
  for (size_t i = 0; i < line->count; i++) {
    const bool is_joined = i > 0 && line->points[i].recorded_at_us - line->points[i - 1].recorded_at_us <= joined_us;
    buffer_append_char(out, is_joined ? 'L' : 'M');
    buffer_append_decimal(out, x_of(chart, line->points[i].recorded_at_us), PLACE_DECIMALS);
    buffer_append_char(out, ' ');
    buffer_append_decimal(out, y_of(range, line->points[i].temperature_c), PLACE_DECIMALS);
    if (!is_joined) {
      buffer_append_text(out, TEXT("h0"));
    }
  }
  buffer_append_text(out, TEXT("\"/>\n"));
}

void record_chart_write(struct buffer *out, const struct record_chart *chart)
{
  const struct range range = range_of(chart);
  buffer_printf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Temperature over time, in degrees Celsius\">\n",
                (int)WIDTH, (int)HEIGHT);
  write_excursions(out, chart);
  write_degrees(out, range);
  write_times(out, chart);
  write_limit(out, "limit", range, chart->rule->lowest_c);
  write_limit(out, "limit", range, chart->rule->highest_c);
  write_limit(out, "urgent", range, chart->rule->urgent_lowest_c);
  write_limit(out, "urgent", range, chart->rule->urgent_highest_c);
  write_line(out, chart, range);
  buffer_append_text(out, TEXT("</svg>\n"));
}
