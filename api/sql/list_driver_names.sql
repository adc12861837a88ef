-- Names of drivers, in the order of their ids.
-- $1 bigint[] drivers. Columns: driver_id, name.
SELECT driver_id, name FROM driver WHERE driver_id = ANY ($1::bigint[]) ORDER BY driver_id
