#!/bin/bash
# The spool, measured: how fast deliveries go to disk while the database hangs, and how fast they go from there to the database,
# held against batches from memory by the same writer in the same run, which is what the goal is judged by; the same deliveries
# over HTTP while the database is there are measured too. Half a minute.
#
#   tests/bench/spool.sh [seconds of spooling, 5]
#
# Needs what ingest.sh needs. Prints key=value lines; the goal is 0.7 of the writer's rate. The exit status is 0 either way,
# unless a step fails.
set -euo pipefail
. "$(dirname "$0")/support.sh"
bench=${CRUMBTRAIL_BENCH_FOLDER:-$root/build/bench}/bench_ingest
seconds=${1:-5}

value() { sed -n "s/.*\b$1=\([0-9.]*\).*/\1/p"; }
metric() { curl -sf "http://127.0.0.1:$admin/metrics" | sed -n "s/^$1 //p" | cut -d. -f1; }

start_server
user=$([ "$(id -u)" = 0 ] && echo postgres || id -un)
database="host=$folder/data/run dbname=crumbtrail user=$user"
from=$(($(date +%s) - 86000))

direct=$("$bench" direct "$database" "$seconds" "$from")
echo "step=direct $direct"
over_http=$("$bench" load "$port" "$key" /ingest/iot 1 "$seconds" $((from + 20000)))
echo "step=http $over_http"

# The writer waits behind this lock; after a second, deliveries go to the spool.
psql -q -d "$database" -c 'BEGIN' -c 'LOCK TABLE feed' -c "SELECT pg_sleep($seconds + 4)" -c 'ROLLBACK' > "$folder/lock" &
helper=$!
sleep 1
spooled=$("$bench" load "$port" "$key" /ingest/iot 1 "$seconds" $((from + 40000)))
echo "step=spool $spooled"
wait "$helper"; helper=

started=$(date +%s.%N) entries=$(metric crumbtrail_spool_entries)
left=$entries
while [ "$left" != 0 ]; do
  sleep 0.05
  left=$(metric crumbtrail_spool_entries)
done
awk -v n="$entries" -v from="$started" -v to="$(date +%s.%N)" -v d="$(value events_per_s <<< "$direct")" \
  -v h="$(value events_per_s <<< "$over_http")" 'BEGIN {
  rate = n / (to - from)
  printf "step=drain entries=%d events_per_s=%d of_direct=%.2f of_http=%.2f goal_met=%s\n", n, rate, rate / d, rate / h,
         (rate / d >= 0.7 ? "yes" : "no") }'
