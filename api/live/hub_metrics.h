/* What the stream counts. Handles live as long as the registry. Thread: registered at start, updated on the hub's. */
#ifndef CRUMBTRAIL_API_LIVE_HUB_METRICS_H
#define CRUMBTRAIL_API_LIVE_HUB_METRICS_H

#include "server/metrics.h"

struct hub_metrics {
  struct gauge *clients;
  struct gauge *vehicles;
  struct counter *opened;
  struct counter *refused_origin;
  struct counter *refused_protocol;
  struct counter *refused_capacity;
  struct counter *slow_closes;
  struct counter *frames_text;
  struct counter *frames_binary;
  struct counter *bytes;
  struct counter *changes;
  struct counter *postponed;
  struct counter *snapshots;
  struct counter *resumptions;
  struct histogram *lag;
};

struct hub_metrics hub_metrics_register(struct metrics *metrics);

#endif
