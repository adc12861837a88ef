#include "ingest/alerts/alert_store.h"

#include "ingest_sql.h"
#include "server/log.h"

enum column {
  COLUMN_ALERT_ID,
  COLUMN_VEHICLE_ID,
  COLUMN_VEHICLE,
  COLUMN_FLEET,
  COLUMN_KIND,
  COLUMN_SUBJECT_ID,
  COLUMN_SUBJECT,
  COLUMN_CONDITION_BEGAN_AT,
  COLUMN_STATE,
  COLUMN_SEVERITY,
  COLUMN_SEQUENCE,
  COLUMN_BEGAN_AT,
  COLUMN_ENDED_AT,
  COLUMN_FIRED_AT,
  COLUMN_ACKNOWLEDGED_AT,
  COLUMN_ACKNOWLEDGED_BY,
  COLUMN_CLEARED_AT,
  COLUMN_IS_WITHDRAWN,
  COLUMN_LATE_S,
  COLUMN_VALUE,
  COLUMN_LIMIT_VALUE,
  COLUMN_WORST_AT,
  COLUMN_LONGITUDE_DEG,
  COLUMN_LATITUDE_DEG,
  COLUMN_ASSIGNED_TO,
  COLUMN_MUTED_UNTIL,
  COLUMN_SAYS_BEGINNING,
  COLUMN_SAYS_END,
  COLUMN_NEXT_DUE_AT,
};

static struct alert read_alert(const struct db_rows *rows, int row)
{
  struct alert alert = {
      .alert_id = db_int64(rows, row, COLUMN_ALERT_ID),
      .vehicle_id = db_int64(rows, row, COLUMN_VEHICLE_ID),
      .vehicle = db_text(rows, row, COLUMN_VEHICLE),
      .fleet = db_text(rows, row, COLUMN_FLEET),
      .kind = (enum condition_kind)db_int64(rows, row, COLUMN_KIND),
      .subject_id = db_int64(rows, row, COLUMN_SUBJECT_ID),
      .subject = db_text(rows, row, COLUMN_SUBJECT),
      .condition_began_at_us = db_time(rows, row, COLUMN_CONDITION_BEGAN_AT),
      .severity = (enum alert_severity)db_int64(rows, row, COLUMN_SEVERITY),
      .sequence = (int32_t)db_int64(rows, row, COLUMN_SEQUENCE),
      .began_at_us = db_time(rows, row, COLUMN_BEGAN_AT),
      .ended_at_us = db_time(rows, row, COLUMN_ENDED_AT),
      .fired_at_us = db_time(rows, row, COLUMN_FIRED_AT),
      .acknowledged_at_us = db_time(rows, row, COLUMN_ACKNOWLEDGED_AT),
      .acknowledged_by = db_text(rows, row, COLUMN_ACKNOWLEDGED_BY),
      .cleared_at_us = db_time(rows, row, COLUMN_CLEARED_AT),
      .is_withdrawn = db_bool(rows, row, COLUMN_IS_WITHDRAWN),
      .late_s = db_int64(rows, row, COLUMN_LATE_S),
      .value = (float)db_double(rows, row, COLUMN_VALUE),
      .limit_value = (float)db_double(rows, row, COLUMN_LIMIT_VALUE),
      .worst_at_us = db_time(rows, row, COLUMN_WORST_AT),
      .longitude_deg = db_double(rows, row, COLUMN_LONGITUDE_DEG),
      .latitude_deg = db_double(rows, row, COLUMN_LATITUDE_DEG),
      .assigned_to = db_text(rows, row, COLUMN_ASSIGNED_TO),
      .muted_until_us = db_time(rows, row, COLUMN_MUTED_UNTIL),
      .says_beginning = db_bool(rows, row, COLUMN_SAYS_BEGINNING),
      .says_end = db_bool(rows, row, COLUMN_SAYS_END),
      .next_due_at_us = db_time(rows, row, COLUMN_NEXT_DUE_AT),
  };
  (void)alert_state_from(db_text(rows, row, COLUMN_STATE), &alert.state);
  return alert;
}

