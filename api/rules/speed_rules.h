/* Speed limits of the fleet and of vehicles as rows of read_speed_rule.sql. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_RULES_SPEED_RULES_H
#define CRUMBTRAIL_API_RULES_SPEED_RULES_H

#include "server/db/connection.h"
#include "server/http/request.h"

/* Whose limit. */
struct speed_subject {
  int64_t vehicle_id; /* 0: the fleet's */
  struct text name;   /* without data: the fleet */
};

/* The vehicle that {name} of the path names. ERROR_NOT_FOUND. */
struct error speed_subject_of_path(struct request *request, struct db_connection *connection,
                                   struct speed_subject *subject) ERROR_MUST_CHECK;
/* One row, or none. */
struct error speed_rule_read(struct request *request, struct db_connection *connection, int64_t vehicle_id,
                             const struct db_rows **rows) ERROR_MUST_CHECK;
struct error speed_rule_missing(const struct speed_subject *subject) ERROR_MUST_CHECK;
/* Between BEGIN and COMMIT: sets the limit (NaN: takes it away, if there is one) and notes the change. *before, *after: one
 * row, or none. */
struct error speed_rule_change(struct request *request, struct db_connection *connection, const struct speed_subject *subject,
                               double limit_kmh, const struct db_rows **before, const struct db_rows **after) ERROR_MUST_CHECK;
/* The one row as the answer. */
void speed_rule_answer(struct request *request, const struct db_rows *rows);

#endif
