-- Rows of zone_visit that are settled within windows and are not there any more.
-- $1 vehicle_id bigint[], $2 from timestamptz[], $3 until timestamptz[] (null: no end); what is there:
-- $4 vehicle_id bigint[], $5 geofence_id bigint[], $6 entered_at timestamptz[].
DELETE FROM zone_visit t
 USING unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS w (vehicle_id, from_at, until_at)
 WHERE t.vehicle_id = w.vehicle_id
   AND t.settled_at >= w.from_at
   AND (w.until_at IS NULL OR t.settled_at < w.until_at)
   AND NOT EXISTS (SELECT FROM unnest($4::bigint[], $5::bigint[], $6::timestamptz[]) AS k (vehicle_id, geofence_id, entered_at)
                    WHERE k.vehicle_id = t.vehicle_id AND k.geofence_id = t.geofence_id AND k.entered_at = t.entered_at)
