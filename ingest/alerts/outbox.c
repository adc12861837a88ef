#include "ingest/alerts/outbox.h"

#include "ingest_sql.h"
#include "server/log.h"

static enum courier_kind kind_from(struct text word)
{
  if (text_equal(word, TEXT("mail"))) {
    return COURIER_MAIL;
  }
  return text_equal(word, TEXT("sns")) ? COURIER_SNS : COURIER_WEBHOOK;
}

static struct courier_message read_message(const struct db_rows *rows, int row)
{
  return (struct courier_message){.outbox_id = db_int64(rows, row, 0),
                                  .tries = (int)db_int64(rows, row, 1),
                                  .channel = db_text(rows, row, 2),
                                  .kind = kind_from(db_text(rows, row, 3)),
                                  .url = db_text(rows, row, 4),
                                  .secret = db_text(rows, row, 5),
                                  .addresses = db_text(rows, row, 6),
                                  .topic_arn = db_text(rows, row, 7),
                                  .message_id = db_text(rows, row, 8),
                                  .thread_id = db_text(rows, row, 9),
                                  .alert_id = db_is_null(rows, row, 10) ? 0 : db_int64(rows, row, 10),
                                  .sequence = db_is_null(rows, row, 11) ? 0 : db_int64(rows, row, 11),
                                  .change = db_text(rows, row, 12),
                                  .title = db_text(rows, row, 13),
                                  .at_us = db_time(rows, row, 14),
                                  .by = db_text(rows, row, 15),
                                  .note = db_text(rows, row, 16),
                                  .document = db_text(rows, row, 17)};
}

struct error outbox_claim(struct db_connection *connection, struct arena *arena, const struct outbox_claim *claim,
                          struct outbox_messages *messages)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, claim->now_us);
  db_add_time(parameters, claim->now_us + claim->lease_us);
  db_add_text_array(parameters, claim->full_channels, claim->full_count);
  db_add_int32(parameters, claim->channel_max);
  db_add_int32(parameters, claim->rows_max);
  TRY(db_query(connection, arena, &SQL_CLAIM_OUTBOX, parameters, &rows));
  messages->count = (size_t)db_row_count(rows);
  messages->items = arena_alloc_array(arena, messages->count + 1, sizeof *messages->items);
  for (size_t i = 0; i < messages->count; i++) {
    messages->items[i] = read_message(rows, (int)i);
  }
  return error_none();
}

/* ---- settling ---- */

static struct error settle_messages(struct db_connection *connection, struct arena *arena, const struct outbox_result *results,
                                    size_t count, int64_t now_us)
{
  int64_t *ids = arena_alloc_array(arena, count, sizeof *ids);
  uint8_t *delivered = arena_alloc_array(arena, count, 1);
  int32_t *statuses = arena_alloc_array(arena, count, sizeof *statuses);
  uint8_t *has_no_status = arena_alloc_array(arena, count, 1);
  struct text *answers = arena_alloc_array(arena, count, sizeof *answers);
  int64_t *next_us = arena_alloc_array(arena, count, sizeof *next_us);
  for (size_t i = 0; i < count; i++) {
    ids[i] = results[i].outbox_id;
    delivered[i] = results[i].verdict == COURIER_DELIVERED ? 1 : 0;
    statuses[i] = results[i].status;
    has_no_status[i] = results[i].status == 0 ? 1 : 0;
    answers[i] = results[i].answer.length != 0 ? results[i].answer : (struct text){NULL, 0};
    next_us[i] = results[i].next_try_at_us;
  }
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_int64_array(parameters, ids, NULL, count);
  db_add_bool_array(parameters, delivered, NULL, count);
  db_add_int32_array(parameters, statuses, has_no_status, count);
  db_add_text_array(parameters, answers, count);
  db_add_time_array(parameters, next_us, NULL, count);
  db_add_time(parameters, now_us);
  return db_run(connection, &SQL_SETTLE_OUTBOX, parameters, NULL);
}

