#!/bin/bash
# Ingest, measured: the release program on its own cluster, a load generator on the same machine, and in the same run the two
# ceilings that the figures are held against. About a minute.
#
#   tests/bench/ingest.sh [seconds a step, 10]
#
# Needs the presets release (the program) and bench (bench_ingest); CRUMBTRAIL_BINARY and CRUMBTRAIL_BENCH_FOLDER say where else.
# Prints key=value lines; the last says whether the goals are met: 60,000 events/s one a request and 0.45 of the smaller ceiling
# with a p99 of 15 ms, 90,000 events/s ten a request. The exit status is 0 either way, unless a step fails.
set -euo pipefail
. "$(dirname "$0")/support.sh"
bench=${CRUMBTRAIL_BENCH_FOLDER:-$root/build/bench}/bench_ingest
seconds=${1:-10}

value() { sed -n "s/.*\b$1=\([0-9.]*\).*/\1/p"; }

start_server
user=$([ "$(id -u)" = 0 ] && echo postgres || id -un)
database="host=$folder/data/run dbname=crumbtrail user=$user"
from=$(($(date +%s) - 86000)) # each step has its own stretch of time, so that none delivers what another did

parse=$("$bench" parse 200000)
echo "step=parse $parse"

answer_port=$(free_port)
"$bench" answer "$answer_port" &
helper=$!
sleep 0.3
answer=$("$bench" load "$answer_port" "$key" /answer 1 "$seconds" "$from")
kill "$helper"; helper=
echo "step=ceiling_http $answer"

direct=$("$bench" direct "$database" "$seconds" $((from + 10000)))
echo "step=ceiling_writer $direct"

single=$("$bench" load "$port" "$key" /ingest/iot 1 "$seconds" $((from + 20000)))
echo "step=single $single"

ten=$("$bench" load "$port" "$key" /ingest/iot 10 "$seconds" $((from + 40000)))
echo "step=ten $ten"

awk -v a="$(value events_per_s <<< "$answer")" -v d="$(value events_per_s <<< "$direct")" -v s="$(value events_per_s <<< "$single")" \
  -v t="$(value events_per_s <<< "$ten")" -v p="$(value p99_ms <<< "$single")" 'BEGIN {
    ceiling = a < d ? a : d
    met = s >= 60000 && s / ceiling >= 0.45 && p <= 15 && t >= 90000 ? "yes" : "no"
    printf "step=result single_per_s=%d of_http=%.2f of_writer=%.2f of_smaller_ceiling=%.2f p99_ms=%.1f ten_per_s=%d goals_met=%s\n",
           s, s / a, s / d, s / ceiling, p, t, met }'
