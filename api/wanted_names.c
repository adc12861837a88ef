#include "api/wanted_names.h"

#include <stdlib.h>

#include "api/parameters.h"
#include "api_sql.h"

enum { DRIVERS_MAX = 100, DRIVER_NAME_MAX = 200 };

static struct error read_driver_names(struct request *request, struct wanted_names *drivers)
{
  struct text *names = arena_alloc_array(request_arena(request), DRIVERS_MAX, sizeof *names);
  *drivers = (struct wanted_names){.names = names};
  for (int i = 0; i < request_parameter_count(request); i++) {
    const struct request_parameter parameter = request_parameter_at(request, i);
    if (!text_equal(parameter.name, TEXT("driver"))) {
      continue;
    }
    if (parameter.value.length > DRIVER_NAME_MAX || !text_is_utf8(parameter.value)) {
      return error_at(ERROR_BAD_INPUT, "driver", "expected a name of at most %d bytes", DRIVER_NAME_MAX);
    }
    if (drivers->name_count == DRIVERS_MAX) {
      return error_at(ERROR_BAD_INPUT, "driver", "at most %d drivers", DRIVERS_MAX);
    }
    names[drivers->name_count++] = parameter.value;
  }
  drivers->is_wanted = drivers->name_count > 0;
  return error_none();
}

static struct error find_ids(struct request *request, struct db_connection *connection, const struct sql_statement *statement,
                             struct wanted_names *wanted)
{
  struct arena *arena = request_arena(request);
  if (!wanted->is_wanted) {
    return error_none();
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text_array(parameters, wanted->names, wanted->name_count);
  const struct db_rows *rows;
  TRY(db_query(connection, arena, statement, parameters, &rows));
  const size_t count = (size_t)db_row_count(rows);
  int64_t *ids = arena_alloc_array(arena, count, sizeof *ids);
  for (size_t i = 0; i < count; i++) {
    ids[i] = db_int64(rows, (int)i, 0);
  }
  wanted->ids = ids;
  wanted->count = count;
  return error_none();
}

struct error wanted_names_read(struct request *request, struct db_connection *connection, struct wanted_names *vehicles,
                               struct wanted_names *drivers)
{
  struct vehicle_names_wanted named;
  TRY(parameter_vehicles(request, &named));
  *vehicles = (struct wanted_names){.is_wanted = named.count > 0, .names = named.names, .name_count = named.count};
  TRY(read_driver_names(request, drivers));
  TRY(find_ids(request, connection, &SQL_FIND_VEHICLES, vehicles));
  return find_ids(request, connection, &SQL_FIND_DRIVERS, drivers);
}

void add_names(struct db_parameters *parameters, const struct wanted_names *wanted)
{
  if (wanted->is_wanted) {
    db_add_text_array(parameters, wanted->names, wanted->name_count);
  } else {
    db_add_null(parameters);
  }
}

void add_ids(struct db_parameters *parameters, const struct wanted_names *wanted)
{
  if (wanted->is_wanted) {
    db_add_int64_array(parameters, wanted->ids, NULL, wanted->count);
  } else {
    db_add_null(parameters);
  }
}

static int compare_int64(const void *left, const void *right)
{
  const int64_t a = *(const int64_t *)left;
  const int64_t b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

bool wanted_names_hold(const struct wanted_names *wanted, int64_t id)
{
  return !wanted->is_wanted || bsearch(&id, wanted->ids, wanted->count, sizeof *wanted->ids, compare_int64) != NULL;
}
