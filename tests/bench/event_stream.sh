#!/bin/bash
# Event streams, measured: gzip objects of 10,000 events from memory to committed rows, held against the same rows from memory by
# the same writer in the same run. Ten seconds.
#
#   tests/bench/event_stream.sh [objects, 40]
#
# Needs what ingest.sh needs. Prints key=value lines; the goals are 60,000 events a second and 0.5 of the writer's rate. The exit
# status is 0 either way, unless a step fails.
set -euo pipefail
. "$(dirname "$0")/support.sh"
bench=${CRUMBTRAIL_BENCH_FOLDER:-$root/build/bench}/bench_event_stream
objects=${1:-40}

start_server
user=$([ "$(id -u)" = 0 ] && echo postgres || id -un)
echo "step=read $("$bench" read "$objects")"
echo "step=store $("$bench" "host=$folder/data/run dbname=crumbtrail user=$user" "$objects" $(($(date +%s) - 80000)))"