/* A delivery outweighs failures of the same moment, "gone" outweighs both. */
static int weight_of(enum courier_verdict verdict)
{
  static const int weights[] = {[COURIER_DELIVERED] = 1, [COURIER_AGAIN] = 0, [COURIER_GONE] = 2};
  return weights[verdict];
}

static size_t gather_channels(const struct outbox_result *results, size_t count, const struct outbox_result **decisive)
{
  size_t channels = 0;
  for (size_t i = 0; i < count; i++) {
    size_t at = 0;
    while (at < channels && !text_equal(decisive[at]->channel, results[i].channel)) {
      at++;
    }
    if (at == channels) {
      decisive[channels++] = &results[i];
    } else if (weight_of(results[i].verdict) > weight_of(decisive[at]->verdict)) {
      decisive[at] = &results[i];
    }
  }
  return channels;
}

static void log_disabled(const struct db_rows *rows)
{
  for (int row = 0; row < db_row_count(rows); row++) {
    if (!db_is_null(rows, row, 1)) {
      LOG_ERROR("alert_channel_disabled", "channel=%s why=%s", log_quote(db_text(rows, row, 0)),
                log_quote(db_text(rows, row, 1)));
    }
  }
}

static struct error note_channels(struct db_connection *connection, struct arena *arena, const struct outbox_result *results,
                                  size_t count, int64_t now_us, int64_t disable_after_us)
{
  static const char *const words[] = {[COURIER_DELIVERED] = "delivered", [COURIER_AGAIN] = "failed", [COURIER_GONE] = "gone"};
  const struct outbox_result **decisive = arena_alloc_array(arena, count, sizeof(const struct outbox_result *));
  const size_t channels = gather_channels(results, count, decisive);
  struct text *names = arena_alloc_array(arena, channels, sizeof *names);
  struct text *outcomes = arena_alloc_array(arena, channels, sizeof *outcomes);
  struct text *reasons = arena_alloc_array(arena, channels, sizeof *reasons);
  for (size_t i = 0; i < channels; i++) {
    names[i] = decisive[i]->channel;
    outcomes[i] = text_from(words[decisive[i]->verdict]);
    reasons[i] = decisive[i]->answer.data != NULL ? decisive[i]->answer : TEXT("");
  }
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_text_array(parameters, names, channels);
  db_add_text_array(parameters, outcomes, channels);
  db_add_text_array(parameters, reasons, channels);
  db_add_time(parameters, now_us);
  db_add_time(parameters, now_us - disable_after_us);
  TRY(db_query(connection, arena, &SQL_NOTE_CHANNELS, parameters, &rows));
  log_disabled(rows);
  return error_none();
}

struct error outbox_settle(struct db_connection *connection, struct arena *arena, const struct outbox_result *results,
                           size_t count, int64_t now_us, int64_t disable_after_us)
{
  TRY(db_run(connection, &SQL_BEGIN_BATCH, NULL, NULL));
  TRY(settle_messages(connection, arena, results, count, now_us));
  TRY(note_channels(connection, arena, results, count, now_us, disable_after_us));
  return db_run(connection, &SQL_COMMIT_BATCH, NULL, NULL);
}

struct error outbox_expire(struct db_connection *connection, struct arena *arena, int64_t now_us, int64_t give_up_after_us,
                           size_t *given_up)
{
  const struct db_rows *rows = NULL;
  struct db_parameters *parameters = db_parameters_new(arena);
  db_add_time(parameters, now_us);
  db_add_time(parameters, now_us - give_up_after_us);
  TRY(db_query(connection, arena, &SQL_EXPIRE_OUTBOX, parameters, &rows));
  *given_up = (size_t)db_row_count(rows);
  for (int row = 0; row < db_row_count(rows); row++) {
    LOG_WARNING("alert_message_given_up", "outbox_id=%lld channel=%s why=%s", (long long)db_int64(rows, row, 0),
                log_quote(db_text(rows, row, 1)), log_quote(db_text(rows, row, 2)));
  }
  return error_none();
}
