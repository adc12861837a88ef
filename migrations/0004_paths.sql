-- What came by each way in (iot, sns, s3, firehose, replay), and how fast. Local; the writer's transaction counts what it stores.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- events = stored + duplicates + rejected. duplicates_elsewhere: those among the duplicates whose stored breadcrumb came by another
-- way. lag: from received to committed; age: from recorded to committed, of what was stored. last_*: mean of the newest batch;
-- the others: smoothed over a minute.
CREATE TABLE ingest_path (
  source               smallint PRIMARY KEY,
  deliveries           bigint NOT NULL,
  events               bigint NOT NULL,
  stored               bigint NOT NULL,
  duplicates           bigint NOT NULL,
  duplicates_elsewhere bigint NOT NULL,
  rejected             bigint NOT NULL,
  first_received_at    timestamptz NOT NULL,
  last_received_at     timestamptz NOT NULL,
  last_recorded_at     timestamptz,
  last_committed_at    timestamptz NOT NULL,
  last_lag_s           double precision NOT NULL,
  lag_s                double precision NOT NULL,
  last_age_s           double precision,
  age_s                double precision
) WITH (
  fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000000);
