-- The rectangle that the imported base map covers, for GET /v1/page, and the generation of its tiles; no row when nothing was
-- imported. Columns: west_deg, south_deg, east_deg, north_deg (WGS 84), generation.
SELECT west_deg, south_deg, east_deg, north_deg, generation
  FROM road_import
