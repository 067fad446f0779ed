-- What xray-local wrote when its schema had version 2, as `sqlite3 .dump` tells it.
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE document (
    number      INTEGER PRIMARY KEY,
    trace       INTEGER NOT NULL REFERENCES trace (number),
    id          BLOB NOT NULL,    -- 8 bytes
    in_progress INTEGER NOT NULL, -- 0 or 1
    body        TEXT NOT NULL,
    UNIQUE (trace, id)
) STRICT;
INSERT INTO "document" VALUES(1,1,X'1000000000000001',0,'{"id": "1000000000000001", "name": "web", "trace_id": "1-6502e9a0-0123456789abcdef01234567", "start_time": 1694689696.0, "end_time": 1694689697.0, "http": {"request": {"method": "GET", "url": "https://shop.example.com/order?id=1"}, "response": {"status": 200}}, "annotations": {"customer": "it''s \"quoted\" \u2013 \u00fcn\u00efcode"}}');
INSERT INTO "document" VALUES(2,1,X'1000000000000002',1,'{"id": "1000000000000002", "name": "pay", "type": "subsegment", "parent_id": "1000000000000001", "trace_id": "1-6502e9a0-0123456789abcdef01234567", "start_time": 1694689696.25, "in_progress": true}');
INSERT INTO "document" VALUES(3,2,X'2000000000000001',0,'{"id": "2000000000000001", "name": "web", "trace_id": "1-6502e9a0-000000000000000000000007", "start_time": 1694689696.0, "end_time": 1694689697.0, "http": {"request": {"method": "GET", "url": "https://shop.example.com/order?id=1"}, "response": {"status": 200}}, "annotations": {"customer": "it''s \"quoted\" \u2013 \u00fcn\u00efcode"}, "fault": true}');
CREATE TABLE resource (
    kind TEXT NOT NULL,
    name TEXT NOT NULL, -- unique in its kind
    body TEXT NOT NULL, -- JSON
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
INSERT INTO "resource" VALUES('group','slow','{"GroupName":"slow","GroupARN":"arn:aws:xray:us-east-1:000000000000:group/slow/0F811C4F94C21FE80ABC03737CB9BC9D","FilterExpression":"responsetime > 5","InsightsConfiguration":{"InsightsEnabled":false,"NotificationsEnabled":false}}');
INSERT INTO "resource" VALUES('last change of sampling rules','','1795436985.7645123');
INSERT INTO "resource" VALUES('sampling rule','checkout','{"SamplingRule":{"RuleName":"checkout","RuleARN":"arn:aws:xray:us-east-1:000000000000:sampling-rule/checkout","ResourceARN":"*","Priority":7,"FixedRate":0.25,"ReservoirSize":3,"ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"POST","URLPath":"/checkout","Version":1,"Attributes":{}},"CreatedAt":1795436985.7645123,"ModifiedAt":1795436985.7645123}');
INSERT INTO "resource" VALUES('tags','arn:aws:xray:us-east-1:000000000000:sampling-rule/checkout','{"team":"shop"}');
CREATE TABLE sampling_count (
    since    INTEGER NOT NULL, -- epoch seconds: begin of the 10
    rule     TEXT NOT NULL,
    requests INTEGER NOT NULL,
    borrowed INTEGER NOT NULL,
    sampled  INTEGER NOT NULL,
    PRIMARY KEY (since, rule)
) STRICT, WITHOUT ROWID;
INSERT INTO "sampling_count" VALUES(1795436980,'checkout',5,0,2);
CREATE TABLE telemetry (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    body   TEXT NOT NULL -- JSON
) STRICT;
CREATE TABLE trace (
    number   INTEGER PRIMARY KEY,
    id       BLOB NOT NULL UNIQUE, -- 16 bytes
    start    REAL NOT NULL,        -- epoch seconds: earliest start of a document
    finish   REAL NOT NULL,        -- epoch seconds: latest end
    updated  REAL NOT NULL,        -- epoch seconds: when the last document came
    revision INTEGER NOT NULL      -- how many changes have been stored
) STRICT;
INSERT INTO "trace" VALUES(1,X'6502E9A00123456789ABCDEF01234567',1694689696.0,1694689697.0,1.79543698576230478279e+09,2);
INSERT INTO "trace" VALUES(2,X'6502E9A0000000000000000000000007',1694689696.0,1694689697.0,1.7954369857633957863e+09,1);
CREATE INDEX trace_by_start ON trace (start, id);
CREATE INDEX trace_by_finish ON trace (finish, id);
CREATE INDEX trace_by_updated ON trace (updated, id);
DELETE FROM "sqlite_sequence";
COMMIT;
PRAGMA user_version = 2;
