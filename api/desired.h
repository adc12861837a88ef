/* The ledger of what was asked of vehicles: its rows and their JSON. Thread: the query worker's. */
#ifndef CRUMBTRAIL_API_DESIRED_H
#define CRUMBTRAIL_API_DESIRED_H

#include "api/handlers.h"
#include "server/db/connection.h"
#include "server/json/writer.h"

/* One row of read_desired.sql, list_desired.sql or list_open_desired_of_shadow.sql. */
void desired_write(struct json_writer *json, const struct db_rows *rows, int row);

/* The name of a shadow; null for the classic one, whose name is empty. */
void shadow_name_write(struct json_writer *json, struct text name);

#endif
