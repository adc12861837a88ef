/* Temperature rules as rows of list_temperature_rules.sql and read_temperature_rule.sql. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_RULES_TEMPERATURE_RULES_H
#define CRUMBTRAIL_API_RULES_TEMPERATURE_RULES_H

#include "server/db/connection.h"
#include "server/http/request.h"
#include "server/json/writer.h"

enum temperature_rule_column {
  RULE_ID,
  RULE_NAME,
  RULE_VEHICLE,
  RULE_KIND,
  RULE_FLEET,
  RULE_LOWEST,
  RULE_HIGHEST,
  RULE_URGENT_LOWEST,
  RULE_URGENT_HIGHEST,
  RULE_FOR,
  RULE_CLEAR_FOR,
  RULE_HYSTERESIS,
  RULE_PAUSE_FIELD,
  RULE_PAUSE_MAX,
  RULE_WARMING,
  RULE_SILENT,
  RULE_UPDATED_AT,
  RULE_VEHICLES,
  RULE_VEHICLE_ID,
};

/* What the rule says, as it is asked for too: members of an object. */
void temperature_rule_write_content(struct json_writer *json, const struct db_rows *rows, int row);
/* One row or none. */
struct error temperature_rule_read(struct db_connection *connection, struct arena *arena, struct text name,
                                   const struct db_rows **rows) ERROR_MUST_CHECK;
struct error temperature_rule_missing(struct text name) ERROR_MUST_CHECK;
void temperature_rule_answer(struct request *request, const struct db_rows *rows);

#endif
