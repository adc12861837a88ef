-- The outbox and its channels: what is taken when, in which order, what becomes of it; the statements themselves, prepared.
BEGIN;
SELECT plan(27);
\set claim `cat "$ROOT/ingest/sql/claim_outbox.sql"`
PREPARE claim AS :claim;
\set settle `cat "$ROOT/ingest/sql/settle_outbox.sql"`
PREPARE settle AS :settle;
\set expire `cat "$ROOT/ingest/sql/expire_outbox.sql"`
PREPARE expire AS :expire;
\set note `cat "$ROOT/ingest/sql/note_channels.sql"`
PREPARE note AS :note;
\set supersede `cat "$ROOT/ingest/sql/supersede_repeats.sql"`
PREPARE supersede AS :supersede;
\set find_policy `cat "$ROOT/ingest/sql/find_policy_of_channel.sql"`
PREPARE find_policy AS :find_policy;
\set offsets `cat "$ROOT/ingest/sql/read_depot_offsets.sql"`
PREPARE offsets AS :offsets;
\set put_channel `cat "$ROOT/ingest/sql/put_channel.sql"`
PREPARE put_channel AS :put_channel;
INSERT INTO vehicle (vehicle_id, name, created_at) VALUES (1, 'a', now());
INSERT INTO alert_channel (name, kind, url, secret, created_at, updated_at)
SELECT name, 'webhook', 'https://x', 'whsec_x', '2026-11-22 11:00Z', '2026-11-22 11:00Z' FROM unnest(ARRAY['ops', 'boss']) AS name;

