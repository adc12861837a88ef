-- The rules of distribution (deploy/database.md), as the catalogue shows them, and what the schema promises to the program.
BEGIN;
SELECT plan(12);

-- vehicle and the rules are reference tables; desired_change, recompute and the alerts are local and name the vehicle.
CREATE TEMPORARY VIEW fact AS
SELECT c.oid, c.relname
  FROM pg_class c
  JOIN pg_namespace s ON s.oid = c.relnamespace AND s.nspname = 'public'
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'vehicle_id' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT IN
       ('vehicle', 'speed_rule', 'temperature_rule', 'driver_assignment', 'desired_change', 'recompute',
        'alert', 'alert_mute');

SELECT set_has('SELECT relname::text FROM fact', $$VALUES ('breadcrumb'), ('position'), ('shadow'), ('trip'), ('stop'), ('speeding_episode'),
               ('zone_visit'), ('excursion'), ('drive_day'), ('road_run'), ('analysis_checkpoint'), ('alert_condition')$$,
               'what is distributed by vehicle');
SELECT is_empty($$SELECT f.relname FROM fact f JOIN pg_attribute a ON a.attrelid = f.oid AND a.attname = 'vehicle_id'
                   WHERE a.atttypid <> 'bigint'::regtype OR NOT a.attnotnull$$, 'vehicle_id is bigint and never null');
SELECT is_empty($$SELECT i.indexrelid::regclass FROM fact f JOIN pg_index i ON i.indrelid = f.oid
                    JOIN pg_attribute a ON a.attrelid = f.oid AND a.attname = 'vehicle_id'
                   WHERE (i.indisunique OR i.indisexclusion) AND i.indkey[0] <> a.attnum$$,
                'vehicle_id comes first in every unique key of a fact');
SELECT is_empty($$SELECT f.relname FROM fact f WHERE NOT EXISTS
                  (SELECT FROM pg_index i WHERE i.indrelid = f.oid AND i.indisprimary)$$, 'every fact has a primary key');
SELECT is_empty($$SELECT conname FROM pg_constraint JOIN fact f ON f.oid = conrelid WHERE contype = 'f'$$,
                'no foreign key leaves a fact');
SELECT is_empty($$SELECT tgname FROM pg_trigger JOIN fact f ON f.oid = tgrelid WHERE NOT tgisinternal$$, 'no triggers on facts');
SELECT is_empty($$SELECT rulename FROM pg_rewrite JOIN fact f ON f.oid = ev_class$$, 'no rules on facts');
SELECT is_empty($$SELECT c.relname FROM pg_class c JOIN fact f USING (oid) WHERE c.relrowsecurity$$, 'no row level security on facts');
SELECT is_empty($$SELECT f.relname FROM fact f JOIN pg_attribute a ON a.attrelid = f.oid WHERE a.attidentity <> ''$$,
                'no identity columns on facts');
SELECT is_empty($$SELECT inhrelid::regclass FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
                   WHERE pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT'$$, 'no default partition');
SELECT is_empty($$SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
                    JOIN pg_attribute a ON a.attrelid = c.oid
                   WHERE s.nspname = 'public' AND c.relkind IN ('r', 'p') AND a.attnum > 0
                     AND a.atttypid = 'timestamp without time zone'::regtype$$, 'every time knows its zone');
SELECT results_eq('SELECT count(*)::int, min(head)::bigint FROM feed', 'SELECT 1, 0::bigint', 'the feed starts at 0, as one row');

SELECT * FROM finish();
ROLLBACK;
