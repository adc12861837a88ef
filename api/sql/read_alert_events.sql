-- Changes of alerts after a number, ascending; when there are too many, the newest of them.
-- $1 bigint seq, $2 bigint rows at most.
-- Columns: 1 seq, 2 vehicle_id, 3 vehicle, 4 at, 5 change, 6 title, 7 by_whom, 8 note, 9 document.
SELECT n.seq, a.vehicle_id, v.name, n.at, n.change, n.title, n.by_whom, n.note, n.document::text
  FROM (SELECT e.seq, e.alert_id, e.at, e.change, e.title, e.by_whom, e.note, e.document
          FROM alert_event AS e
         WHERE e.seq > $1::bigint
         ORDER BY e.seq DESC
         LIMIT $2::bigint) AS n
  JOIN alert AS a ON a.alert_id = n.alert_id
  JOIN vehicle AS v ON v.vehicle_id = a.vehicle_id
 ORDER BY n.seq
