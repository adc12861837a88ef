-- What was asked of vehicles: which report confirms it, what supersedes it, who sends it; the statements themselves, prepared.
BEGIN;
SELECT plan(32);
\set insert `cat "$ROOT/api/sql/insert_desired.sql"`
PREPARE insert_desired AS :insert;
\set supersede `cat "$ROOT/api/sql/supersede_desired.sql"`
PREPARE supersede AS :supersede;
\set confirm `cat "$ROOT/ingest/sql/confirm_desired.sql"`
PREPARE confirm AS :confirm;
\set claim `cat "$ROOT/ingest/sql/claim_desired.sql"`
PREPARE claim AS :claim;
\set settle `cat "$ROOT/ingest/sql/settle_desired.sql"`
PREPARE settle AS :settle;
\set expire `cat "$ROOT/ingest/sql/expire_desired.sql"`
PREPARE expire AS :expire;
INSERT INTO vehicle (vehicle_id, name, created_at) VALUES (1, 'a:1', now()), (2, 'b', now());

-- A change as the interface enters it: vehicle, awaited. Gives its id.
CREATE FUNCTION pg_temp.ask(vehicle bigint, awaited text, shadow text DEFAULT '', expires_at timestamptz DEFAULT '2026-12-01Z')
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  id bigint;
BEGIN
  EXECUTE format('EXECUTE insert_desired(%s, %L, ''{}'', %L, NULL, ''2026-11-22 12:00Z'', %L, NULL)', vehicle, shadow, awaited, expires_at)
     INTO id;
  EXECUTE format('EXECUTE supersede(%s, %L, %s, %L, ''2026-11-22 12:00Z'')', vehicle, shadow, id, awaited);
  RETURN id;
END
$$;
CREATE FUNCTION pg_temp.report(vehicle bigint, version bigint, reported text, desired text DEFAULT NULL, shadow text DEFAULT '')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('EXECUTE confirm(ARRAY[%s], ARRAY[%L], ARRAY[%s], ARRAY[%L::jsonb], ARRAY[%L::jsonb], ''2026-11-22 13:00Z'')',
                 vehicle, shadow, version, reported, desired);
