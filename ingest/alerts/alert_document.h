/* An alert in words: as JSON (the same members as in the interface), and as one line for people. Pure. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_ALERT_DOCUMENT_H
#define CRUMBTRAIL_INGEST_ALERTS_ALERT_DOCUMENT_H

#include "ingest/alerts/alert.h"
#include "ingest/alerts/depot_clock.h"

/* Appends one JSON object. */
void alert_document_write(struct buffer *out, const struct alert *alert);
/* "Cleared: truck_7 too warm, 9.5 °C where 8 °C is the limit". Times in it are the depot's. */
void alert_title_write(struct buffer *out, const struct alert *alert, enum alert_change change,
                       const struct depot_clock *clock);

#endif
