-- Alerts: what was told to whom about a condition, and what is still to be told (deploy/alerts.md). The state machine is
-- ingest/alerts/alert_machine.h; only what runs it writes here, in one transaction with how far it has read.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- All local: one coordinator runs the machine. One alert is one condition that held of a vehicle; at most one of a vehicle, kind and
-- subject is open. kind: ingest/analysis/condition.h. severity: 1 notice, 2 warning, 3 urgent. sequence: counts the alert's changes.
-- value and limit_value: at the worst. says_*: whether its beginning and its end are told. next_due_at: when the machine must look
-- again because time goes by.
CREATE SEQUENCE alert_id_seq;
CREATE TABLE alert (
  alert_id           bigint PRIMARY KEY DEFAULT nextval('alert_id_seq'),
  vehicle_id         bigint NOT NULL,
  kind               smallint NOT NULL,
  subject_id         bigint NOT NULL,
  condition_began_at timestamptz NOT NULL,
  state              text NOT NULL CHECK (state IN ('pending', 'firing', 'acknowledged', 'cleared')),
  severity           smallint NOT NULL CHECK (severity BETWEEN 1 AND 3),
  sequence           integer NOT NULL,
  began_at           timestamptz NOT NULL,
  ended_at           timestamptz,
  fired_at           timestamptz,
  acknowledged_at    timestamptz,
  acknowledged_by    text,
  cleared_at         timestamptz,
  is_withdrawn       boolean NOT NULL DEFAULT false,
  late_s             integer NOT NULL DEFAULT 0,
  value              real,
  limit_value        real,
  worst_at           timestamptz,
  longitude_deg      double precision,
  latitude_deg       double precision,
  assigned_to        text,
  muted_until        timestamptz,
  says_beginning     boolean NOT NULL,
  says_end           boolean NOT NULL,
  next_due_at        timestamptz,
  UNIQUE (vehicle_id, kind, subject_id, condition_began_at),
  CHECK ((state = 'pending') = (fired_at IS NULL)),
  CHECK ((state = 'cleared') = (cleared_at IS NOT NULL))
);
CREATE INDEX alert_open ON alert (vehicle_id, kind, subject_id) WHERE state <> 'cleared';
CREATE INDEX alert_due ON alert (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX alert_began_at ON alert (began_at, alert_id);

-- The timeline of an alert. seq: from the feed's numbers, so that a reader who knows all up to one finds what is new. document: the
-- alert as it was then, as JSON; title: the same in one line.
CREATE TABLE alert_event (
  alert_id  bigint NOT NULL REFERENCES alert ON DELETE CASCADE,
  sequence  integer NOT NULL,
  seq       bigint NOT NULL UNIQUE,
  at        timestamptz NOT NULL,
  change    text NOT NULL,
  title     text NOT NULL,
  by_whom   text,
  note      text,
  document  json NOT NULL,
  PRIMARY KEY (alert_id, sequence)
);

-- Which channels an open alert was told to, and when last.
CREATE TABLE alert_told (
  alert_id bigint NOT NULL REFERENCES alert ON DELETE CASCADE,
  channel  text NOT NULL,
  told_at  timestamptz NOT NULL,
  PRIMARY KEY (alert_id, channel)
);

-- Where messages go. Once failing_since is too long ago, or the receiver said 410, it is disabled, with the reason.
CREATE TABLE alert_channel (
  name            text PRIMARY KEY,
  kind            text NOT NULL CHECK (kind IN ('webhook', 'mail', 'sns')),
  url             text,
  secret          text,
  addresses       json,
  topic_arn       text,
  enabled         boolean NOT NULL DEFAULT true,
  disabled_at     timestamptz,
  disabled_reason text,
  failing_since   timestamptz,
  last_success_at timestamptz,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  CHECK (CASE kind WHEN 'webhook' THEN url IS NOT NULL AND secret IS NOT NULL
                   WHEN 'mail' THEN addresses IS NOT NULL ELSE topic_arn IS NOT NULL END)
);

-- Which alerts go where, as api/alerts/policy_form.h has checked it.
CREATE TABLE alert_policy (
  name       text PRIMARY KEY,
  definition json NOT NULL,
  updated_at timestamptz NOT NULL
);

-- Nothing is told of alerts of this vehicle (0: all) and kind (0: all) until then.
CREATE SEQUENCE alert_mute_id_seq;
CREATE TABLE alert_mute (
  mute_id    bigint PRIMARY KEY DEFAULT nextval('alert_mute_id_seq'),
  vehicle_id bigint NOT NULL,
  kind       smallint NOT NULL,
  until_at   timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text,
  note       text
);

-- One row a change and channel: what is to be sent, was sent, or was given up. message_id stays over repeats. document: of a test
-- message; else the alert's event has it.
CREATE SEQUENCE outbox_id_seq;
CREATE TABLE outbox (
  outbox_id    bigint PRIMARY KEY DEFAULT nextval('outbox_id_seq'),
  message_id   uuid NOT NULL DEFAULT gen_random_uuid(),
  alert_id     bigint REFERENCES alert ON DELETE CASCADE,
  sequence     integer,
  channel      text NOT NULL,
  document     json,
  created_at   timestamptz NOT NULL,
  next_try_at  timestamptz NOT NULL,
  leased_until timestamptz,
  tries        integer NOT NULL DEFAULT 0,
  status       integer,
  answer       text,
  delivered_at timestamptz,
  given_up_at  timestamptz,
  UNIQUE (alert_id, sequence, channel),
  CHECK ((alert_id IS NULL) = (document IS NOT NULL) AND (alert_id IS NULL) = (sequence IS NULL)),
  CHECK (delivered_at IS NULL OR given_up_at IS NULL)
);
CREATE INDEX outbox_waiting ON outbox (channel, next_try_at) WHERE delivered_at IS NULL AND given_up_at IS NULL;

-- How far the conditions have been read (alert_condition.change). Its lock makes one machine run at a time.
CREATE TABLE alert_progress (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  change   bigint NOT NULL
);
INSERT INTO alert_progress (change) VALUES (0);
