CREATE SCHEMA probe;
CREATE TABLE probe.counters (id uuid CONSTRAINT counters_pkey PRIMARY KEY, version int NOT NULL, count int NOT NULL);
CREATE TABLE probe.bells (id uuid PRIMARY KEY, version int NOT NULL);
-- No unique constraint: an effect that happens twice must show.
CREATE TABLE probe.effects (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, command_id uuid NOT NULL);
CREATE TABLE probe.log (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, counter_id uuid NOT NULL, sequence int NOT NULL);