-- An alert with its changes, each told to these channels.
CREATE FUNCTION pg_temp.alert(id bigint, changes text[], channels text[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO alert (alert_id, vehicle_id, kind, subject_id, condition_began_at, state, severity, sequence, began_at, fired_at,
                     says_beginning, says_end)
  VALUES (id, 1, 1, id, '2026-11-22 12:00Z', 'firing', 2, cardinality(changes), '2026-11-22 12:00Z', '2026-11-22 12:00Z', true, true);
  INSERT INTO alert_event (alert_id, sequence, seq, at, change, title, document)
  SELECT id, n, id * 100 + n, '2026-11-22 12:00Z', change, change, '{}' FROM unnest(changes) WITH ORDINALITY AS c (change, n);
  INSERT INTO outbox (alert_id, sequence, channel, created_at, next_try_at)
  SELECT id, n, channel, '2026-11-22 12:00Z', '2026-11-22 12:00Z' FROM generate_series(1, cardinality(changes)) AS n, unnest(channels) AS channel;
$$;
CREATE FUNCTION pg_temp.claimed(at timestamptz, is_full text[] DEFAULT '{}', of_each int DEFAULT 8, at_most int DEFAULT 100)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  row record;
  words text[] := '{}';
BEGIN
  FOR row IN EXECUTE format('EXECUTE claim(%L, %L, %L, %s, %s)', at, at + interval '30 s', is_full, of_each, at_most) LOOP
    words := words || format('%s.%s>%s#%s', row.alert_id, row.sequence, row.channel, row.tries);
  END LOOP;
  RETURN array_to_string(ARRAY(SELECT unnest(words) ORDER BY 1), ' ');
END
$$;
CREATE FUNCTION pg_temp.settled(alert bigint, number int, to_channel text, is_delivered boolean, next_at timestamptz DEFAULT '2026-11-22 12:10Z')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('EXECUTE settle(ARRAY[%s], ARRAY[%L::boolean], ARRAY[%L::int], ARRAY[%L], ARRAY[%L::timestamptz], ''2026-11-22 12:00:10Z'')',
    (SELECT outbox_id FROM outbox WHERE alert_id = alert AND sequence = number AND channel = to_channel), is_delivered,
    CASE WHEN is_delivered THEN 204 ELSE 500 END, CASE WHEN is_delivered THEN NULL ELSE 'why' END, next_at);
END
$$;
CREATE FUNCTION pg_temp.noted(name text, outcome text, why text, at timestamptz, too_long timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  row record;
BEGIN
  EXECUTE format('EXECUTE note(ARRAY[%L], ARRAY[%L], ARRAY[%L], %L, %L)', name, outcome, why, at, too_long) INTO row;
  RETURN row."case";
END
$$;
CREATE FUNCTION pg_temp.waiting() RETURNS bigint LANGUAGE sql AS
  'SELECT count(*) FROM outbox WHERE delivered_at IS NULL AND given_up_at IS NULL';

SELECT pg_temp.alert(1, ARRAY['fired', 'repeated', 'cleared'], ARRAY['ops', 'boss']);
SELECT is(pg_temp.claimed('2026-11-22 11:59Z'), '', 'nothing before its time');
SELECT is(pg_temp.claimed('2026-11-22 12:00Z'), '1.1>boss#1 1.1>ops#1', 'the first of an alert to each channel');
SELECT is(pg_temp.claimed('2026-11-22 12:00:29Z'), '', 'not while the lease lasts, and none behind it');
SELECT is(pg_temp.claimed('2026-11-22 12:00:30Z', '{boss}'), '1.1>ops#2', 'again once it is over; nothing of a channel that has enough');
SELECT pg_temp.settled(1, 1, 'ops', true);
SELECT is(pg_temp.claimed('2026-11-22 12:00:31Z', '{boss}'), '1.2>ops#1', 'the next once the one before has arrived');
SELECT pg_temp.settled(1, 2, 'ops', false);
SELECT is(pg_temp.claimed('2026-11-22 12:09:59Z', '{boss}'), '', 'a failed one waits for its time, and the next for it');
SELECT is((SELECT (status, answer, tries)::text FROM outbox WHERE alert_id = 1 AND sequence = 2 AND channel = 'ops'), '(500,why,1)', 'why is kept');
SELECT pg_temp.settled(1, 1, 'ops', false);
SELECT isnt((SELECT delivered_at FROM outbox WHERE alert_id = 1 AND sequence = 1 AND channel = 'ops'), NULL, 'what has arrived stays so');
EXECUTE supersede(ARRAY[1], ARRAY[3], ARRAY['ops'], '2026-11-22 12:05Z');
SELECT is(pg_temp.claimed('2026-11-22 12:05Z', '{boss}'), '1.3>ops#1', 'a reminder that waits gives way to what is newer');
SELECT is((SELECT given_up_at FROM outbox WHERE alert_id = 1 AND sequence = 1 AND channel = 'boss'), NULL, '... of the same channel only');

SELECT pg_temp.alert(n, ARRAY['fired'], ARRAY['ops']) FROM generate_series(2, 20) AS n;
SELECT is(cardinality(string_to_array(pg_temp.claimed('2026-11-22 12:06Z', '{}', 8), ' ')), 9, 'so many of each channel at once');
SELECT is(cardinality(string_to_array(pg_temp.claimed('2026-11-22 12:06Z', '{}', 8, 3), ' ')), 3, 'so many in all');
SELECT throws_ok($$INSERT INTO outbox (alert_id, sequence, channel, created_at, next_try_at) VALUES (2, 1, 'ops', now(), now())$$, '23505', NULL,
                 'one row a change and channel');

-- Channels.
SELECT is(pg_temp.noted('ops', 'failed', 'HTTP 500', '2026-11-22 12:00Z', '2026-11-19 12:00Z'), NULL, 'a failure is noted');
SELECT is((SELECT failing_since FROM alert_channel WHERE name = 'ops'), '2026-11-22 12:00Z', '... since when');
SELECT is(pg_temp.noted('ops', 'failed', 'HTTP 500', '2026-11-25 11:59Z', '2026-11-22 11:59Z'), NULL, 'not too long yet');
SELECT matches(pg_temp.noted('ops', 'failed', 'HTTP 500', '2026-11-25 12:01Z', '2026-11-22 12:01Z'), 'too long, last: HTTP 500', 'too long: disabled');
SELECT is(pg_temp.noted('ops', 'failed', 'HTTP 502', '2026-11-25 12:02Z', '2026-11-22 12:02Z'), NULL, '... once');
SELECT is(pg_temp.claimed('2026-11-26 12:00Z', '{boss}'), '', 'nothing is taken of a disabled channel');
EXECUTE expire('2026-11-26 12:00Z', '2026-11-20 12:00Z') \g /dev/null
SELECT is((SELECT count(*) FROM outbox WHERE channel = 'ops' AND given_up_at IS NULL AND delivered_at IS NULL), 0::bigint, 'what waits for it is given up');
SELECT is((SELECT given_up_at FROM outbox WHERE channel = 'boss' AND sequence = 1), NULL, '... of others not, when it is not too old');
EXECUTE put_channel('ops', 'webhook', 'https://y', NULL, 'whsec_new', NULL, NULL, ARRAY[true], '2026-11-26 13:00Z') \g /dev/null
SELECT is((SELECT (secret, disabled_at IS NULL, failing_since IS NULL)::text FROM alert_channel WHERE name = 'ops'), '(whsec_x,t,t)',
          'set anew it is enabled, and keeps its secret');
SELECT is(pg_temp.noted('boss', 'gone', 'HTTP 410', '2026-11-26 13:00Z', '2026-11-23 13:00Z'), 'the receiver wants no more: HTTP 410', '410 disables');

INSERT INTO alert_policy VALUES ('p', '{"channels":["ops"],"escalate":[{"after_s":60,"channels":["boss"]}]}', now());
SELECT results_eq($$EXECUTE find_policy('boss')$$, $$VALUES ('p')$$, 'a channel of a later step is named');
SELECT is_empty($$EXECUTE find_policy('other')$$, 'another is not');

SELECT results_eq($$EXECUTE offsets('2026-11-22 12:00Z')$$, $$VALUES ('2026-11-21 12:00Z'::timestamptz, 0::bigint)$$, 'without a setting the depot is in UTC');
INSERT INTO setting VALUES ('depot_time_zone', '"Europe/Berlin"', now());
SELECT results_eq($$EXECUTE offsets('2026-10-24 12:00Z')$$,
                  $$VALUES ('2026-10-23 12:00Z'::timestamptz, 7200::bigint), ('2026-10-25 01:00Z', 3600)$$, 'the change of time is seen ahead');
SELECT * FROM finish();
ROLLBACK;
