/** The registry's tables, oldest version first. Released steps are never edited: a change is a further step. */
export const registryMigrations: readonly string[] = [
  `CREATE TABLE device (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    serial TEXT,
    site TEXT,
    customer TEXT,
    timezone TEXT,
    parent TEXT,
    batch TEXT,
    installed_at INTEGER,
    registered_at INTEGER NOT NULL,
    retired INTEGER NOT NULL,
    search TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX device_product ON device (product, id);
  CREATE INDEX device_site ON device (site, id);
  CREATE INDEX device_parent ON device (parent, id);
  CREATE TABLE pack (
    product TEXT NOT NULL,
    version INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    file TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (product, version)
  ) STRICT;
  CREATE TABLE credential (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    hash TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX credential_expiry ON credential (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE position (id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL) STRICT;
  INSERT INTO position (id, next) VALUES (1, 0)`,
  `CREATE TABLE maintenance (
    id TEXT PRIMARY KEY,
    query TEXT NOT NULL,
    owner TEXT NOT NULL,
    reason TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    planned_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT,
    over_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX maintenance_order ON maintenance (from_at, id);
  CREATE INDEX maintenance_over ON maintenance (over_at, from_at, id)`,
];
