/* What the analysis goes by, as the database has it now: limits, temperature rules, zones of time, who drove.
 *
 * Read again when somebody has changed it (NOTIFY crumbtrail_rules); what is about single vehicles is read when they are first
 * needed. Owns what it has read. Thread: the analyser's, with its connection. */
#ifndef CRUMBTRAIL_INGEST_ANALYSIS_RULE_BOOK_H
#define CRUMBTRAIL_INGEST_ANALYSIS_RULE_BOOK_H

#include "ingest/analysis/fold.h"
#include "ingest/analysis/road_source.h"
#include "server/db/connection.h"

struct rule_book;

/* What holds for one vehicle. Owns its assignments. */
struct vehicle_rules {
  uint64_t generation;         /* of the book that it was read for; 0: never read */
  float limit_kmh;             /* NaN: none */
  int64_t temperature_rule_id; /* 0: none */
  struct assignment *assignments;
  size_t assignment_count;
};

/* uses_estimates: the setting estimated-limits. */
struct rule_book *rule_book_new(bool uses_estimates);
void rule_book_free(struct rule_book *book); /* accepts NULL */

/* The days of the depot's time zone; once for a connection, before all else. ERROR_SETUP: PostgreSQL knows no such zone. */
struct error rule_book_read_days(struct rule_book *book, struct db_connection *connection,
                                 const char *time_zone) ERROR_MUST_CHECK;
/* Everything but what is about single vehicles, which is out of date from then on. */
struct error rule_book_read(struct rule_book *book, struct db_connection *connection) ERROR_MUST_CHECK;
int64_t rule_book_version(const struct rule_book *book);      /* of the rule set; 0: no rule was ever changed */
int64_t rule_book_road_version(const struct rule_book *book); /* of the last change of roads; 0: none */
uint64_t rule_book_generation(const struct rule_book *book);
/* The field of breadcrumb.extra that most temperature rules look at for defrost or an open door; no data: none. */
struct text rule_book_pause_field(const struct rule_book *book);

/* Reads what holds for vehicles; `rules[i]` is that of vehicle_ids[i], freed or zero before. */
struct error rule_book_read_vehicles(struct rule_book *book, struct db_connection *connection, const int64_t *vehicle_ids,
                                     struct vehicle_rules *const *rules, size_t count) ERROR_MUST_CHECK;
void vehicle_rules_free(struct vehicle_rules *rules); /* leaves it zero */

/* The field that holds for the vehicle; no data: none. */
struct text rule_book_vehicle_pause_field(const struct rule_book *book, const struct vehicle_rules *rules);
/* What the vehicle's breadcrumbs are judged by; borrows from all until they change. */
struct fold_context rule_book_context(const struct rule_book *book, const struct vehicle_rules *rules,
                                      struct road_source *roads);

#endif
