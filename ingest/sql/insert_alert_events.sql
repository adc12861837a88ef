-- Entries of timelines.
-- $1 bigint[] alert_id, $2 integer[] sequence, $3 bigint[] seq, $4 timestamptz[] at, $5 text[] change, $6 text[] title, $7 text[]
-- by_whom, $8 text[] note, $9 text[] document.
-- No columns.
INSERT INTO alert_event (alert_id, sequence, seq, at, change, title, by_whom, note, document)
SELECT u.alert_id, u.sequence, u.seq, u.at, u.change, u.title, u.by_whom, u.note, u.document::json
  FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
       AS u (alert_id, sequence, seq, at, change, title, by_whom, note, document)
