#!/bin/bash
# Objects of S3, measured: from an S3 server on the same machine (radosgw) to rows that are committed, and the ceilings that the
# figures are held against. About three minutes.
#
#   tests/bench/objects.sh [objects of Firehose, 30] [objects of one event, 5000]
#
# Needs the presets release (the program) and bench (bench_objects), and the packages of the S3 server (tests/packages).
# Prints key=value lines; the last says whether the goals are met: events from S3 at half the rate of writing the same rows from
# memory, and 60,000 a second. The exit status is 0 either way, unless a step fails.
set -euo pipefail
. "$(dirname "$0")/support.sh"
bench=${CRUMBTRAIL_BENCH_FOLDER:-$root/build/bench}/bench_objects
firehose=${1:-30} small=${2:-5000}
from=$(($(date +%s) - 86000))

value() { sed -n "s/.*\b$1=\([0-9.]*\).*/\1/p"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$folder/store/store.json"; }

mkdir "$folder/files" "$folder/small" "$folder/store"
made=$("$bench" make "$folder/files" "$firehose" 10000 "$from")
echo "step=objects $made"
"$bench" make-small "$folder/small" "$small" "$((from + 10000))" > /dev/null

node "$root/tests/integration/support/object_store_server.js" "$folder/store" $$ > /dev/null 2>&1 &
helper=$!
for _ in $(seq 3000); do
  [ ! -e "$folder/store/store.json" ] || break
  [ ! -e "$folder/store/failed" ] || { cat "$folder/store/failed" >&2; exit 1; }
  sleep 0.1
done
export AWS_ACCESS_KEY_ID=$(field accessKeyId) AWS_SECRET_ACCESS_KEY=$(field secretAccessKey) AWS_REGION=$(field region)
export AWS_DEFAULT_REGION=$AWS_REGION AWS_EC2_METADATA_DISABLED=true
endpoint=$(field endpoint)
s3() { aws --endpoint-url "$endpoint" s3 "$@" > /dev/null; }
s3 mb s3://bench
s3 cp --quiet --recursive "$folder/files" s3://bench/firehose/2024/05/20/00/
s3 cp --quiet --recursive "$folder/small" s3://bench/s3p/

keys() { aws --endpoint-url "$endpoint" s3api list-objects-v2 --bucket bench --prefix "$1" --query 'Contents[].Key' --output text | tr '\t' '\n'; }
keys firehose/ > "$folder/firehose.keys"
keys s3p/ > "$folder/small.keys"

server_flags=(--s3-endpoint-url "$endpoint")
start_server
user=$([ "$(id -u)" = 0 ] && echo postgres || id -un)
database="host=$folder/data/run dbname=crumbtrail user=$user"
sql() { (cd / && $([ "$(id -u)" = 0 ] && echo runuser -u postgres --) psql -XAtq -v ON_ERROR_STOP=1 -d "$database" -c "$1"); }

direct=$("$bench" direct "$database" "$folder"/files/*.gz)
echo "step=ceiling_writer $direct"
sql 'TRUNCATE breadcrumb, position, ingest_object; CHECKPOINT'

# Announces the keys on standard input as a notification does, and waits until they were read.
read_all() {
  local count
  count=$(wc -l < "$1")
  split -l 1000 "$1" "$folder/part."
  for part in "$folder"/part.*; do
    awk 'BEGIN { printf "{\"Records\":[" }
         { gsub(/=/, "%3D")
           printf "%s{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Put\"", (NR > 1 ? "," : "")
           printf ",\"s3\":{\"bucket\":{\"name\":\"bench\"},\"object\":{\"key\":\"%s\"}}}", $0 }
         END { printf "]}" }' "$part" |
      curl -sf -H "x-ingest-key: $key" -H 'content-type: application/json' --data-binary @- "http://127.0.0.1:$port/ingest/s3" > /dev/null || { echo "the server refuses a notification" >&2; return 1; }
    rm "$part"
  done
  while [ "$(sql "SELECT count(*) FROM ingest_object WHERE state = 'read'")" != "$count" ]; do
    sleep 0.3
  done
  sql "SELECT 'objects=' || count(*) || ' events=' || sum(events) || ' seconds=' || round(t.s, 2) || ' objects_per_s=' || round(count(*) / t.s) || ' events_per_s=' || round(sum(events) / t.s)
         FROM ingest_object, (SELECT extract(epoch FROM max(finished_at) - min(announced_at)) AS s FROM ingest_object) t GROUP BY t.s"
}

fetched=$("$bench" fetch "$endpoint" bench 64 < "$folder/firehose.keys")
echo "step=fetch_firehose $fetched"
objects=$(read_all "$folder/firehose.keys")
echo "step=firehose $objects"

sql 'TRUNCATE breadcrumb, position, ingest_object; CHECKPOINT'
fetched_small=$("$bench" fetch "$endpoint" bench 64 < "$folder/small.keys")
echo "step=fetch_small $fetched_small"
small_objects=$(read_all "$folder/small.keys")
echo "step=small $small_objects"

awk -v d="$(value events_per_s <<< "$direct")" -v o="$(value events_per_s <<< "$objects")" -v f="$(value objects_per_s <<< "$fetched_small")" \
  -v s="$(value objects_per_s <<< "$small_objects")" 'BEGIN {
    met = o / d >= 0.5 && o >= 60000 ? "yes" : "no"
    printf "step=result firehose_events_per_s=%d of_writer=%.2f small_objects_per_s=%d of_fetching=%.2f goals_met=%s\n", o, o / d, s, s / f, met }'
