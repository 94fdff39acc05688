CREATE TABLE acts (id INTEGER NOT NULL, at_ms BIGINT NOT NULL, pairing INTEGER NOT NULL, act VARCHAR NOT NULL, who
    VARCHAR NOT NULL, detail VARCHAR NOT NULL, PRIMARY KEY (id));
CREATE TABLE alarms (id INTEGER NOT NULL, pairing INTEGER NOT NULL, alarm_id BIGINT NOT NULL, kind INTEGER NOT NULL,
    what INTEGER NOT NULL, revision INTEGER NOT NULL, said INTEGER, content INTEGER, newest INTEGER, practice BOOLEAN
    NOT NULL, colour INTEGER NOT NULL, since_ms BIGINT NOT NULL, received_ms BIGINT, step INTEGER NOT NULL, "plan"
    TEXT NOT NULL, plan_at INTEGER NOT NULL, due_ms BIGINT, unanswered_ms BIGINT, taken_by VARCHAR, taken_ms BIGINT,
    arrived_ms BIGINT, lost_ms BIGINT, unneeded_by VARCHAR, closed_ms BIGINT, outcome VARCHAR NOT NULL, unverified
    BOOLEAN NOT NULL, PRIMARY KEY (id), UNIQUE (pairing, alarm_id));
CREATE TABLE badges (pairing INTEGER NOT NULL, device INTEGER NOT NULL, name VARCHAR NOT NULL, team VARCHAR NOT NULL,
    up BLOB NOT NULL, down BLOB NOT NULL, newest BIGINT NOT NULL, mask VARCHAR NOT NULL, heard_ms BIGINT, heartbeat_ms
    BIGINT, state INTEGER NOT NULL, mode INTEGER, mode_ms BIGINT, colour INTEGER NOT NULL, battery INTEGER NOT NULL,
    faults INTEGER NOT NULL, silent BOOLEAN NOT NULL, alone BOOLEAN, until_ms BIGINT, untested_ms BIGINT, unverified
    BOOLEAN NOT NULL, address VARCHAR, beat_ms INTEGER, secret BLOB, revoked_ms BIGINT, version INTEGER, abilities
    INTEGER, refused TEXT, keyed INTEGER, tested_ms BIGINT, PRIMARY KEY (pairing), UNIQUE (device));
CREATE TABLE bridges (number INTEGER NOT NULL, since_ms BIGINT NOT NULL, PRIMARY KEY (number));
CREATE TABLE checks (id INTEGER NOT NULL, alarm INTEGER NOT NULL, item VARCHAR NOT NULL, done_ms BIGINT, done_by
    VARCHAR, PRIMARY KEY (id));
CREATE TABLE crashes (id INTEGER NOT NULL, pairing INTEGER NOT NULL, at_ms BIGINT NOT NULL, told BLOB NOT NULL,
    PRIMARY KEY (id));
CREATE TABLE downlinks (id INTEGER NOT NULL, device INTEGER NOT NULL, alarm INTEGER NOT NULL, type INTEGER NOT NULL, a
    BIGINT NOT NULL, b BIGINT NOT NULL, c BIGINT NOT NULL, "by" VARCHAR NOT NULL, made_ms BIGINT NOT NULL, tries
    INTEGER NOT NULL, due_ms BIGINT NOT NULL, counters TEXT NOT NULL, told BOOLEAN NOT NULL, told_ms BIGINT, PRIMARY
    KEY (id));
CREATE TABLE errands (id INTEGER NOT NULL, alarm INTEGER NOT NULL, place INTEGER NOT NULL, does VARCHAR NOT NULL,
    target TEXT NOT NULL, text VARCHAR NOT NULL, state VARCHAR NOT NULL, tries INTEGER NOT NULL, at_ms BIGINT NOT
    NULL, due_ms BIGINT, PRIMARY KEY (id));
CREATE TABLE events (id INTEGER NOT NULL, at_ms BIGINT NOT NULL, alarm INTEGER NOT NULL, step VARCHAR NOT NULL, who
    VARCHAR NOT NULL, detail VARCHAR NOT NULL, brief BOOLEAN NOT NULL, PRIMARY KEY (id));
