/* The handlers that api/routes.c names, and the state they share. `context` is the struct api. */
#ifndef CRUMBTRAIL_API_HANDLERS_H
#define CRUMBTRAIL_API_HANDLERS_H

#include "api/api.h"
#include "api/ingest_status.h"
#include "api/newest_positions.h"
#include "api/time_zones.h"
#include "api/vehicle_names.h"
#include "server/db/connection.h"
#include "server/http/request.h"

struct api {
  struct api_settings settings;
  struct vehicle_names *names;
  struct newest_positions *newest;
  struct ingest_status *status;
  struct time_zones *zones;
  struct report_memory *reports;
};

static inline int64_t api_silent_after_us(const struct api *api)
{
  return api->settings.silent_after_s * 1000000;
}

/* On a query worker. */
typedef struct error api_query(struct request *request, void *context, struct db_connection *connection);

api_query vehicles_list, vehicles_read, vehicles_register, vehicles_patch,
    vehicles_remove;                               /* vehicles.c, vehicle_changes.c, vehicle_patch.c */
api_query shadows_read, desired_list, desired_put; /* shadows.c, desired.c, desired_changes.c */
api_query tracks_read;                             /* tracks.c */
api_query positions_history, positions_latest, positions_at, positions_changes; /* positions.c, ... */
api_query alerts_list, alerts_read, deliveries_list;                            /* alerts/alerts.c, deliveries.c */
api_query channels_list, channels_read, alert_policies_list, alert_policies_read, mutes_list; /* alerts/channels.c */
api_query page_read;                                                                          /* page.c */
api_query analysis_status_read;                                                               /* analysis_status.c */
api_query ingest_status_read;                            /* ingest_status.c; the connection is NULL when the database is away */
api_query rejected_list, rejected_read;                  /* rejected.c */
api_query objects_list;                                  /* objects.c */
api_query trace_read;                                    /* trace.c */
api_query trips_list, stops_list;                        /* trips/trips.c, trips/stops.c */
api_query episodes_list, episodes_read, episodes_review; /* speeding/episodes.c, speeding/reviews.c */
api_query reports_read, packs_read;                      /* speeding/reports.c, speeding/pack.c */
api_query speeding_settings_get, speeding_settings_put;  /* speeding/settings.c */

api_query temperature_series, temperature_excursions, temperature_trips, temperature_record; /* temperature/ */
/* rules/temperature_rules.c, rules/temperature_rule_changes.c */
api_query temperature_rules_list, temperature_rules_read, temperature_rules_put, temperature_rules_delete;

/* rules/speed_rules.c, rules/speed_rule_changes.c */
api_query speed_rules_list, speed_rules_read_fleet, speed_rules_put_fleet, speed_rules_delete_fleet;
api_query speed_rules_read_vehicle, speed_rules_put_vehicle, speed_rules_delete_vehicle;
/* roads/roads.c, roads/road_overrides.c, roads/coverage.c */
api_query roads_list, roads_read, roads_put_override, roads_delete_override, roads_coverage;

/* zones/geofences.c, zones/geofence_changes.c, zones/visits.c */
api_query geofences_list, geofences_read, geofences_put, geofences_import, geofences_delete, zone_visits;

/* documents.c, on the HTTP thread. */
struct error documents_openapi(struct request *request, void *context);
struct error documents_page(struct request *request, void *context);
struct error documents_script(struct request *request, void *context);
struct error documents_style(struct request *request, void *context);
struct error documents_stream(struct request *request, void *context); /* GET /v1/stream without an upgrade: 426 */

#endif
