#include "api/temperature/record_page.h"

#include <math.h>

#include "api/gpx.h"
#include "server/base/clock.h"

enum { DEGREE_SHOWN = 1, SUM_SHOWN = 1 };

static const char HEAD[] = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";

static const char STYLE[] =
    "<style>\n"
    "@page { margin: 15mm; }\n"
    "* { box-sizing: border-box; }\n"
    "body { font: 10.5pt/1.4 system-ui, sans-serif; color: #111; background: #fff; max-width: 180mm; margin: 0 auto; padding: "
    "5mm; }\n"
    "h1 { font-size: 17pt; margin: 0 0 2mm; }\n"
    "h2 { font-size: 12pt; margin: 6mm 0 1mm; }\n"
    "dl { display: grid; grid-template-columns: max-content 1fr; gap: .5mm 5mm; margin: 0; }\n"
    "dt { color: #555; }\n"
    "dd { margin: 0; }\n"
    "table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }\n"
    "th, td { text-align: left; padding: .8mm 3mm .8mm 0; border-bottom: .2mm solid #ccc; vertical-align: top; }\n"
    "th { color: #555; font-weight: 600; }\n"
    "thead { display: table-header-group; }\n"
    "tr { break-inside: avoid; }\n"
    ".verdict { border: .4mm solid #111; padding: 2mm 3mm; margin: 4mm 0; font-weight: 600; }\n"
    "figure { margin: 0; break-inside: avoid; }\n"
    "svg { width: 100%; height: auto; display: block; }\n"
    ".line { fill: none; stroke: #0b5394; stroke-width: 1.4; stroke-linejoin: round; stroke-linecap: round; }\n"
    ".limit { stroke: #b45f06; stroke-width: 1.2; stroke-dasharray: 6 3; }\n"
    ".urgent { stroke: #a61c1c; stroke-width: 1.2; stroke-dasharray: 2 3; }\n"
    ".grid { stroke: #e2e2e2; stroke-width: .8; }\n"
    ".out { fill: #f9d9d0; }\n"
    ".tick { font: 9.5px system-ui, sans-serif; fill: #444; }\n"
    ".sign { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 8mm; margin-top: 16mm; break-inside: avoid; }\n"
    ".sign span { border-top: .2mm solid #111; padding-top: 1mm; color: #555; }\n"
    "footer { margin-top: 6mm; color: #555; font-size: 8.5pt; }\n"
    "@media print { body { padding: 0; max-width: none; } a { color: inherit; } * { print-color-adjust: exact; "
    "-webkit-print-color-adjust: exact; } }\n"
    "</style>\n";

/* ---- pieces ---- */

static void write(struct buffer *out, const char *markup)
{
  buffer_append_text(out, text_from(markup));
}

static void write_decimal(struct buffer *out, double value, int decimals)
{
  if (isnan(value)) {
    write(out, "-");
  }
  buffer_append_decimal(out, value, decimals);
}

static void write_degrees(struct buffer *out, double degrees)
{
  write_decimal(out, degrees, DEGREE_SHOWN);
  write(out, " \xc2\xb0"
             "C");
}

/* "2 h 05 min", "14 min", "40 s" */
static void write_duration(struct buffer *out, double seconds)
{
  const int64_t whole = (int64_t)llround(seconds);
  if (whole < 60) {
    buffer_printf(out, "%d s", (int)whole);
  } else if (whole < 3600) {
    buffer_printf(out, "%d min", (int)(whole / 60));
  } else {
    buffer_printf(out, "%lld h %02d min", (long long)(whole / 3600), (int)(whole / 60 % 60));
  }
}

static void write_term(struct buffer *out, const char *term, struct text value)
{
  if (value.data != NULL) {
    buffer_printf(out, "<dt>%s</dt><dd>", term);
    gpx_escape(out, value);
    write(out, "</dd>\n");
  }
}

static void begin_row(struct buffer *out, const char *name)
{
  buffer_printf(out, "<tr><th scope=\"row\">%s</th><td>", name);
}

