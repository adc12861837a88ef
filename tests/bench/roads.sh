#!/bin/bash
# Road matching, measured: drives along the streets of an OpenStreetMap extract with 5, 10 and 15 m of noise, a breadcrumb every 5 s;
# how often the limit is right, missing and wrong, against the nearest road point by point, and what a breadcrumb costs.
#
#   tests/bench/roads.sh FILE.osm.pbf [seeds, "201 202"] [drives, 150]
#
# Needs the presets release (the program) and bench (bench_roads), osm2pgsql and Node.js; CRUMBTRAIL_BINARY and
# CRUMBTRAIL_BENCH_FOLDER say where else. The exit status is 0 either way, unless a step fails.
set -euo pipefail
. "$(dirname "$0")/support.sh"
bench=${CRUMBTRAIL_BENCH_FOLDER:-$root/build/bench}/bench_roads
file=${1:?usage: tests/bench/roads.sh FILE.osm.pbf [seeds] [drives]} seeds=${2:-201 202} drives=${3:-150}

as_server_user() { if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

start_server
"$program" import-osm "$file" --data "$folder/data" 2> "$folder/import" | grep -v '^Reading'
conninfo="host=$folder/data/run dbname=crumbtrail"
for noise in 5 10 15; do
  for seed in $seeds; do
    echo "noise_m=$noise seed=$seed"
    node "$root/tests/bench/roads.js" "$conninfo" "$seed" "$noise" "$drives" > "$folder/drives"
    as_server_user "$bench" "$conninfo" < "$folder/drives"
  done
done
