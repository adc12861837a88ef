-- Links that AWS asks us to open before it sends: subscriptions of SNS topics, destinations of AWS IoT's rules. A local table.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- The last request of each topic or destination. url leads to AWS, whatever the request said: others are not kept.
-- state: waiting (the server opens it), confirmed (AWS took it), failed (`reason` says why; AWS can be made to ask again), operator
-- (not allowed by the settings, so a person may open it). answered_at: when the last try ended.
CREATE TABLE ingest_confirmation (
  arn         text PRIMARY KEY,
  kind        text NOT NULL CHECK (kind IN ('subscription', 'destination')),
  url         text NOT NULL,
  state       text NOT NULL CHECK (state IN ('waiting', 'confirmed', 'failed', 'operator')),
  reason      text,
  asked_at    timestamptz NOT NULL,
  answered_at timestamptz,
  next_try_at timestamptz,
  tries       integer NOT NULL DEFAULT 0
);
