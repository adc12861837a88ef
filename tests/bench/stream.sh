#!/bin/bash
# The stream, measured: the release program on its own cluster, 10,000 vehicles that report 10,000 times a second through
# POST /ingest/iot, and 1,000 clients of different views. About half a minute.
#
#   tests/bench/stream.sh [clients, 1000] [seconds, 10] [events a second, 10000]
#
# Needs the presets release (the program) and bench (bench_stream); CRUMBTRAIL_BINARY and CRUMBTRAIL_BENCH_FOLDER say where else.
# Goals: under 64 MB without clients, under 150 MB with them. The exit status is 0 either way, unless a step fails.
set -euo pipefail
. "$(dirname "$0")/support.sh"
bench=${CRUMBTRAIL_BENCH_FOLDER:-$root/build/bench}/bench_stream
clients=${1:-1000} seconds=${2:-10} rate=${3:-10000}
ulimit -n "$(ulimit -Hn)"

memory() { awk '/^VmRSS/ {rss = $2} /^VmHWM/ {peak = $2} END {printf "rss_mb=%.0f peak_mb=%.0f", rss / 1024, peak / 1024}' "/proc/$server/status"; }

start_server
echo "step=empty $(memory)"
simulate=("$program" simulate --to "http://127.0.0.1:$port/ingest/iot" --ingest-key "$key" --vehicles 10000 --batch 10)
"${simulate[@]}" --move 1 --rate 0 > /dev/null
sleep 2
echo "step=without_clients vehicles=10000 $(memory)"
"${simulate[@]}" --move 1000 --rate "$rate" > /dev/null 2> "$folder/fleet" &
helper=$!
sleep 2
value() { curl -s "http://127.0.0.1:$admin/metrics" | awk -v name="$1" 'index($1, name) == 1 {sum += $2} END {printf "%.0f", sum}'; }
before=$(value crumbtrail_stream_changes_total) began=$(date +%s%N)
result=$("$bench" "$port" "$server" "$clients" "$seconds")
changes=$((($(value crumbtrail_stream_changes_total) - before) * 1000 / (($(date +%s%N) - began) / 1000000)))
echo "step=stream $result changes_per_s=$changes load_average=$(cut -d' ' -f1 /proc/loadavg)"
