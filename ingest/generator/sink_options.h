/* Where events go and in which form: the options that `simulate` and `replay` share, checked. */
#ifndef CRUMBTRAIL_INGEST_GENERATOR_SINK_OPTIONS_H
#define CRUMBTRAIL_INGEST_GENERATOR_SINK_OPTIONS_H

#include "ingest/generator/firehose_batch.h"
#include "ingest/generator/object_name.h"
#include "ingest/generator/s3_notification.h"
#include "server/config.h"

enum sink_kind { SINK_OUTPUT, SINK_IOT, SINK_FIREHOSE, SINK_OBJECTS };

struct sink_options {
  const char *to; /* URL, or "-" */
  enum sink_kind kind;
  int64_t connections;
  int64_t batch;
  /* For SINK_OBJECTS. */
  struct text bucket;
  struct text prefix; /* empty, or ends with a slash */
  enum object_layout layout;
  const char *notify; /* URL; "": nobody is told */
  enum notification_style notify_style;
  /* For SINK_FIREHOSE, and LAYOUT_FIREHOSE. */
  const char *stream;
  bool is_gzip;
  struct firehose_settings firehose;
};

/* For the lists of flags that a command takes (config_load). */
#define SINK_FLAGS                                                                           \
  "to=", "connections=", "batch=", "layout=", "topic-keys", "stream=", "separator=", "gzip", \
      "buffer-mib=", "buffer-s=", "notify=", "notify-style="

/* ERROR_SETUP names the flag. Texts borrow from `extras` and the arena. */
struct error sink_options_read(struct arena *arena, const struct config_extras *extras,
                               struct sink_options *options) ERROR_MUST_CHECK;
void sink_options_print_help(struct buffer *out);

#endif
