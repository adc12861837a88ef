-- Tells the page which part of the world the base map covers, and whom to name for it.
-- $1 now, $2 attribution.
INSERT INTO setting (name, value, updated_at)
SELECT 'vector_tiles',
       jsonb_build_object('bounds', jsonb_build_array(west_deg, south_deg, east_deg, north_deg), 'attribution', $2::text),
       $1::timestamptz
  FROM road_import
ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