static void end_row(struct buffer *out)
{
  write(out, "</td></tr>\n");
}

/* ---- sections ---- */

static void write_title(struct buffer *out, const struct record_page *page)
{
  write(out, HEAD);
  write(out, "<title>Temperature record ");
  gpx_escape(out, page->vehicle);
  write(out, ", ");
  gpx_escape(out, page->from);
  write(out, "</title>\n");
  write(out, STYLE);
  write(out, "</head>\n<body>\n<header>\n<h1>Temperature record</h1>\n<dl>\n");
}

static void write_rule(struct buffer *out, const struct vehicle_rule *rule)
{
  if (rule->name.data == NULL) {
    write(out, "<dt>Limits</dt><dd>none are set for this vehicle</dd>\n");
    return;
  }
  write_term(out, "Rule", rule->name);
  write(out, "<dt>Limits</dt><dd>");
  if (!isnan(rule->lowest_c)) {
    write(out, "at least ");
    write_degrees(out, rule->lowest_c);
  }
  if (!isnan(rule->highest_c)) {
    write(out, isnan(rule->lowest_c) ? "at most " : ", at most ");
    write_degrees(out, rule->highest_c);
  }
  if (!isnan(rule->urgent_lowest_c)) {
    write(out, "; urgent below ");
    write_degrees(out, rule->urgent_lowest_c);
  }
  if (!isnan(rule->urgent_highest_c)) {
    write(out, "; urgent above ");
    write_degrees(out, rule->urgent_highest_c);
  }
  write(out, "</dd>\n");
}

static void write_header(struct buffer *out, const struct record_page *page)
{
  write_term(out, "Vehicle", page->vehicle);
  write_term(out, "Kind", page->kind);
  write_term(out, "Fleet", page->fleet);
  write_term(out, "VIN", page->vin);
  write_term(out, page->is_trip ? "Trip from" : "From", page->from);
  write_term(out, page->is_open ? "To (under way)" : "To", page->until);
  if (page->is_trip) {
    write(out, "<dt>Distance</dt><dd>");
    write_decimal(out, page->distance_m / 1000, 1);
    write(out, " km</dd>\n");
  }
  write_term(out, "Time zone", page->zone);
  write_rule(out, page->rule);
  write_term(out, "Made at", page->made_at);
  write(out, "</dl>\n</header>\n");
}

static void write_verdict(struct buffer *out, const struct record_page *page)
{
  const struct temperature_figures *figures = page->figures;
  const double out_s = (figures->above_us + figures->below_us) / (double)US_PER_SECOND;
  write(out, "<p class=\"verdict\">");
  if (figures->readings == 0) {
    write(out, "There are no temperature readings in this period.");
  } else if (page->rule->name.data == NULL) {
    write(out, "No limits are set: the readings stand for themselves.");
  } else if (out_s <= 0) {
    write(out, "Within the limits at every reading.");
  } else {
    write(out, "Out of the limits for ");
    write_duration(out, out_s);
    write(out, " (");
    write_decimal(out, (figures->above_degree_us + figures->below_degree_us) / (60.0 * (double)US_PER_SECOND), SUM_SHOWN);
    write(out, " degree-minutes).");
  }
  write(out, "</p>\n");
}

static void write_extreme(struct buffer *out, const char *name, struct temperature_reading reading, struct text at)
{
  begin_row(out, name);
  write_degrees(out, reading.temperature_c);
  write(out, ", ");
  gpx_escape(out, at);
  end_row(out);
}

static void write_over(struct buffer *out, const char *name, double limit_c, double over_us, double degree_us)
{
  if (isnan(limit_c)) {
    return;
  }
  begin_row(out, name);
  write_duration(out, over_us / (double)US_PER_SECOND);
  write(out, ", ");
  write_decimal(out, degree_us / (60.0 * (double)US_PER_SECOND), SUM_SHOWN);
  write(out, " degree-minutes");
  end_row(out);
}

