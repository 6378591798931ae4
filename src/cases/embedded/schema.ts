/** The case store's tables, oldest version first. Released steps are never edited: a change is a further step. */
export const caseMigrations: readonly string[] = [
  `CREATE TABLE service_case (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    device TEXT NOT NULL,
    product TEXT NOT NULL,
    failure_mode TEXT NOT NULL,
    title TEXT NOT NULL,
    explanation TEXT NOT NULL,
    severity TEXT NOT NULL,
    safety INTEGER NOT NULL,
    state TEXT NOT NULL,
    owner TEXT,
    opened_at INTEGER NOT NULL,
    starts_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    verdict TEXT,
    note TEXT,
    resolved_at INTEGER,
    resolved_by TEXT,
    recurrence_of TEXT REFERENCES service_case (id),
    findings INTEGER NOT NULL,
    findings_open INTEGER NOT NULL,
    urgency_rank INTEGER NOT NULL,
    urgency_at INTEGER NOT NULL,
    search TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX one_open_case ON service_case (device, failure_mode) WHERE state <> 'resolved';
  CREATE INDEX case_history ON service_case (device, failure_mode, number);
  CREATE INDEX case_urgency ON service_case (urgency_rank, urgency_at, number);
  CREATE INDEX case_of_device ON service_case (device, urgency_rank, urgency_at, number);
  CREATE INDEX case_of_product ON service_case (product, urgency_rank, urgency_at, number);
  CREATE INDEX case_of_owner ON service_case (owner, urgency_rank, urgency_at, number);
  CREATE TABLE finding (
    id TEXT PRIMARY KEY,
    last_event INTEGER NOT NULL,
    device TEXT NOT NULL,
    product TEXT NOT NULL,
    source TEXT NOT NULL,
    signal TEXT,
    failure_mode TEXT NOT NULL,
    severity TEXT NOT NULL,
    safety INTEGER NOT NULL,
    state TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    ends_at INTEGER,
    explanation TEXT NOT NULL,
    evidence TEXT NOT NULL,
    case_id TEXT REFERENCES service_case (id)
  ) STRICT;
  CREATE INDEX finding_of_device ON finding (device, starts_at, id);
  CREATE INDEX finding_of_case ON finding (case_id, starts_at, id);
  CREATE TABLE timeline (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    case_id TEXT NOT NULL REFERENCES service_case (id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    text TEXT NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE INDEX timeline_of_case ON timeline (case_id, position)`,
  // Holds all that is asked about findings that hold, so that their evidence is never read for it.
  `CREATE INDEX finding_that_holds ON finding (device, severity, safety, source, case_id) WHERE state = 'raised'`,
  `ALTER TABLE service_case ADD COLUMN devices INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE service_case ADD COLUMN storm TEXT;
  CREATE INDEX open_storm ON service_case (storm, product) WHERE storm IS NOT NULL AND state <> 'resolved';
  ALTER TABLE finding ADD COLUMN by_silence INTEGER NOT NULL DEFAULT 0;
  UPDATE finding SET by_silence = 1 WHERE source = 'silent';
  ALTER TABLE finding ADD COLUMN hidden_by TEXT;
  DROP INDEX finding_that_holds;
  CREATE INDEX finding_that_holds ON finding (device, severity, safety, source, case_id, hidden_by)
    WHERE state = 'raised';
  CREATE TABLE hidden (
    maintenance TEXT NOT NULL,
    finding TEXT NOT NULL REFERENCES finding (id),
    PRIMARY KEY (maintenance, finding)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE opening (source TEXT NOT NULL, product TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
  CREATE INDEX opening_of ON opening (source, product, at);
  CREATE INDEX opening_at ON opening (at);
  CREATE TABLE standby (
    finding TEXT PRIMARY KEY REFERENCES finding (id),
    log_offset INTEGER NOT NULL,
    event TEXT NOT NULL,
    around TEXT NOT NULL,
    window TEXT,
    above TEXT,
    due_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX standby_window ON standby (window) WHERE window IS NOT NULL;
  CREATE INDEX standby_due ON standby (due_at) WHERE due_at IS NOT NULL;
  CREATE TABLE behind (
    above TEXT NOT NULL,
    finding TEXT NOT NULL REFERENCES standby (finding) ON DELETE CASCADE,
    PRIMARY KEY (above, finding)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX behind_of ON behind (finding)`,
  `CREATE INDEX finding_of_source ON finding (product, source, starts_at, id)`,
];