END
$$;
CREATE FUNCTION pg_temp.settled(id bigint, verdict text, version bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('EXECUTE settle(ARRAY[%s], ARRAY[%L], ARRAY[%L::bigint], ARRAY[%L::int], ARRAY[%L], ARRAY[''2026-11-22 12:01Z''::timestamptz], ''2026-11-22 12:00:30Z'')',
                 id, verdict, version, CASE WHEN verdict = 'sent' THEN NULL ELSE 404 END, CASE WHEN verdict = 'sent' THEN NULL ELSE 'why' END);
END
$$;
CREATE FUNCTION pg_temp.state(id bigint) RETURNS text LANGUAGE sql AS 'SELECT state FROM desired_change WHERE desired_change_id = id';

-- Confirmation.
SELECT pg_temp.ask(1, '[{"path":["a"],"value":1},{"path":["b","c"],"value":[1,2]},{"path":["gone"]}]') AS id \gset
SELECT is(pg_temp.state(:id), 'waiting', 'it waits');
SELECT pg_temp.report(1, 9, '{"a":1,"b":{"c":[1,2]}}', '{}');
SELECT is(pg_temp.state(:id), 'waiting', 'what was not sent is not confirmed');
SELECT pg_temp.settled(:id, 'sent', 10);
SELECT is(pg_temp.state(:id), 'sent', 'AWS has taken it');
SELECT pg_temp.report(1, 9, '{"a":1,"b":{"c":[1,2]}}', '{}');
SELECT is(pg_temp.state(:id), 'sent', 'an earlier version confirms nothing');
SELECT pg_temp.report(1, 10, '{"a":1,"b":{"c":[1,2,3]}}', '{}');
SELECT is(pg_temp.state(:id), 'sent', 'an array that only holds the values is another');
SELECT pg_temp.report(1, 10, '{"a":1,"b":{"c":[2,1]}}', '{}');
SELECT is(pg_temp.state(:id), 'sent', 'so is one in another order');
SELECT pg_temp.report(1, 10, '{"a":"1","b":{"c":[1,2]}}', '{}');
SELECT is(pg_temp.state(:id), 'sent', 'text is no number');
SELECT pg_temp.report(1, 10, '{"a":1,"b":{"c":[1,2]}}', '{"gone":null}');
SELECT is(pg_temp.state(:id), 'sent', 'a member that is still desired is not deleted');
SELECT pg_temp.report(1, 10, '{"a":1,"b":{"c":[1,2]}}');
SELECT is(pg_temp.state(:id), 'sent', 'without a desired state nothing is known of a deletion');
SELECT pg_temp.report(1, 10, '{"a":1,"b":{"c":[1,2]}}', '{}', 'config');
SELECT is(pg_temp.state(:id), 'sent', 'another shadow confirms nothing');
SELECT pg_temp.report(2, 10, '{"a":1,"b":{"c":[1,2]}}', '{}');
SELECT is(pg_temp.state(:id), 'sent', 'nor does another vehicle');
SELECT pg_temp.report(1, 12, '{"a":1.0,"b":{"c":[1,2],"d":5},"gone":7}', '{"a":1}');
SELECT results_eq('SELECT state, confirmed_by_version FROM desired_change', $$VALUES ('confirmed', 12::bigint)$$, 'all of it confirms');
SELECT pg_temp.report(1, 13, '{"a":1,"b":{"c":[1,2]}}', '{}');
SELECT results_eq('SELECT confirmed_by_version FROM desired_change', 'VALUES (12::bigint)', 'once');

-- What comes later.
SELECT pg_temp.ask(1, '[{"path":["a"],"value":1},{"path":["b","c"],"value":2}]') AS first \gset
SELECT pg_temp.ask(1, '[{"path":["b"],"value":5}]') AS second \gset
SELECT results_eq(format('SELECT state, awaited FROM desired_change WHERE desired_change_id = %s', :first),
                  $$VALUES ('waiting', '[{"path":["a"],"value":1}]'::jsonb)$$, 'a member above takes those below');
SELECT pg_temp.ask(1, '[{"path":["b","x"],"value":1}]') AS third \gset
SELECT results_eq(format('SELECT state, superseded_by FROM desired_change WHERE desired_change_id = %s', :second),
                  format($$VALUES ('superseded', %s::bigint)$$, :third), 'a member below takes the one above');
SELECT pg_temp.ask(1, '[{"path":["a"],"value":9}]', 'config');
SELECT is(pg_temp.state(:first), 'waiting', 'another shadow supersedes nothing');
SELECT pg_temp.ask(2, '[{"path":["a"],"value":9}]') AS other \gset
SELECT is(pg_temp.state(:first), 'waiting', 'nor does another vehicle');
SELECT pg_temp.ask(1, '[{"path":["ab"],"value":9}]');
SELECT is(pg_temp.state(:first), 'waiting', 'nor a member whose name begins alike');

-- Sending: the first of each shadow, nobody twice.
CREATE TEMP TABLE claimed (id bigint, vehicle_id bigint, name text, shadow text, desired jsonb, tries int);
CREATE FUNCTION pg_temp.claim(at text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  one record;
BEGIN
  DELETE FROM claimed;
  FOR one IN EXECUTE format('EXECUTE claim(%L, %L::timestamptz + interval ''20 s'', 10)', at, at) LOOP
    INSERT INTO claimed VALUES (one.desired_change_id, one.vehicle_id, one.name, one.shadow, one.desired, one.tries);
  END LOOP;
  RETURN (SELECT count(*) FROM claimed);
END
$$;
SELECT is(pg_temp.claim('2026-11-22 12:00:05Z'), 3, 'the first of each shadow');
SELECT ok(EXISTS (SELECT FROM claimed WHERE id = :first AND name = 'a:1' AND tries = 1), 'with the name of its thing');
SELECT is(pg_temp.claim('2026-11-22 12:00:06Z'), 0, 'nobody takes them while they are being sent, nor those behind');
SELECT is(pg_temp.claim('2026-11-22 12:00:30Z'), 3, 'a claim that is over is anybody''s');
SELECT pg_temp.settled(:first, 'sent', 20);
SELECT is(pg_temp.claim('2026-11-22 12:00:31Z'), 1, 'then the next of its shadow');
SELECT is((SELECT id FROM claimed), :third::bigint, 'in order');
SELECT pg_temp.ask(1, '[{"path":["b"],"value":6}]') AS fourth \gset
SELECT is(pg_temp.state(:third), 'superseded', 'superseded while it is being sent');
SELECT ok(pg_temp.claim('2026-11-22 12:00:32Z') = 0, 'what comes behind it waits until that is over');
SELECT pg_temp.settled(:third, 'sent', 21);
SELECT results_eq(format('SELECT state, sent_version FROM desired_change WHERE desired_change_id = %s', :third),
                  $$VALUES ('superseded', 21::bigint)$$, 'and stays so, with its version');
SELECT pg_temp.settled(:other, 'again', NULL);
SELECT results_eq(format('SELECT state, error, error_status, leased_until FROM desired_change WHERE desired_change_id = %s', :other),
                  $$VALUES ('waiting', 'why', 404, NULL::timestamptz)$$, 'what may go well later waits, with the reason');
SELECT pg_temp.settled(:other, 'refused', NULL);
SELECT results_eq(format('SELECT state, ended_at IS NULL FROM desired_change WHERE desired_change_id = %s', :other),
                  $$VALUES ('refused', false)$$, 'or is refused');

-- The end by time.
SELECT pg_temp.ask(2, '[{"path":["z"],"value":1}]', '', '2026-11-22 12:10Z') AS late \gset
EXECUTE expire('2026-11-22 12:09:59Z');
SELECT is(pg_temp.state(:late), 'waiting', 'not before its time');
EXECUTE expire('2026-11-22 12:10Z');
SELECT is(pg_temp.state(:late), 'expired', 'at its time');
SELECT is(pg_temp.claim('2026-11-22 12:11Z') > 0 AND EXISTS (SELECT FROM claimed WHERE id = :late), false, 'and then it is not sent any more');

SELECT * FROM finish();
ROLLBACK;
