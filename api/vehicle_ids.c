#include "api/vehicle_ids.h"

#include "api/parameters.h"
#include "api_sql.h"

static struct error find(struct request *request, struct db_connection *connection, const struct text *names, size_t count,
                         struct vehicle_ids *ids)
{
  struct arena *arena = request_arena(request);
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text_array(parameters, names, count);
  const struct db_rows *rows;
  TRY(db_query(connection, arena, &SQL_FIND_VEHICLES, parameters, &rows));
  ids->count = (size_t)db_row_count(rows);
  ids->ids = arena_alloc_array(arena, ids->count, sizeof *ids->ids);
  for (size_t i = 0; i < ids->count; i++) {
    ids->ids[i] = db_int64(rows, (int)i, 0);
  }
  return error_none();
}

struct error vehicle_ids_wanted(struct request *request, struct db_connection *connection, struct vehicle_ids *ids)
{
  *ids = (struct vehicle_ids){0};
  struct vehicle_names_wanted wanted;
  TRY(parameter_vehicles(request, &wanted));
  if (wanted.count == 0) {
    return error_none();
  }
  ids->is_wanted = true;
  return find(request, connection, wanted.names, wanted.count, ids);
}

struct error vehicle_ids_of_path(struct request *request, struct db_connection *connection, int64_t *vehicle_id,
                                 struct text *name)
{
  struct vehicle_ids ids = {0};
  *name = request_path_parameter(request, "name");
  TRY(parse_vehicle_name("name", *name));
  TRY(find(request, connection, name, 1, &ids));
  if (ids.count == 0) {
    return error_make(ERROR_NOT_FOUND, "there is no vehicle %.*s", TEXT_ARGS(*name));
  }
  *vehicle_id = ids.ids[0];
  return error_none();
}
