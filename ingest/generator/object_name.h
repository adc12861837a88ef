/* Names of objects in S3, as the founding article's two direct layouts and Firehose make them:
 *
 *   s3         PREFIX s3/NAME/TIME                    TIME: milliseconds, as the rule's ${timestamp()}
 *   s3, topic  PREFIX s3/$aws/things/NAME/shadow/update/documents/TIME
 *   s3p        PREFIX s3p/thingname=NAME/TIME
 *   firehose   PREFIX firehose/YYYY/MM/dd/HH/STREAM-1-YYYY-MM-dd-HH-MM-SS-UUID, with .gz when compressed
 *
 * Pure. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_OBJECT_NAME_H
#define CRUMBTRAIL_INGEST_GENERATOR_OBJECT_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/text.h"

enum object_layout { LAYOUT_S3, LAYOUT_S3_TOPIC, LAYOUT_S3P, LAYOUT_FIREHOSE };

enum { UUID_TEXT_MAX = 37 };

/* Appends the name of the object that holds one event. The layout is not LAYOUT_FIREHOSE. */
void object_name_of_event(struct buffer *name, struct text prefix, enum object_layout layout, const char *thing,
                          int64_t time_ms);

struct firehose_object {
  const char *stream;
  int64_t oldest_us; /* when the oldest event arrived */
  const char *uuid;
  bool is_gzip;
};
/* Appends the name of an object that Firehose writes. */
void object_name_of_firehose(struct buffer *name, struct text prefix, const struct firehose_object *object);

/* The same bytes and number give the same id. */
void object_uuid(struct text bytes, uint64_t number, char out[UUID_TEXT_MAX]);

#endif
