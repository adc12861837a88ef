#include "ingest/generator/summary.h"

#include <inttypes.h>

bool summary_print(FILE *out, const struct http_sender *sender)
{
  struct http_sender_totals totals = http_sender_totals(sender);
  fprintf(out,
          "sent %" PRId64 " = stored %" PRId64 " + duplicates %" PRId64 " + rejected %" PRId64 "; failed %" PRId64
          "; retries %" PRId64 "\n",
          totals.sent, totals.stored, totals.duplicates, totals.rejected, totals.failed, totals.retries);
  if (totals.calls_failed > 0) {
    fprintf(out, "%" PRId64 " vehicles could not be registered or removed.\n", totals.calls_failed);
  }
  if (http_sender_failure(sender)[0] != '\0') {
    fprintf(out, "First failure: %s\n", http_sender_failure(sender));
  }
  fflush(out);
  return totals.failed == 0 && totals.calls_failed == 0 && totals.sent == totals.stored + totals.duplicates + totals.rejected;
}
