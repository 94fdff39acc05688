CREATE TABLE badges (
    pairing INTEGER NOT NULL,
    device INTEGER NOT NULL CONSTRAINT ck_badges_device CHECK (device BETWEEN 1 AND 65533),
    name VARCHAR NOT NULL,
    team VARCHAR NOT NULL,
    uplink_key BLOB NOT NULL,
    downlink_key BLOB NOT NULL,
    uplink_counter BIGINT NOT NULL,
    replay_window VARCHAR NOT NULL,
    heard_ms BIGINT,
    heartbeat_ms BIGINT,
    state VARCHAR NOT NULL CONSTRAINT ck_badges_state CHECK (state IN ('safe', 'warned', 'relieved', 'calling', 'received', 'unanswered', 'taken', 'unknown')),
    mode VARCHAR CONSTRAINT ck_badges_mode CHECK (mode IN ('not_ready', 'ready', 'paused', 'charging', 'off', 'practice', 'testing', 'lifeboat')),
    mode_ms BIGINT,
    colour VARCHAR NOT NULL CONSTRAINT ck_badges_colour CHECK (colour IN ('none', 'green', 'yellow', 'red')),
    battery INTEGER NOT NULL CONSTRAINT ck_badges_battery CHECK (battery BETWEEN 0 AND 255),
    faults INTEGER NOT NULL CONSTRAINT ck_badges_faults CHECK (faults BETWEEN 0 AND 65535),
    silent BOOLEAN NOT NULL,
    alone BOOLEAN,
    until_ms BIGINT,
    untested_ms BIGINT,
    unverified BOOLEAN NOT NULL,
    address VARCHAR,
    beat_ms INTEGER,
    next_secret BLOB,
    revoked_ms BIGINT,
    version INTEGER,
    abilities INTEGER,
    refused TEXT,
    group_key INTEGER,
    tested_ms BIGINT,
    CONSTRAINT pk_badges PRIMARY KEY (pairing),
    CONSTRAINT uq_badges_device UNIQUE (device)
);
CREATE TABLE bridges (
    number INTEGER NOT NULL,
    since_ms BIGINT NOT NULL,
    CONSTRAINT pk_bridges PRIMARY KEY (number)
);
CREATE TABLE gateways (
    number INTEGER NOT NULL CONSTRAINT ck_gateways_number CHECK (number BETWEEN 1 AND 255),
    next_counter BIGINT NOT NULL,
    line VARCHAR NOT NULL,
    turns BIGINT NOT NULL,
    retired BOOLEAN NOT NULL,
    CONSTRAINT pk_gateways PRIMARY KEY (number)
);
CREATE TABLE group_keys (
    number INTEGER NOT NULL,
    team VARCHAR NOT NULL,
    "key" BLOB NOT NULL,
    made_ms BIGINT NOT NULL,
    CONSTRAINT pk_group_keys PRIMARY KEY (number)
);
CREATE TABLE job_trials (
    "key" VARCHAR NOT NULL,
    due_ms BIGINT NOT NULL,
    tries INTEGER NOT NULL,
    why VARCHAR NOT NULL,
    tried_ms BIGINT,
    reached_ms BIGINT,
    CONSTRAINT pk_job_trials PRIMARY KEY ("key")
);
CREATE TABLE settings (
    "key" VARCHAR NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_settings PRIMARY KEY ("key")
);
CREATE TABLE acts (
    id INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    pairing INTEGER NOT NULL,
    act VARCHAR NOT NULL,
    who VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    CONSTRAINT pk_acts PRIMARY KEY (id),
    CONSTRAINT fk_acts_pairing FOREIGN KEY(pairing) REFERENCES badges (pairing)
);
CREATE TABLE alarms (
    id INTEGER NOT NULL,
    pairing INTEGER NOT NULL,
    alarm_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL CONSTRAINT ck_alarms_kind CHECK (kind IN ('assist', 'fall', 'emergency', 'motionless', 'position', 'check_in', 'torn', 'struggle')),
    phase VARCHAR NOT NULL CONSTRAINT ck_alarms_phase CHECK (phase IN ('raised', 'pre_alarm', 'cancelled')),
    revision INTEGER NOT NULL CONSTRAINT ck_alarms_revision CHECK (revision BETWEEN 0 AND 15),
    badge_phase VARCHAR CONSTRAINT ck_alarms_badge_phase CHECK (badge_phase IN ('raised', 'pre_alarm', 'cancelled')),
    content_counter INTEGER,
    uplink_counter INTEGER,
    practice BOOLEAN NOT NULL,
    colour VARCHAR NOT NULL CONSTRAINT ck_alarms_colour CHECK (colour IN ('none', 'green', 'yellow', 'red')),
    since_ms BIGINT NOT NULL,
    received_ms BIGINT,
    status VARCHAR NOT NULL CONSTRAINT ck_alarms_status CHECK (status IN ('received', 'taken', 'unanswered', 'closed')),
    "plan" TEXT NOT NULL,
    plan_step INTEGER NOT NULL,
    due_ms BIGINT,
    unanswered_ms BIGINT,
    taken_by VARCHAR,
    taken_ms BIGINT,
    arrived_ms BIGINT,
    lost_ms BIGINT,
    unneeded_by VARCHAR,
    closed_ms BIGINT,
    outcome VARCHAR NOT NULL CONSTRAINT ck_alarms_outcome CHECK (outcome IN ('not said', 'real', 'false', 'test')),
    unverified BOOLEAN NOT NULL,
    CONSTRAINT pk_alarms PRIMARY KEY (id),
    CONSTRAINT uq_alarms_pairing_alarm_id UNIQUE (pairing, alarm_id),
    CONSTRAINT fk_alarms_pairing FOREIGN KEY(pairing) REFERENCES badges (pairing)
);
CREATE TABLE crashes (
    id INTEGER NOT NULL,
    pairing INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    report BLOB NOT NULL,
    CONSTRAINT pk_crashes PRIMARY KEY (id),
    CONSTRAINT fk_crashes_pairing FOREIGN KEY(pairing) REFERENCES badges (pairing)
);
CREATE TABLE tests (
    id INTEGER NOT NULL,
    pairing INTEGER NOT NULL,
    alarm_id BIGINT,
    revision INTEGER NOT NULL,
    uplink_counter INTEGER,
    at_ms BIGINT NOT NULL,
    passed INTEGER NOT NULL CONSTRAINT ck_tests_passed CHECK (passed BETWEEN 0 AND 65535),
    missed BOOLEAN NOT NULL,
    CONSTRAINT pk_tests PRIMARY KEY (id),
    CONSTRAINT uq_tests_pairing_alarm_id UNIQUE (pairing, alarm_id),
    CONSTRAINT fk_tests_pairing FOREIGN KEY(pairing) REFERENCES badges (pairing)
);
CREATE TABLE troubles (
    id INTEGER NOT NULL,
    pairing INTEGER,
    bridge INTEGER,
    fault VARCHAR NOT NULL,
    since_ms BIGINT NOT NULL,
    until_ms BIGINT,
    count INTEGER,
    last_ms BIGINT,
    detail VARCHAR,
    CONSTRAINT pk_troubles PRIMARY KEY (id),
    CONSTRAINT fk_troubles_pairing FOREIGN KEY(pairing) REFERENCES badges (pairing)
);
CREATE TABLE visits (
    id INTEGER NOT NULL,
    pairing INTEGER NOT NULL,
    colour VARCHAR NOT NULL CONSTRAINT ck_visits_colour CHECK (colour IN ('none', 'green', 'yellow', 'red')),
    began_ms BIGINT NOT NULL,
    began_by VARCHAR NOT NULL,
    until_ms BIGINT,
    ended_ms BIGINT,
    ended_by VARCHAR,
    CONSTRAINT pk_visits PRIMARY KEY (id),
    CONSTRAINT fk_visits_pairing FOREIGN KEY(pairing) REFERENCES badges (pairing)
);
CREATE TABLE checks (
    id INTEGER NOT NULL,
    alarm INTEGER NOT NULL,
    item VARCHAR NOT NULL,
    done_ms BIGINT,
    done_by VARCHAR,
    CONSTRAINT pk_checks PRIMARY KEY (id),
    CONSTRAINT fk_checks_alarm FOREIGN KEY(alarm) REFERENCES alarms (id)
);
CREATE TABLE downlinks (
    id INTEGER NOT NULL,
    device INTEGER NOT NULL,
    alarm INTEGER,
    type VARCHAR NOT NULL CONSTRAINT ck_downlinks_type CHECK (type IN ('step', 'call', 'stand_down', 'order', 'key')),
    caller INTEGER,
    alarm_id BIGINT,
    status VARCHAR CONSTRAINT ck_downlinks_status CHECK (status IN ('received', 'taken', 'unanswered', 'closed')),
    responder INTEGER,
    kind VARCHAR CONSTRAINT ck_downlinks_kind CHECK (kind IN ('assist', 'fall', 'emergency', 'motionless', 'position', 'check_in', 'torn', 'struggle')),
    order_code VARCHAR CONSTRAINT ck_downlinks_order_code CHECK (order_code IN ('nothing', 'visit', 'pause', 'off', 'practice', 'test', 'alone', 'time', 'unknown')),
    order_value INTEGER,
    key_number INTEGER,
    ordered_by VARCHAR NOT NULL,
    made_ms BIGINT NOT NULL,
    tries INTEGER NOT NULL,
    due_ms BIGINT NOT NULL,
    counters TEXT NOT NULL,
    settled BOOLEAN NOT NULL,
    delivered_ms BIGINT,
    CONSTRAINT pk_downlinks PRIMARY KEY (id),
    CONSTRAINT fk_downlinks_device FOREIGN KEY(device) REFERENCES badges (device),
    CONSTRAINT fk_downlinks_alarm FOREIGN KEY(alarm) REFERENCES alarms (id)
);
CREATE TABLE events (
    id INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    alarm INTEGER NOT NULL,
    event VARCHAR NOT NULL,
    who VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    brief BOOLEAN NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (id),
    CONSTRAINT fk_events_alarm FOREIGN KEY(alarm) REFERENCES alarms (id)
);
CREATE TABLE notes (
    id INTEGER NOT NULL,
    alarm INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    who VARCHAR NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_notes PRIMARY KEY (id),
    CONSTRAINT fk_notes_alarm FOREIGN KEY(alarm) REFERENCES alarms (id)
);
CREATE TABLE notification_jobs (
    id INTEGER NOT NULL,
    alarm INTEGER NOT NULL,
    plan_step INTEGER NOT NULL,
    channel VARCHAR NOT NULL CONSTRAINT ck_notification_jobs_channel CHECK (channel IN ('badges', 'notify', 'siren', 'webhook')),
    target TEXT NOT NULL,
    text VARCHAR NOT NULL,
    state VARCHAR NOT NULL CONSTRAINT ck_notification_jobs_state CHECK (state IN ('waiting', 'done', 'failed', 'over', 'nobody', 'unset')),
    tries INTEGER NOT NULL,
    made_ms BIGINT NOT NULL,
    due_ms BIGINT,
    CONSTRAINT pk_notification_jobs PRIMARY KEY (id),
    CONSTRAINT fk_notification_jobs_alarm FOREIGN KEY(alarm) REFERENCES alarms (id)
);
CREATE TABLE responders (
    id INTEGER NOT NULL,
    alarm INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    who VARCHAR NOT NULL,
    device INTEGER,
    at_ms BIGINT NOT NULL,
    arrived_ms BIGINT,
    withdrew_ms BIGINT,
    CONSTRAINT pk_responders PRIMARY KEY (id),
    CONSTRAINT fk_responders_alarm FOREIGN KEY(alarm) REFERENCES alarms (id),
    CONSTRAINT fk_responders_device FOREIGN KEY(device) REFERENCES badges (device)
);
CREATE INDEX badges_notable ON badges (device) WHERE revoked_ms IS NULL AND (silent OR alone OR faults <> 0 OR state <> 'safe');
CREATE INDEX badges_there ON badges (device) WHERE revoked_ms IS NULL;
CREATE INDEX ix_group_keys_team ON group_keys (team);
CREATE INDEX ix_acts_at_ms ON acts (at_ms);
CREATE INDEX ix_alarms_due_ms ON alarms (due_ms);
CREATE INDEX ix_alarms_lost_ms ON alarms (lost_ms);
CREATE INDEX ix_alarms_since_ms ON alarms (since_ms);
CREATE INDEX ix_alarms_unanswered_ms ON alarms (unanswered_ms);
CREATE INDEX ix_crashes_pairing ON crashes (pairing);
CREATE INDEX ix_tests_at_ms ON tests (at_ms);
CREATE INDEX ix_tests_pairing ON tests (pairing);
CREATE INDEX ix_troubles_until_ms ON troubles (until_ms);
CREATE INDEX ix_visits_ended_ms ON visits (ended_ms);
CREATE INDEX ix_visits_pairing ON visits (pairing);
CREATE INDEX ix_checks_alarm ON checks (alarm);
CREATE INDEX ix_downlinks_alarm ON downlinks (alarm);
CREATE INDEX ix_downlinks_device ON downlinks (device);
CREATE INDEX ix_downlinks_settled ON downlinks (settled);
CREATE INDEX ix_events_alarm ON events (alarm);
CREATE INDEX ix_notes_alarm ON notes (alarm);
CREATE INDEX ix_notification_jobs_alarm ON notification_jobs (alarm);
CREATE INDEX ix_responders_alarm ON responders (alarm);
