-- The newest shadow of each thing, and the ledger of what was asked of it. Keeps the rules for distribution by vehicle_id: see
-- deploy/database.md.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- A fact table, distributed on vehicle_id. name: '' is the classic shadow. updated_at: AWS's time of its newest change. is_complete: no
-- update between its parts was missed. merged_onto: the version that a partial update was merged onto, which must still be there when
-- the result is stored; null when the shadow came whole.
CREATE TABLE shadow (
  vehicle_id  bigint NOT NULL,
  name        text NOT NULL,
  version     bigint NOT NULL,
  updated_at  timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  is_complete boolean NOT NULL,
  merged_onto bigint,
  reported    jsonb NOT NULL,
  desired     jsonb NOT NULL,
  delta       jsonb NOT NULL,
  metadata    json NOT NULL,
  PRIMARY KEY (vehicle_id, name)
) WITH (fillfactor = 50);

-- A local table: a queue, and the memory of it. awaited: [{"path":[..],"value":..}], without "value" for a deletion, are the parts that
-- are to be confirmed yet and that no later change has set otherwise. leased_until: a server is sending it.
CREATE SEQUENCE desired_change_id_seq;
CREATE TABLE desired_change (
  desired_change_id    bigint PRIMARY KEY DEFAULT nextval('desired_change_id_seq'),
  vehicle_id           bigint NOT NULL,
  shadow               text NOT NULL,
  desired              jsonb NOT NULL,
  awaited              jsonb NOT NULL,
  state                text NOT NULL DEFAULT 'waiting'
                       CHECK (state IN ('waiting', 'sent', 'confirmed', 'refused', 'expired', 'superseded')),
  requested_by         text,
  requested_at         timestamptz NOT NULL,
  expires_at           timestamptz NOT NULL,
  idempotency_key      text,
  tries                integer NOT NULL DEFAULT 0,
  next_try_at          timestamptz NOT NULL,
  leased_until         timestamptz,
  sent_at              timestamptz,
  sent_version         bigint,
  confirmed_by_version bigint,
  ended_at             timestamptz,
  superseded_by        bigint,
  error_status         integer,
  error                text
);
CREATE INDEX desired_change_vehicle ON desired_change (vehicle_id, desired_change_id);
CREATE UNIQUE INDEX desired_change_idempotency ON desired_change (vehicle_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX desired_change_open ON desired_change (vehicle_id, shadow, desired_change_id) WHERE state IN ('waiting', 'sent');
