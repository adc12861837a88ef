/* Temperature readings of one vehicle, page by page, and the rule that holds for it. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_TEMPERATURE_READINGS_H
#define CRUMBTRAIL_API_TEMPERATURE_READINGS_H

#include "api/temperature/figures.h"
#include "server/db/connection.h"
#include "server/http/request.h"
#include "server/json/writer.h"

enum { DEGREE_DECIMALS = 3, READINGS_PAGE = 10000 };

struct vehicle_rule {
  struct text name; /* without data: no rule holds */
  double lowest_c;  /* NaN: none */
  double highest_c;
  double urgent_lowest_c;
  double urgent_highest_c;
  int64_t silent_us;
  int64_t for_us;
};

struct error vehicle_rule_read(struct db_connection *connection, struct arena *arena, int64_t vehicle_id,
                               struct vehicle_rule *rule) ERROR_MUST_CHECK;
/* An object, or null. */
void vehicle_rule_write(struct json_writer *json, const char *key, const struct vehicle_rule *rule);
struct temperature_limits vehicle_rule_limits(const struct vehicle_rule *rule);

/* The one vehicle that the parameter `vehicle` names; ERROR_BAD_INPUT without it, ERROR_NOT_FOUND when nobody has the name. */
struct error parameter_one_vehicle(struct request *request, struct db_connection *connection, int64_t *vehicle_id,
                                   struct text *name) ERROR_MUST_CHECK;

struct readings {
  struct db_connection *connection;
  struct arena *arena; /* of one page */
  int64_t vehicle_id;
  int64_t after_us; /* the last one read */
  int64_t until_us; /* excluded */
  struct temperature_reading *items;
  size_t count;
  bool is_at_end;
};

/* Recorded in [from_us, until_us). */
struct readings readings_open(struct db_connection *connection, struct arena *owner, int64_t vehicle_id, int64_t from_us,
                              int64_t until_us);
/* The next page into items, which live until the page after it. */
struct error readings_next(struct readings *readings, size_t limit) ERROR_MUST_CHECK;

#endif
