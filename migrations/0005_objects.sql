-- Objects of S3 to read, being read and read, and messages that were taken. Local tables: a queue, and what remembers.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- A durable queue and the record of what came of it: announcing an object is inserting it, before the one who announced it is told
-- so. version_key is its etag, else its version id, else '': a listing knows only etags and a notification knows both, and the
-- same bytes under another version id hold the same events.
-- found_by: 1 SNS, 2 SQS, 3 webhook, 4 EventBridge, 5 back-fill, 6 sweep.
-- state: waiting -> reading -> read. failed: the last try did not succeed, `error` says why, and it will be tried again. missing:
-- it was gone or replaced before it was read. ignored: nothing that holds events (a folder's marker). next_try_at: from when on it
-- may be claimed; while it is read, when the lease of its reader ends; null when nothing is left to do.
-- events = stored + duplicates + rejected; what was rejected is kept in `rejected`, with the address of the object.
CREATE TABLE ingest_object (
  bucket       text NOT NULL,
  object_key   text NOT NULL,
  version_key  text NOT NULL,
  version_id   text,
  etag         text,
  size_bytes   bigint,
  found_by     smallint NOT NULL,
  state        text NOT NULL CHECK (state IN ('waiting', 'reading', 'read', 'failed', 'missing', 'ignored')),
  announced_at timestamptz NOT NULL,
  modified_at  timestamptz,
  next_try_at  timestamptz,
  started_at   timestamptz,
  finished_at  timestamptz,
  tries        integer NOT NULL DEFAULT 0,
  error        text,
  events       bigint NOT NULL DEFAULT 0,
  stored       bigint NOT NULL DEFAULT 0,
  duplicates   bigint NOT NULL DEFAULT 0,
  rejected     bigint NOT NULL DEFAULT 0,
  sha256       bytea,
  PRIMARY KEY (bucket, object_key, version_key)
) WITH (fillfactor = 70);

-- What a back-fill has found waits behind what happens now.
CREATE INDEX ingest_object_queue ON ingest_object ((found_by = 5), next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX ingest_object_announced_at ON ingest_object (announced_at);

-- Every row is updated twice, soon after it was inserted.
ALTER TABLE ingest_object SET (
  autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0.2, autovacuum_analyze_threshold = 5000);

-- The last comparison of each swept prefix with its listing. objects: listed and in question; missing: not known until then;
-- missing_total: of all sweeps.
CREATE TABLE ingest_sweep (
  prefix        text PRIMARY KEY,
  started_at    timestamptz NOT NULL,
  finished_at   timestamptz,
  objects       bigint NOT NULL DEFAULT 0,
  missing       bigint NOT NULL DEFAULT 0,
  missing_total bigint NOT NULL DEFAULT 0,
  error         text
);

-- Message ids of SNS and request ids of Firehose that were taken: the same again changes nothing.
CREATE TABLE ingest_message (
  source      smallint NOT NULL,
  message_id  text NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (source, message_id)
);
CREATE INDEX ingest_message_received_at ON ingest_message (received_at);
