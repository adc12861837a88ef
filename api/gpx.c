#include "api/gpx.h"

#include <math.h>

#include "server/base/clock.h"

void gpx_escape(struct buffer *out, struct text value)
{
  for (size_t i = 0; i < value.length; i++) {
    const unsigned char byte = (unsigned char)value.data[i];
    switch (byte) {
    case '&':
      buffer_append_text(out, TEXT("&amp;"));
      break;
    case '<':
      buffer_append_text(out, TEXT("&lt;"));
      break;
    case '>':
      buffer_append_text(out, TEXT("&gt;"));
      break;
    case '"':
      buffer_append_text(out, TEXT("&quot;"));
      break;
    case '\'':
      buffer_append_text(out, TEXT("&apos;"));
      break;
    default:
      if (byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r') {
        buffer_append_char(out, (char)byte);
      }
    }
  }
}

void gpx_begin(struct buffer *out, struct text track_name)
{
  buffer_append_text(out, TEXT("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                               "<gpx version=\"1.1\" creator=\"crumbtrail\" xmlns=\"http://www.topografix.com/GPX/1/1\""
                               " xmlns:gpxtpx=\"http://www.garmin.com/xmlschemas/TrackPointExtension/v2\">\n<trk><name>"));
  gpx_escape(out, track_name);
  buffer_append_text(out, TEXT("</name><trkseg>\n"));
}

static void append_extension(struct buffer *out, const struct position *position)
{
  const bool has_speed = isfinite(position->speed_kmh);
  const bool has_heading = isfinite(position->heading_deg);
  if (!has_speed && !has_heading) {
    return;
  }
  buffer_append_text(out, TEXT("<extensions><gpxtpx:TrackPointExtension>"));
  if (has_speed) {
    buffer_append_text(out, TEXT("<gpxtpx:speed>"));
    buffer_append_decimal(out, (double)position->speed_kmh / 3.6, 2);
    buffer_append_text(out, TEXT("</gpxtpx:speed>"));
  }
  if (has_heading) {
    buffer_append_text(out, TEXT("<gpxtpx:course>"));
    buffer_append_decimal(out, (double)position->heading_deg, 1);
    buffer_append_text(out, TEXT("</gpxtpx:course>"));
  }
  buffer_append_text(out, TEXT("</gpxtpx:TrackPointExtension></extensions>"));
}

void gpx_point(struct buffer *out, const struct position *position)
{
  buffer_append_text(out, TEXT("<trkpt lat=\""));
  buffer_append_decimal(out, position->latitude_deg, 7);
  buffer_append_text(out, TEXT("\" lon=\""));
  buffer_append_decimal(out, position->longitude_deg, 7);
  buffer_append_text(out, TEXT("\"><time>"));
  buffer_append_time(out, position->recorded_at_us);
  buffer_append_text(out, TEXT("</time>"));
  append_extension(out, position);
  buffer_append_text(out, TEXT("</trkpt>\n"));
}

void gpx_end(struct buffer *out)
{
  buffer_append_text(out, TEXT("</trkseg></trk>\n</gpx>\n"));
}
