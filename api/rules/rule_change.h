/* What every change of rules, limits, zones, drivers and roads leaves behind, in the same transaction: a version of the rule
 * set, what has to be computed anew, and a hint to the analyser.
 *
 * Thread: a query worker's, between BEGIN and COMMIT on its connection. */
#ifndef CRUMBTRAIL_API_RULES_RULE_CHANGE_H
#define CRUMBTRAIL_API_RULES_RULE_CHANGE_H

#include "server/db/connection.h"

struct rule_change {
  const char *kind;       /* speed, road, zone, driver, temperature, fleet: as the table's CHECK has it */
  struct text subject;    /* "vehicle truck_7", "zone Depot": for people, and the reason of the recomputation */
  struct text changed_by; /* data == NULL: unknown */
  struct text before;     /* JSON objects; data == NULL: there was or is none */
  struct text after;
};

/* Derived rows that the change affects: of breadcrumbs recorded in [from_us, until_us). */
struct rule_reach {
  int64_t vehicle_id; /* 0: of all vehicles */
  int64_t from_us;    /* RULE_REACH_BEGINNING: all there are */
  int64_t until_us;   /* RULE_REACH_END: all there are and will be */
  bool needs_matching;
};
#define RULE_REACH_BEGINNING INT64_MIN
#define RULE_REACH_END INT64_MAX

/* The whole past of one vehicle, or of all (0), roads as matched. */
struct rule_reach rule_reach_of_vehicle(int64_t vehicle_id);

/* One round trip. An error of the database has ended the transaction. *version (may be NULL): of the rule set from now on. */
struct error rule_change_write(struct db_connection *connection, struct arena *arena, const struct rule_change *change,
                               const struct rule_reach *reaches, size_t reach_count, int64_t *version) ERROR_MUST_CHECK;

/* Commits what was begun by SQL_BEGIN_WRITE, after success and after an error of ours that has changed nothing (a rule that is
 * not there); errors of the database have ended the transaction. Gives `error` back, or why the commit failed. */
struct error rule_change_end(struct db_connection *connection, struct error error) ERROR_MUST_CHECK;

#endif
