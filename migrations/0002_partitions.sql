-- Daily partitions of breadcrumb, and how the tables that are written all the time are kept.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- Makes the partition of one UTC day, breadcrumb_pYYYYMMDD; true when it did not exist. Safe to call at the same time from anywhere.
--
-- CREATE TABLE .. PARTITION OF locks the parent against everybody: behind one long read, all writing would wait. Made on its own
-- and attached, the new table asks only for a lock that readers and writers do not mind. Citus wants the plain form.
-- Breadcrumbs are inserted and never changed, so a page is filled whole; a vacuum after every 200,000 rows keeps the visibility
-- map, and with it index-only scans, up to date, and a young table is analysed early, before its statistics mislead.
CREATE FUNCTION ensure_breadcrumb_partition(day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  partition text := 'breadcrumb_p' || to_char(day, 'YYYYMMDD');
  bounds text := format('FOR VALUES FROM (%L) TO (%L)',
                        to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
  options text := 'WITH (fillfactor = 100, autovacuum_vacuum_insert_threshold = 200000, '
                  'autovacuum_vacuum_insert_scale_factor = 0, autovacuum_analyze_threshold = 20000, '
                  'autovacuum_analyze_scale_factor = 0.2)';
BEGIN
  IF to_regclass(partition) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('ensure_breadcrumb_partition', 0));
  -- Whoever held the lock may have made it. to_regclass would answer from the session's cache, which a wait for this lock does not
  -- renew; a query sees what has been committed.
  IF EXISTS (SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
              WHERE inhparent = 'breadcrumb'::regclass AND relname = partition) THEN
    RETURN false;
  END IF;
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF breadcrumb %s %s', partition, bounds, options);
  ELSE
    EXECUTE format('CREATE TABLE %I (LIKE breadcrumb INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) %s',
                   partition, options);
    EXECUTE format('ALTER TABLE breadcrumb ATTACH PARTITION %I %s', partition, bounds);
  END IF;
  RETURN true;
END
$$;

-- Every row of position is updated all the time: updates stay in their page (HOT), dead rows go before the table swells.
ALTER TABLE position SET (
  autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0.5, autovacuum_analyze_threshold = 1000);

-- One row, updated with every batch.
ALTER TABLE feed SET (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000000);
