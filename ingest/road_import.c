#include "ingest/road_import.h"

#include <inttypes.h>
#include <stdio.h>

#include "ingest_sql.h"
#include "server/base/clock.h"
#include "server_db_sql.h"

struct error road_import_replace(struct db_connection *connection, struct arena *arena, struct text source)
{
  static const struct sql_statement *const STEPS[] = {&SQL_STAGE_ROAD_SEGMENTS, &SQL_STAGE_ROAD_CHANGES,
                                                      &SQL_DELETE_CHANGED_SEGMENTS, &SQL_INSERT_CHANGED_SEGMENTS,
                                                      &SQL_MOVE_ROAD_OVERRIDES};
  for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
    TRY(db_run(connection, STEPS[i], db_parameters_new(arena), NULL));
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, clock_now_us());
  db_add_text(parameters, source);
  const struct db_rows *version = NULL;
  TRY(db_query(connection, arena, &SQL_INSERT_ROAD_CHANGE, parameters, &version));
  return db_row_count(version) == 0 ? error_none() : db_run(connection, &SQL_NOTIFY_RULES, db_parameters_new(arena), NULL);
}

static void print_remarks(const struct db_rows *rows)
{
  const int64_t conditional = db_int64(rows, 0, 4);
  const int64_t variable = db_int64(rows, 0, 5);
  const int64_t unlimited = db_int64(rows, 0, 6);
  const int64_t unreadable = db_int64(rows, 0, 7);
  printf("Limits not used: %" PRId64 " conditional (at certain times), %" PRId64 " variable, %" PRId64
         " \"none\" (no limit), %" PRId64 " unreadable",
         conditional, variable, unlimited, unreadable);
  const struct text examples = db_text(rows, 0, 8);
  if (examples.data != NULL) {
    printf(" (%.*s)", TEXT_ARGS(examples));
  }
  printf(".\n");
}

struct error road_import_report(struct db_connection *connection, struct arena *arena)
{
  const struct db_rows *rows = NULL;
  TRY(db_query(connection, arena, &SQL_READ_ROAD_REPORT, db_parameters_new(arena), &rows));
  const double length_m = db_double(rows, 0, 1);
  const double limited_m = db_double(rows, 0, 3);
  printf("Roads are %" PRId64 " segments between junctions, %.0f km; %" PRId64
         " of them, %.0f km (%.0f %%), have a posted limit.\n",
         db_int64(rows, 0, 0), length_m / 1000, db_int64(rows, 0, 2), limited_m / 1000,
         length_m > 0 ? 100 * limited_m / length_m : 0);
  print_remarks(rows);
  const int64_t lost = db_int64(rows, 0, 9);
  if (lost > 0) {
    printf("%" PRId64 " override%s of limits lie%s on roads that are not there any more: see GET /v1/roads?override=lost.\n",
           lost, lost == 1 ? "" : "s", lost == 1 ? "s" : "");
  }
  return error_none();
}
