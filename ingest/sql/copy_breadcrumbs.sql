-- Many breadcrumbs that are known to be new; one that exists already fails them all (23505).
-- Rows: the columns in this order, in PostgreSQL's binary form.
COPY breadcrumb (vehicle_id, recorded_at, version, seq, received_at, geom, cell, speed_kmh, heading_deg, temperature_c, ignition,
                 flags, source, extra)
FROM STDIN (FORMAT binary)
