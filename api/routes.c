/* The whole API on one page. */
#include "api/handlers.h"

#include "api/speeding/report_memory.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum {
  REGISTRATION_BODY_MAX = 64 * 1024,
  LIMIT_BODY_MAX = 4 * 1024,
  DESIRED_BODY_MAX = 32 * 1024,
  REVIEW_BODY_MAX = 16 * 1024
};
enum { TEMPERATURE_RULE_BODY_MAX = 16 * 1024, GEOFENCE_BODY_MAX = 2 * 1024 * 1024, GEOFENCES_BODY_MAX = 16 * 1024 * 1024 };

/* clang-format off */
static const struct route ROUTES[] = {
    {HTTP_GET,    "/v1/vehicles",              ROLE_VIEWER, "Vehicles and their newest positions",       .query = vehicles_list},
    {HTTP_GET,    "/v1/vehicles/{name}",       ROLE_VIEWER, "One vehicle and its newest position",       .query = vehicles_read},
    {HTTP_PUT,    "/v1/vehicles/{name}",       ROLE_ADMIN,  "Register a vehicle",                        .query = vehicles_register,
                                                                                      .body_max_bytes = REGISTRATION_BODY_MAX},
    {HTTP_PATCH,  "/v1/vehicles/{name}",       ROLE_ADMIN,  "Change what is known of a vehicle",         .query = vehicles_patch,
                                                                                      .body_max_bytes = REGISTRATION_BODY_MAX},
    {HTTP_DELETE, "/v1/vehicles/{name}",       ROLE_ADMIN,  "Take a vehicle off the map",                .query = vehicles_remove},
    {HTTP_GET,    "/v1/vehicles/{name}/shadow", ROLE_VIEWER, "The newest shadow of a vehicle",           .query = shadows_read},
    {HTTP_GET,    "/v1/vehicles/{name}/desired", ROLE_VIEWER, "What was asked of a vehicle",             .query = desired_list},
    {HTTP_PUT,    "/v1/vehicles/{name}/desired", ROLE_DISPATCHER, "Ask a vehicle for a state",           .query = desired_put,
                                                                                      .body_max_bytes = DESIRED_BODY_MAX},
    {HTTP_GET,    "/v1/vehicles/{name}/track", ROLE_VIEWER, "Where a vehicle drove",                     .query = tracks_read},
    {HTTP_GET,    "/v1/positions",             ROLE_VIEWER, "History, oldest first",                     .query = positions_history},
    {HTTP_GET,    "/v1/positions/latest",      ROLE_VIEWER, "Newest position of each vehicle",           .query = positions_latest},
    {HTTP_GET,    "/v1/positions/at",          ROLE_VIEWER, "Where the whole fleet was at a moment",     .query = positions_at},
    {HTTP_GET,    "/v1/positions/changes",     ROLE_VIEWER, "Every breadcrumb once, in order of arrival", .query = positions_changes},
    {HTTP_GET,    "/v1/stream",                ROLE_VIEWER, "Live positions over WebSocket",             .handle = documents_stream},
    {HTTP_GET,    "/v1/temperature/series",    ROLE_VIEWER, "The temperature of a vehicle, for a chart", .query = temperature_series},
    {HTTP_GET,    "/v1/temperature/excursions", ROLE_VIEWER, "When loads were out of range",             .query = temperature_excursions},
    {HTTP_GET,    "/v1/temperature/trips",     ROLE_VIEWER, "What a load went through on each trip",     .query = temperature_trips},
    {HTTP_GET,    "/v1/temperature/record",    ROLE_VIEWER, "The temperature record for the receiver",   .query = temperature_record},
    {HTTP_GET,    "/v1/geofences",             ROLE_VIEWER, "Zones",                                     .query = geofences_list},
    {HTTP_POST,   "/v1/geofences",             ROLE_ADMIN,  "Import zones",                              .query = geofences_import,
                                                                                      .body_max_bytes = GEOFENCES_BODY_MAX},
    {HTTP_GET,    "/v1/geofences/{name}",      ROLE_VIEWER, "One zone",                                  .query = geofences_read},
    {HTTP_PUT,    "/v1/geofences/{name}",      ROLE_ADMIN,  "Draw or change a zone",                     .query = geofences_put,
                                                                                      .body_max_bytes = GEOFENCE_BODY_MAX},
    {HTTP_DELETE, "/v1/geofences/{name}",      ROLE_ADMIN,  "Take a zone away",                          .query = geofences_delete},
    {HTTP_GET,    "/v1/zones/visits",          ROLE_VIEWER, "When vehicles were in zones",               .query = zone_visits},
    {HTTP_GET,    "/v1/rules/speed",           ROLE_VIEWER, "Speed limits of the fleet and of vehicles", .query = speed_rules_list},
    {HTTP_GET,    "/v1/rules/speed/fleet",     ROLE_VIEWER, "The fleet's speed limit",                   .query = speed_rules_read_fleet},
    {HTTP_PUT,    "/v1/rules/speed/fleet",     ROLE_ADMIN,  "Set the fleet's speed limit",               .query = speed_rules_put_fleet,
                                                                                      .body_max_bytes = LIMIT_BODY_MAX},
    {HTTP_DELETE, "/v1/rules/speed/fleet",     ROLE_ADMIN,  "Take the fleet's speed limit away",         .query = speed_rules_delete_fleet},
    {HTTP_GET,    "/v1/rules/speed/vehicles/{name}", ROLE_VIEWER, "A vehicle's own speed limit",         .query = speed_rules_read_vehicle},
    {HTTP_PUT,    "/v1/rules/speed/vehicles/{name}", ROLE_ADMIN, "Set a vehicle's own speed limit",      .query = speed_rules_put_vehicle,
                                                                                      .body_max_bytes = LIMIT_BODY_MAX},
    {HTTP_DELETE, "/v1/rules/speed/vehicles/{name}", ROLE_ADMIN, "Take a vehicle's own speed limit away",   .query = speed_rules_delete_vehicle},
    {HTTP_GET,    "/v1/roads",                 ROLE_VIEWER, "Roads and their limits",                    .query = roads_list},
    {HTTP_GET,    "/v1/roads/coverage",        ROLE_VIEWER, "How much was driven with a known limit",    .query = roads_coverage},
    {HTTP_GET,    "/v1/roads/{id}",            ROLE_VIEWER, "One road segment and its limit",            .query = roads_read},
    {HTTP_PUT,    "/v1/roads/{id}/override",   ROLE_DISPATCHER, "Set a road's limit right",              .query = roads_put_override,
                                                                                      .body_max_bytes = LIMIT_BODY_MAX},
    {HTTP_DELETE, "/v1/roads/{id}/override",   ROLE_DISPATCHER, "Take a road's override away",           .query = roads_delete_override},
    {HTTP_GET,    "/v1/rules/temperature",     ROLE_VIEWER, "Which loads must be how cold",              .query = temperature_rules_list},
    {HTTP_GET,    "/v1/rules/temperature/{name}", ROLE_VIEWER, "One temperature rule",                   .query = temperature_rules_read},
    {HTTP_PUT,    "/v1/rules/temperature/{name}", ROLE_ADMIN, "Set a temperature rule",                  .query = temperature_rules_put,
                                                                                      .body_max_bytes = TEMPERATURE_RULE_BODY_MAX},
    {HTTP_DELETE, "/v1/rules/temperature/{name}", ROLE_ADMIN, "Take a temperature rule away",            .query = temperature_rules_delete},
    {HTTP_GET,    "/v1/alerts",                ROLE_VIEWER, "What needs somebody's care, and what did",  .query = alerts_list},
    {HTTP_GET,    "/v1/alerts/{id}",           ROLE_VIEWER, "One alert, its timeline and who was told",  .query = alerts_read},
    {HTTP_GET,    "/v1/alerts/deliveries",     ROLE_VIEWER, "Messages of alerts and what became of them", .query = deliveries_list},
    {HTTP_GET,    "/v1/channels",              ROLE_ADMIN , "Where messages of alerts go",               .query = channels_list},
    {HTTP_GET,    "/v1/channels/{name}",       ROLE_ADMIN , "One channel, without its secret",           .query = channels_read},
    {HTTP_GET,    "/v1/alert-policies",        ROLE_VIEWER, "Which alerts go where",                     .query = alert_policies_list},
    {HTTP_GET,    "/v1/alert-policies/{name}", ROLE_VIEWER, "One policy",                                .query = alert_policies_read},
    {HTTP_GET,    "/v1/mutes",                 ROLE_VIEWER, "What is told to nobody for a time",         .query = mutes_list},
    {HTTP_GET,    "/v1/analysis/status",       ROLE_VIEWER, "How far derived facts are, and what is computed anew", .query = analysis_status_read},
    {HTTP_GET,    "/v1/ingest/status",         ROLE_VIEWER, "What came by which way, and what waits",    .query = ingest_status_read,
                                                                                      .copes_without_database = true},
    {HTTP_GET,    "/v1/ingest/rejected",       ROLE_VIEWER, "What could not be read, and why",           .query = rejected_list},
    {HTTP_GET,    "/v1/ingest/rejected/{id}",  ROLE_VIEWER, "One rejected event, with its bytes",        .query = rejected_read},
    {HTTP_GET,    "/v1/ingest/objects",        ROLE_VIEWER, "Objects of S3 and what became of them",     .query = objects_list},
    {HTTP_GET,    "/v1/ingest/trace",          ROLE_VIEWER, "The way of one event, from arrival to map", .query = trace_read},
    {HTTP_GET,    "/v1/trips",                 ROLE_VIEWER, "Trips",                                     .query = trips_list},
    {HTTP_GET,    "/v1/stops",                 ROLE_VIEWER, "Stops",                                     .query = stops_list},
    {HTTP_GET,    "/v1/speeding/episodes",     ROLE_VIEWER, "Speeding episodes",                         .query = episodes_list},
    {HTTP_GET,    "/v1/speeding/episodes/{id}", ROLE_VIEWER, "One speeding episode with its breadcrumbs", .query = episodes_read},
    {HTTP_PATCH,  "/v1/speeding/episodes/{id}", ROLE_DISPATCHER, "Review a speeding episode",            .query = episodes_review,
                                                                                      .body_max_bytes = REVIEW_BODY_MAX},
    {HTTP_GET,    "/v1/speeding/report",       ROLE_VIEWER, "Who drove too fast, and how often",         .query = reports_read},
    {HTTP_GET,    "/v1/speeding/pack",         ROLE_VIEWER, "The insurance pack",                        .query = packs_read},
    {HTTP_GET,    "/v1/speeding/settings",     ROLE_VIEWER, "Tolerance and bands of speeding reports",   .query = speeding_settings_get},
    {HTTP_PUT,    "/v1/speeding/settings",     ROLE_ADMIN,  "Change tolerance and bands of speeding reports", .query = speeding_settings_put,
                                                                                      .body_max_bytes = REVIEW_BODY_MAX},
    {HTTP_GET,    "/v1/page",                  ROLE_VIEWER, "What the page must know to start",          .query = page_read},
    {HTTP_GET,    "/openapi.json",             ROLE_VIEWER, "This description",                          .handle = documents_openapi},
    {HTTP_GET,    "/docs",                     ROLE_VIEWER, "This description, to read",                 .handle = documents_page},
    {HTTP_GET,    "/docs.js",                  ROLE_VIEWER, "Script of /docs",                           .handle = documents_script},
    {HTTP_GET,    "/docs.css",                 ROLE_VIEWER, "Style of /docs",                            .handle = documents_style},
};
/* clang-format on */

struct error api_new(struct api_settings settings, struct api **api)
{
  *api = calloc(1, sizeof **api);
  if (*api == NULL) {
    abort();
  }
  **api = (struct api){settings,
                       vehicle_names_new(),
                       newest_positions_new(),
                       ingest_status_new(),
                       time_zones_new(),
                       report_memory_new((size_t)settings.report_memory_bytes)};
  return error_none();
}

void api_free(struct api *api)
{
  if (api != NULL) {
    vehicle_names_free(api->names);
    newest_positions_free(api->newest);
    ingest_status_free(api->status);
    time_zones_free(api->zones);
    report_memory_free(api->reports);
    free(api);
  }
}

struct route_table api_routes(struct api *api)
{
  return (struct route_table){ROUTES, COUNT(ROUTES), api};
}
