/* GPX 1.1: one track of one segment. Speed and course go into Garmin's TrackPointExtension v2, which readers know.
 * Thread: any; pure. */
#ifndef CRUMBTRAIL_API_GPX_H
#define CRUMBTRAIL_API_GPX_H

#include "api/position.h"

void gpx_begin(struct buffer *out, struct text track_name);
void gpx_point(struct buffer *out, const struct position *position);
void gpx_end(struct buffer *out);

/* XML text: & < > " ' escaped; what XML 1.0 cannot hold is left out. */
void gpx_escape(struct buffer *out, struct text value);

#endif
