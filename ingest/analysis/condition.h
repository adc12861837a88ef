/* What holds of a vehicle at its newest breadcrumb: the raw material of alerts (definitions.md, "Alert").
 *
 * The analysis says when a condition began, from when on it counts (fires_at_us) and when it ended, all in the time of the
 * breadcrumbs; telling people, repeating and escalating is the work of ingest/alerts. Plain values. The numbers of the kinds
 * stand in the database (alert_condition.kind, alert.kind). */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_CONDITION_H
#define CRUMBTRAIL_INGEST_ANALYSIS_CONDITION_H

#include <stdint.h>

enum condition_kind {
  CONDITION_SPEEDING = 1,       /* strict, over the fleet's tolerance; value, limit_value: km/h */
  CONDITION_TEMPERATURE = 2,    /* first tier; subject: the rule; degrees Celsius */
  CONDITION_URGENT = 3,         /* second tier; subject: the rule; degrees Celsius */
  CONDITION_WARMING = 4,        /* subject: the rule; value: minutes to the limit, limit_value: degrees Celsius */
  CONDITION_SILENT_SENSOR = 5,  /* the vehicle reports, its temperature does not; subject: the rule */
  CONDITION_SILENT_VEHICLE = 6, /* found by the clock, in ingest/alerts, not by the analysis */
  CONDITION_ZONE_INSIDE = 7,    /* subject: the zone; enter and exit alerts are its beginning and end */
  CONDITION_ZONE_DWELL = 8,     /* subject: the zone; fires dwell_s after the entry */
};

struct condition {
  enum condition_kind kind;
  int64_t subject_id; /* rule or zone; 0: none */
  int64_t began_at_us;
  int64_t fires_at_us; /* 0: its delay has not passed yet */
  int64_t ended_at_us; /* 0: it still holds */
  int64_t seen_at_us;  /* the newest breadcrumb that says so */
  float value;         /* NaN: none */
  float limit_value;   /* NaN: none */
  double longitude_deg;
  double latitude_deg;
};

#endif
