-- What users set up: sampling rules, groups, policies, tags and settings. Few and small, always read whole.
CREATE TABLE resource (
    kind TEXT NOT NULL,
    name TEXT NOT NULL, -- unique in its kind
    body TEXT NOT NULL, -- JSON
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- What clients reported of each sampling rule, summed over 10 seconds.
CREATE TABLE sampling_count (
    since    INTEGER NOT NULL, -- epoch seconds: begin of the 10
    rule     TEXT NOT NULL,
    requests INTEGER NOT NULL,
    borrowed INTEGER NOT NULL,
    sampled  INTEGER NOT NULL,
    PRIMARY KEY (since, rule)
) STRICT, WITHOUT ROWID;

-- The last reports of daemons on themselves.
CREATE TABLE telemetry (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    body   TEXT NOT NULL -- JSON
) STRICT;
