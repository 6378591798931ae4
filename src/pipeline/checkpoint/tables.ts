import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../base/index.ts';
import { openDatabase } from '../../sqlite/index.ts';
import { checkpointFile } from '../checkpoint.ts';

const layouts = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE device (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, admission TEXT NOT NULL, engine TEXT,
    evaluated INTEGER NOT NULL, unstored INTEGER NOT NULL
  );
  CREATE TABLE band (
    device TEXT NOT NULL, signal TEXT NOT NULL, at INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
    PRIMARY KEY (device, signal, at)
  ) WITHOUT ROWID;
  CREATE TABLE quarantine (
    device TEXT NOT NULL, "offset" INTEGER NOT NULL, "index" INTEGER NOT NULL, received_at INTEGER NOT NULL,
    reason TEXT NOT NULL, detail TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB, bytes INTEGER NOT NULL,
    PRIMARY KEY (device, "offset", "index")
  ) WITHOUT ROWID;
  CREATE TABLE history ("offset" INTEGER PRIMARY KEY, payload BLOB NOT NULL);
`,
  `
  CREATE TABLE state (
    slot INTEGER PRIMARY KEY, round INTEGER NOT NULL, id TEXT NOT NULL, admission TEXT NOT NULL, engine TEXT,
    evaluated INTEGER NOT NULL, unstored INTEGER NOT NULL
  );
  INSERT INTO state
    SELECT 2 * (row_number() OVER (ORDER BY number) - 1), 0, id, admission, engine, evaluated, unstored FROM device;
  DROP TABLE device;
  CREATE VIEW device AS
    SELECT slot / 2 AS number, slot, id, admission, engine, evaluated, unstored FROM state AS held
    WHERE round = (
      SELECT max(round) FROM state
      WHERE slot IN (held.slot / 2 * 2, held.slot / 2 * 2 + 1)
        AND round <= (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'round')
    );
  CREATE TABLE hashes (
    number INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (number, first)
  );
  INSERT INTO meta (key, value) VALUES ('round', '0');
`,
  `
  CREATE TABLE day_snapshot (
    device TEXT NOT NULL, day INTEGER NOT NULL, at INTEGER, "offset" INTEGER, "index" INTEGER, body BLOB NOT NULL,
    PRIMARY KEY (device, day)
  );
`,
];

/**
 * Opens the checkpoint's SQLite file, `pipeline.sqlite`, in a folder that exists, to write it.
 *
 * Each device has two slots (2 × number, + 1). A checkpoint writes into the one that the last checkpoint does not need,
 * batch by batch, and becomes the one that counts by its last transaction alone, which names its round. Rows of a later
 * round are what a crash left; the view `device` leaves them out. A page of hashes may be written over by a longer one
 * at any time: number n of a device is the same hash for ever.
 */
export function openTables(folder: string): DatabaseSync {
  assert(checkpointFile.version === layouts.length, 'others read the tables that are written');
  return openDatabase(folder, checkpointFile.name, layouts);
}