/* Both are ascending by alert_id. */
static void hand_out_told(struct alert_list *alerts, struct arena *arena, const struct db_rows *rows)
{
  const int count = db_row_count(rows);
  int row = 0;
  for (size_t i = 0; i < alerts->count; i++) {
    struct alert *alert = &alerts->items[i];
    while (row < count && db_int64(rows, row, 0) < alert->alert_id) {
      row++;
    }
    int end = row;
    while (end < count && db_int64(rows, end, 0) == alert->alert_id) {
      end++;
    }
    alert->told = arena_alloc_array(arena, (size_t)(end - row) + 1, sizeof *alert->told);
    for (; row < end; row++) {
      alert->told[alert->told_count++] = (struct alert_told){db_text(rows, row, 1), db_time(rows, row, 2)};
    }
  }
}

struct error alert_store_lock(struct db_connection *connection, struct arena *arena, const int64_t *alert_ids, size_t count,
                              struct alert_list *alerts)
{
  const struct db_rows *rows = NULL;
  const struct db_rows *told = NULL;
  *alerts = (struct alert_list){NULL, 0};
  if (count == 0) {
    return error_none();
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, alert_ids, NULL, count);
  TRY(db_query(connection, arena, &SQL_LOCK_ALERTS, parameters, &rows));
  TRY(db_query(connection, arena, &SQL_LIST_ALERT_TOLD, parameters, &told));
  alerts->count = (size_t)db_row_count(rows);
  alerts->items = arena_alloc_array(arena, alerts->count + 1, sizeof *alerts->items);
  for (size_t i = 0; i < alerts->count; i++) {
    alerts->items[i] = read_alert(rows, (int)i);
  }
  hand_out_told(alerts, arena, told);
  return error_none();
}

/* ---- rules ---- */

static void add_policy(struct arena *arena, const struct db_rows *rows, int row, struct alert_policy *policies, size_t *count)
{
  struct alert_policy *policy = &policies[*count];
  const struct error error = alert_policy_read(arena, db_text(rows, row, 2), policy);
  if (error.code != ERROR_NONE) {
    log_error(LOG_LEVEL_ERROR, "alert_policy_not_read", &error);
    return;
  }
  policy->name = db_text(rows, row, 1);
  (*count)++;
}

static struct error read_clock(struct db_connection *connection, struct arena *arena, int64_t now_us, struct depot_clock *clock)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, now_us);
  TRY(db_query(connection, arena, &SQL_READ_DEPOT_OFFSETS, parameters, &rows));
  const size_t count = (size_t)db_row_count(rows);
  int64_t *from_us = arena_alloc_array(arena, count + 1, sizeof *from_us);
  int64_t *offset_s = arena_alloc_array(arena, count + 1, sizeof *offset_s);
  for (size_t i = 0; i < count; i++) {
    from_us[i] = db_time(rows, (int)i, 0);
    offset_s[i] = db_int64(rows, (int)i, 1);
  }
  *clock = (struct depot_clock){from_us, offset_s, count};
  return error_none();
}

struct error alert_store_rules(struct db_connection *connection, struct arena *arena, int64_t now_us, int64_t max_age_us,
                               struct alert_rules *rules)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, now_us);
  TRY(db_query(connection, arena, &SQL_LIST_ALERT_RULES, parameters, &rows));
  const size_t count = (size_t)db_row_count(rows) + 1;
  struct alert_policy *policies = arena_alloc_array(arena, count, sizeof *policies);
  struct text *channels = arena_alloc_array(arena, count, sizeof *channels);
  struct alert_mute *mutes = arena_alloc_array(arena, count, sizeof *mutes);
  *rules = (struct alert_rules){.policies = policies, .channels = channels, .mutes = mutes, .max_age_us = max_age_us};
  for (int row = 0; row < db_row_count(rows); row++) {
    const struct text what = db_text(rows, row, 0);
    if (text_equal(what, TEXT("policy"))) {
      add_policy(arena, rows, row, policies, &rules->policy_count);
    } else if (text_equal(what, TEXT("channel"))) {
      channels[rules->channel_count++] = db_text(rows, row, 1);
    } else {
      mutes[rules->mute_count++] =
          (struct alert_mute){db_int64(rows, row, 3), (int)db_int64(rows, row, 4), db_time(rows, row, 5)};
    }
  }
  return read_clock(connection, arena, now_us, &rules->clock);
}
