-- The lowest and the highest temperature reading of a vehicle in each of many equal parts of a period.
-- $1 bigint vehicle, $2 timestamptz from, $3 timestamptz until (excluded), $4 integer parts.
-- Columns: 1 readings, 2 lowest in degrees Celsius, 3 its time in microseconds since 1970 as float8, 4 highest, 5 minus its time.
SELECT count(*),
       (min(ARRAY[c, at_us]))[1], (min(ARRAY[c, at_us]))[2],
       (max(ARRAY[c, -at_us]))[1], (max(ARRAY[c, -at_us]))[2]
  FROM (SELECT temperature_c::double precision AS c,
               (extract(epoch FROM recorded_at) * 1000000)::double precision AS at_us,
               floor(extract(epoch FROM recorded_at - $2::timestamptz) / extract(epoch FROM $3::timestamptz - $2::timestamptz) * $4::integer) AS part
          FROM breadcrumb
         WHERE vehicle_id = $1 AND recorded_at >= $2::timestamptz AND recorded_at < $3::timestamptz AND temperature_c IS NOT NULL AND flags & 2 = 0) AS readings
 GROUP BY part
 ORDER BY part
