-- What was rejected can be read again after a fix: what the reader had beside the bytes, and what came of it.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- vehicle_hint: the vehicle's name as the envelope (an S3 key) told it. replay_outcome: of the last try. 'stored' or 'duplicate': its
-- events are in the database, and the row is settled; 'rejected': it still cannot be read, field and reason are those of that try.
ALTER TABLE rejected
  ADD COLUMN vehicle_hint   text,
  ADD COLUMN replays        integer NOT NULL DEFAULT 0,
  ADD COLUMN replayed_at    timestamptz,
  ADD COLUMN replay_outcome text CHECK (replay_outcome IN ('stored', 'duplicate', 'rejected'));

CREATE INDEX rejected_vehicle ON rejected (vehicle, received_at) WHERE vehicle IS NOT NULL;