CREATE TABLE gateway (number INTEGER NOT NULL, down_next BIGINT NOT NULL, line VARCHAR NOT NULL, turns BIGINT NOT
    NULL, retired BOOLEAN NOT NULL, PRIMARY KEY (number));
CREATE TABLE group_keys (number INTEGER NOT NULL, team VARCHAR NOT NULL, "key" BLOB NOT NULL, made_ms BIGINT NOT NULL,
    PRIMARY KEY (number));
CREATE TABLE house ("key" VARCHAR NOT NULL, value TEXT NOT NULL, PRIMARY KEY ("key"));
CREATE TABLE job_trials ("key" VARCHAR NOT NULL, due_ms BIGINT NOT NULL, tries INTEGER NOT NULL, why VARCHAR NOT NULL,
    tried_ms BIGINT, reached_ms BIGINT, PRIMARY KEY ("key"));
CREATE TABLE notes (id INTEGER NOT NULL, alarm INTEGER NOT NULL, at_ms BIGINT NOT NULL, who VARCHAR NOT NULL, text
    TEXT NOT NULL, PRIMARY KEY (id));
CREATE TABLE responders (id INTEGER NOT NULL, alarm INTEGER NOT NULL, revision INTEGER NOT NULL, who VARCHAR NOT NULL,
    device INTEGER NOT NULL, at_ms BIGINT NOT NULL, arrived_ms BIGINT, withdrew_ms BIGINT, PRIMARY KEY (id));
CREATE TABLE tests (id INTEGER NOT NULL, pairing INTEGER NOT NULL, alarm_id BIGINT, revision INTEGER NOT NULL, newest
    INTEGER, at_ms BIGINT NOT NULL, passed INTEGER NOT NULL, missed BOOLEAN NOT NULL, PRIMARY KEY (id), UNIQUE
    (pairing, alarm_id));
CREATE TABLE troubles (id INTEGER NOT NULL, pairing INTEGER NOT NULL, fault VARCHAR NOT NULL, since_ms BIGINT NOT
    NULL, until_ms BIGINT, count INTEGER, last_ms BIGINT, detail VARCHAR, PRIMARY KEY (id));
CREATE TABLE visits (id INTEGER NOT NULL, pairing INTEGER NOT NULL, colour INTEGER NOT NULL, began_ms BIGINT NOT NULL,
    began_by VARCHAR NOT NULL, until_ms BIGINT, ended_ms BIGINT, ended_by VARCHAR, PRIMARY KEY (id));
CREATE INDEX badges_notable ON badges (device) WHERE revoked_ms IS NULL AND (silent OR alone OR faults <> 0 OR state
    <> 0);
CREATE INDEX badges_there ON badges (device) WHERE revoked_ms IS NULL;
CREATE INDEX ix_acts_at_ms ON acts (at_ms);
CREATE INDEX ix_alarms_due_ms ON alarms (due_ms);
CREATE INDEX ix_alarms_lost_ms ON alarms (lost_ms);
CREATE INDEX ix_alarms_since_ms ON alarms (since_ms);
CREATE INDEX ix_alarms_unanswered_ms ON alarms (unanswered_ms);
CREATE INDEX ix_checks_alarm ON checks (alarm);
CREATE INDEX ix_crashes_pairing ON crashes (pairing);
CREATE INDEX ix_downlinks_alarm ON downlinks (alarm);
CREATE INDEX ix_downlinks_device ON downlinks (device);
CREATE INDEX ix_downlinks_told ON downlinks (told);
CREATE INDEX ix_errands_alarm ON errands (alarm);
CREATE INDEX ix_events_alarm ON events (alarm);
CREATE INDEX ix_group_keys_team ON group_keys (team);
CREATE INDEX ix_notes_alarm ON notes (alarm);
CREATE INDEX ix_responders_alarm ON responders (alarm);
CREATE INDEX ix_tests_at_ms ON tests (at_ms);
CREATE INDEX ix_tests_pairing ON tests (pairing);
CREATE INDEX ix_troubles_until_ms ON troubles (until_ms);
CREATE INDEX ix_visits_ended_ms ON visits (ended_ms);
CREATE INDEX ix_visits_pairing ON visits (pairing);
