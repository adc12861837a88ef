/* Structured logs: events with fields, one line each on standard error.
 *
 *   LOG_INFO("batch_committed", "rows=%zu ms=%lld", rows, ms);
 *   -> 2026-11-22T20:51:07.123Z info event=batch_committed rows=412 ms=7
 *
 * As JSON lines with the setting log-format=json. Values with spaces or quotes are quoted by log_quote. The same call counts
 * the event (metric crumbtrail_log_events_total{event,level}). An event that comes too often loses lines, and the next one is
 * preceded by lines_left_out of=EVENT count=N (server/log_limit.h), except at level debug. No secrets; no coordinates above
 * debug level. Thread: any. The sink is the one mutable global of the program besides the signal flag. */
#ifndef CRUMBTRAIL_SERVER_LOG_H
#define CRUMBTRAIL_SERVER_LOG_H

#include "server/base/error.h"
#include "server/base/text.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

void log_setup(enum log_level minimum, enum log_format format);
bool log_is_on(enum log_level level);

/* Counts each event, also those below the minimum level, into the registry; NULL ends that. The registry must outlive it. */
struct metrics;
void log_count_into(struct metrics *metrics);
/* Where the lines go: standard error, until a test says otherwise. */
void log_to(int file_descriptor);

/* "debug", "info", "warning", "error"; "logfmt", "json". False when it is none of them. */
bool log_level_from(const char *name, enum log_level *level);
bool log_format_from(const char *name, enum log_format *format);

/* `fields_format` gives "key=value key=value"; quote free text with log_quote. May be "". Lines are cut at 4 KiB. `event` is a
 * literal. As JSON, a value that is a number, true or false stands without quotes. */
void log_event(enum log_level level, const char *event, const char *fields_format, ...) ERROR_PRINTF(3, 4);

/* The text with quotes and escapes where logfmt needs them, in a buffer of the calling thread (8 in turn). */
const char *log_quote(struct text value);
const char *log_quote_cstring(const char *value);

/* error=<slug> field=... sqlstate=... detail="..." */
void log_error(enum log_level level, const char *event, const struct error *error);

#define LOG_DEBUG(event, ...) (log_is_on(LOG_LEVEL_DEBUG) ? log_event(LOG_LEVEL_DEBUG, event, __VA_ARGS__) : (void)0)
#define LOG_INFO(event, ...) log_event(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define LOG_WARNING(event, ...) log_event(LOG_LEVEL_WARNING, event, __VA_ARGS__)
#define LOG_ERROR(event, ...) log_event(LOG_LEVEL_ERROR, event, __VA_ARGS__)

#endif