static void write_figures(struct buffer *out, const struct record_page *page)
{
  const struct temperature_figures *figures = page->figures;
  if (figures->readings == 0) {
    return;
  }
  write(out, "<h2>Figures</h2>\n<table>\n<tbody>\n");
  write_extreme(out, "Coldest", figures->coldest, page->coldest_at);
  write_extreme(out, "Warmest", figures->warmest, page->warmest_at);
  begin_row(out, "Mean");
  write_degrees(out, temperature_figures_mean_c(figures));
  end_row(out);
  begin_row(out, "Mean kinetic temperature");
  write_degrees(out, temperature_figures_mean_kinetic_c(figures));
  end_row(out);
  write_over(out, "Above the limit", page->rule->highest_c, figures->above_us, figures->above_degree_us);
  write_over(out, "Below the limit", page->rule->lowest_c, figures->below_us, figures->below_degree_us);
  begin_row(out, "Readings");
  buffer_append_int64(out, figures->readings);
  write(out, ", longest time between two ");
  write_duration(out, (double)figures->longest_gap_us / (double)US_PER_SECOND);
  end_row(out);
  write(out, "</tbody>\n</table>\n");
}

static void write_excursion(struct buffer *out, const struct record_excursion *excursion)
{
  write(out, "<tr><td>");
  gpx_escape(out, excursion->started_at);
  write(out, "</td><td>");
  gpx_escape(out, excursion->ended_at);
  write(out, excursion->is_open ? ", going on</td><td>" : "</td><td>");
  write(out, excursion->is_warm ? "too warm" : "too cold");
  write(out, excursion->is_urgent ? ", urgent" : excursion->has_fired ? "" : ", shorter than the delay");
  write(out, "</td><td>");
  write_degrees(out, excursion->limit_c);
  write(out, "</td><td>");
  write_degrees(out, excursion->extreme_c);
  write(out, "</td><td>");
  write_duration(out, excursion->over_s);
  write(out, "</td><td>");
  write_decimal(out, excursion->degree_minutes, SUM_SHOWN);
  write(out, "</td><td>");
  write_duration(out, excursion->paused_s);
  write(out, "</td></tr>\n");
}

static void write_excursions(struct buffer *out, const struct record_page *page)
{
  if (page->excursion_count == 0) {
    return;
  }
  write(out,
        "<h2>Excursions</h2>\n<table>\n<thead><tr><th scope=\"col\">First reading</th><th scope=\"col\">Last reading</th>"
        "<th scope=\"col\">What</th><th scope=\"col\">Limit</th><th scope=\"col\">Extreme</th><th scope=\"col\">Over it</th>"
        "<th scope=\"col\">Degree-minutes</th><th scope=\"col\">Defrost or door</th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < page->excursion_count; i++) {
    write_excursion(out, &page->excursions[i]);
  }
  write(out, "</tbody>\n</table>\n");
}

static void write_footer(struct buffer *out, const struct record_page *page)
{
  write(out, "<div class=\"sign\"><span>Handed over by</span><span>Received by</span><span>Date, time</span></div>\n"
             "<footer>\n<p>Times are local, in the zone named above. Between neighbouring readings a straight line is drawn; "
             "where they "
             "lie more than ");
  write_duration(out, (double)page->figures->limits.gap_us / (double)US_PER_SECOND);
  write(out, " apart, the line counts for so long. The mean kinetic temperature uses an activation energy of 83.144 kJ/mol. "
             "Degree-minutes "
             "are degrees over the limit times minutes. Every reading is in the ");
  write(out, "<a href=\"");
  gpx_escape(out, page->csv_url);
  write(out, "\">CSV file</a> of this record.</p>\n</footer>\n</body>\n</html>\n");
}

void record_page_write(struct buffer *out, const struct record_page *page)
{
  write_title(out, page);
  write_header(out, page);
  write_verdict(out, page);
  write(out, "<figure>\n");
  record_chart_write(out, &page->chart);
  write(out, "</figure>\n");
  write_figures(out, page);
  write_excursions(out, page);
  write_footer(out, page);
}
