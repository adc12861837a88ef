-- The rectangle that the imported roads and base map cover; no row when nothing was imported.
-- Columns: west_deg, south_deg, east_deg, north_deg (WGS 84).
SELECT west_deg, south_deg, east_deg, north_deg
  FROM road_import
