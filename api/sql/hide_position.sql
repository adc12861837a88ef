-- Takes a vehicle off the map until it sends again; the new seq tells the viewers.
-- $1 vehicle.
UPDATE position
   SET hidden = true,
       seq = (SELECT head FROM feed)
 WHERE vehicle_id = $1
   AND NOT hidden
