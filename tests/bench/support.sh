# Shared by ingest.sh and stream.sh: the release program on a cluster of its own. Sourced by bash.
# Sets: program, key, folder (removed at the end), port, admin, server.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
program=${CRUMBTRAIL_BINARY:-$root/build/release/crumbtrail}
key=bench-key
folder=$(mktemp -d)
chmod 755 "$folder"
server= helper=

stop() {
  [ -z "$helper" ] || kill "$helper" 2> /dev/null || true
  [ -z "$server" ] || { kill "$server" 2> /dev/null && wait "$server"; } || true
  rm -rf "$folder"
}
trap stop EXIT

free_port() { # of the loopback interface
  local port
  for port in $(shuf -i 20000-30000 -n 50); do
    (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
  done
}

start_server() {
  port=$(free_port) admin=$(free_port)
  "$program" serve --data "$folder/data" --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin" --ingest-key "$key" \
    --log-level warning ${server_flags[@]+"${server_flags[@]}"} 2> "$folder/log" &
  server=$!
  for _ in $(seq 300); do
    curl -sf "http://127.0.0.1:$admin/readyz" > /dev/null && return
    kill -0 "$server" 2> /dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
  done
  echo "the server was not ready in time" >&2
  exit 1
}
