/* Messages of alerts, as the interface shows them. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_ALERTS_DELIVERIES_H
#define CRUMBTRAIL_API_ALERTS_DELIVERIES_H

#include "server/db/connection.h"
#include "server/json/writer.h"

/* The member "deliveries": those of one alert, newest first. */
struct error deliveries_write_of_alert(struct json_writer *json, struct arena *arena, struct db_connection *connection,
                                       int64_t alert_id) ERROR_MUST_CHECK;

#endif
