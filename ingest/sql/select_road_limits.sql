-- What is known of the limits of single road segments.
-- $1 road ids. Columns: road_id, forward_kmh, backward_kmh, estimated_kmh, override_kmh. Ids that no road has give no row.
SELECT road_id, forward_kmh, backward_kmh, estimated_kmh, road_override.limit_kmh AS override_kmh
  FROM road_segment
  LEFT JOIN road_override USING (road_id)
 WHERE road_id = ANY ($1::bigint[])
