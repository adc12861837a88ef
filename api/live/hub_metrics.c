#include "api/live/hub_metrics.h"

struct hub_metrics hub_metrics_register(struct metrics *metrics)
{
  const char *refused = "crumbtrail_stream_refused_total";
  const char *refused_help = "Stream clients that were not let in.";
  const char *frames = "crumbtrail_stream_frames_total";
  const char *frames_help = "Frames sent to stream clients.";
  return (struct hub_metrics){
      .clients = metrics_gauge(metrics, "crumbtrail_stream_clients", "", "Connected stream clients."),
      .vehicles = metrics_gauge(metrics, "crumbtrail_stream_vehicles", "", "Vehicles the stream knows, hidden ones included."),
      .opened = metrics_counter(metrics, "crumbtrail_stream_opened_total", "", "Stream clients let in."),
      .refused_origin = metrics_counter(metrics, refused, "reason=\"origin\"", refused_help),
      .refused_protocol = metrics_counter(metrics, refused, "reason=\"subprotocol\"", refused_help),
      .refused_capacity = metrics_counter(metrics, refused, "reason=\"capacity\"", refused_help),
      .slow_closes =
          metrics_counter(metrics, "crumbtrail_stream_slow_closes_total", "", "Clients closed for want of progress."),
      .frames_text = metrics_counter(metrics, frames, "form=\"text\"", frames_help),
      .frames_binary = metrics_counter(metrics, frames, "form=\"binary\"", frames_help),
      .bytes = metrics_counter(metrics, "crumbtrail_stream_sent_bytes_total", "", "Payload sent to stream clients."),
      .changes = metrics_counter(metrics, "crumbtrail_stream_changes_total", "", "Position changes that reached the hub."),
      .postponed = metrics_counter(metrics, "crumbtrail_stream_postponed_total", "",
                                   "Updates put off because the client's socket was full."),
      .snapshots = metrics_counter(metrics, "crumbtrail_stream_subscriptions_total", "start=\"snapshot\"", "Subscriptions."),
      .resumptions = metrics_counter(metrics, "crumbtrail_stream_subscriptions_total", "start=\"resumed\"", "Subscriptions."),
      .lag = metrics_histogram(metrics, "crumbtrail_stream_lag_seconds", "",
                               "From receipt of a frame's oldest position to its sending.", METRICS_BOUNDS_SECONDS,
                               sizeof METRICS_BOUNDS_SECONDS / sizeof METRICS_BOUNDS_SECONDS[0]),
  };
}
