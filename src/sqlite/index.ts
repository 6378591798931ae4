export {
  answer,
  blob,
  drain,
  integer,
  integerOrUndefined,
  openDatabase,
  type Row,
  relax,
  sync,
  text,
  textOrUndefined,
  transaction,
} from './database.ts';
export { openReadOnly, type ReadOnlyDatabase } from './read-only.ts';
export { openShared } from './shared.ts';
