/* What the routes of the alert desk have in common: the body as an object, its members, ids of paths, small answers. Thread:
 * the query worker's. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_ALERT_FORM_H
#define CRUMBTRAIL_INGEST_ALERTS_ALERT_FORM_H

#include "server/db/connection.h"
#include "server/http/request.h"
#include "server/json/reader.h"
#include "server/json/writer.h"

enum { ALERT_BY_MAX = 100, ALERT_NOTE_MAX = 2000, ALERT_MUTE_MAX_S = 366 * 86400 };

/* No query parameters. *root is NULL when the body is empty and may be. */
struct error alert_form_read(struct request *request, bool may_be_empty, const struct json **root) ERROR_MUST_CHECK;
/* A text of 1 to `length_max` bytes without white space at its ends; null leaves *out alone. */
struct error alert_form_text(const struct json *member, size_t length_max, struct text *out) ERROR_MUST_CHECK;
/* `until` (a time after now) or `for_s`; 0 for null. At most a year ahead. */
struct error alert_form_until(const struct json *member, int64_t now_us, int64_t *until_us) ERROR_MUST_CHECK;
/* One of `until` and `for_s`, not both. */
struct error alert_form_one_end(const struct json *root) ERROR_MUST_CHECK;
/* {id} of the path. */
struct error alert_form_id(const struct request *request, int64_t *id) ERROR_MUST_CHECK;

/* Alerts that fire are looked at again: what they are told by has changed. */
struct error alert_form_wake(struct request *request, struct db_connection *connection) ERROR_MUST_CHECK;
/* Ends the transaction and gives the error on: for errors that the database does not know of. */
struct error alert_form_end(struct db_connection *connection, struct error error) ERROR_MUST_CHECK;

struct json_writer alert_form_answer(struct request *request, int status);

#endif
