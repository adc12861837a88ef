-- Changes what is given of a vehicle.
-- $1 name, $2 integer what is given: bits, kind 1, fleet 2, vin 4, attributes 8; $3 kind, $4 fleet, $5 vin, $6 attributes (JSON object as
-- text); null empties it.
UPDATE vehicle
   SET kind = CASE WHEN $2::integer & 1 <> 0 THEN $3::text ELSE kind END,
       fleet = CASE WHEN $2::integer & 2 <> 0 THEN $4::text ELSE fleet END,
       vin = CASE WHEN $2::integer & 4 <> 0 THEN $5::text ELSE vin END,
       attributes = CASE WHEN $2::integer & 8 <> 0 THEN coalesce($6::text::jsonb, '{}') ELSE attributes END
 WHERE name = $1
