#include "api/format.h"

#include <stdio.h>

struct format_row {
  enum format format;
  const char *name;
  const char *media_types[2]; /* what Accept may call it */
  const char *content_type;
};

static const struct format_row FORMATS[] = {
    {FORMAT_JSON, "json", {"application/json", NULL}, "application/json"},
    {FORMAT_GEOJSON, "geojson", {"application/geo+json", "application/vnd.geo+json"}, "application/geo+json"},
    {FORMAT_CSV, "csv", {"text/csv", NULL}, "text/csv; charset=utf-8; header=present"},
    {FORMAT_NDJSON, "ndjson", {"application/x-ndjson", "application/ndjson"}, "application/x-ndjson"},
    {FORMAT_GPX, "gpx", {"application/gpx+xml", NULL}, "application/gpx+xml"},
    {FORMAT_SQL, "sql", {"application/sql", NULL}, "application/sql; charset=utf-8"},
    {FORMAT_HTML, "html", {"text/html", NULL}, "text/html; charset=utf-8"},
};
enum { FORMAT_COUNT = sizeof FORMATS / sizeof FORMATS[0] };

static const struct format_row *row_of(enum format format)
{
  for (size_t i = 0; i < FORMAT_COUNT; i++) {
    if (FORMATS[i].format == format) {
      return &FORMATS[i];
    }
  }
  return &FORMATS[0];
}

const char *format_content_type(enum format format)
{
  return row_of(format)->content_type;
}

const char *format_name(enum format format)
{
  return row_of(format)->name;
}

static struct error not_acceptable(unsigned offered)
{
  char names[64] = "";
  size_t length = 0;
  for (size_t i = 0; i < FORMAT_COUNT; i++) {
    if ((offered & FORMATS[i].format) != 0) {
      length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", length > 0 ? ", " : "", FORMATS[i].name);
    }
  }
  return error_at(ERROR_NOT_ACCEPTABLE, "f", "this resource comes as %s", names);
}

struct media_range {
  struct text type; /* "text/csv", "text/" + '*', '*' + "/" + '*' */
  int quality;      /* thousandths */
};

static int read_quality(struct text parameters)
{
  struct text parameter;
  while (text_split(&parameters, ';', &parameter)) {
    parameter = text_trim(parameter);
    double quality;
    if (parameter.length > 2 && (parameter.data[0] == 'q' || parameter.data[0] == 'Q') && parameter.data[1] == '=' &&
        text_to_double((struct text){parameter.data + 2, parameter.length - 2}, &quality)) {
      return quality <= 0.0 ? 0 : (quality >= 1.0 ? 1000 : (int)(quality * 1000.0));
    }
  }
  return 1000;
}

/* How exactly the range names the media type: 3 itself, 2 type and any subtype, 1 anything, 0 not. */
static int specificity(struct text range, const char *media_type)
{
  struct text whole = text_from(media_type);
  if (text_equal_ignoring_case(range, whole)) {
    return 3;
  }
  if (text_equal(range, TEXT("*/*"))) {
    return 1;
  }
  const size_t type_length = (size_t)(strchr(media_type, '/') - media_type) + 1;
  const bool any_subtype =
      range.length == type_length + 1 && range.data[type_length] == '*' &&
      text_equal_ignoring_case((struct text){range.data, type_length}, (struct text){media_type, type_length});
  return any_subtype ? 2 : 0;
}

/* Quality of a format: that of the range that names it most exactly. */
static int quality_of(const struct format_row *row, struct text accept)
{
  int best_specificity = 0;
  int quality = 0;
  struct text part;
  while (text_split(&accept, ',', &part)) {
    struct text type;
    struct text parameters = text_trim(part);
    if (!text_split(&parameters, ';', &type)) {
      continue;
    }
    type = text_trim(type);
    for (size_t i = 0; i < 2 && row->media_types[i] != NULL; i++) {
      const int found = specificity(type, row->media_types[i]);
      if (found > best_specificity) {
        best_specificity = found;
        quality = read_quality(parameters);
      }
    }
  }
  return quality;
}

struct error format_choose(struct text f, struct text accept, unsigned offered, enum format *chosen)
{
  if (f.data != NULL) {
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
      if ((offered & FORMATS[i].format) != 0 && text_equal(f, text_from(FORMATS[i].name))) {
        *chosen = FORMATS[i].format;
        return error_none();
      }
    }
    return not_acceptable(offered);
  }
  int best = 0;
  for (size_t i = 0; i < FORMAT_COUNT; i++) {
    if ((offered & FORMATS[i].format) == 0) {
      continue;
    }
    const int quality = text_trim(accept).length == 0 ? 1000 : quality_of(&FORMATS[i], accept);
    if (quality > best) {
      best = quality;
      *chosen = FORMATS[i].format;
    }
  }
  return best > 0 ? error_none() : not_acceptable(offered);
}

struct error format_negotiate(struct request *request, unsigned offered, enum format *chosen)
{
  struct text f = {NULL, 0};
  request_parameter_find(request, "f", &f);
  TRY(format_choose(f, request_header(request, "accept"), offered, chosen));
  response_content_type(request, format_content_type(*chosen));
  return error_none();
}
