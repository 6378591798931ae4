/**
 * What the log needs of a disk, and no more, so that a fake disk which loses power can stand in for the real one.
 * Every method rejects with the error of the operating system.
 */
export interface LogFiles {
  /** The plain files of the folder, in any order; `bytes` is the present length. */
  list(): Promise<readonly { readonly name: string; readonly bytes: number }[]>;
  /** `create` fails when the name is taken; `write` (reading and writing) and `read` fail when it is not. */
  open(name: string, mode: 'create' | 'write' | 'read'): Promise<LogFile>;
  /** Who has the file open may go on reading it. Durable after {@link sync}. */
  remove(name: string): Promise<void>;
  /** Makes creations and removals durable. */
  sync(): Promise<void>;
}

export interface LogFile {
  /** Writes all of `bytes` at `position`. Durable after {@link sync}; after a rejection any part may be written. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Makes the content and the length durable. */
  sync(): Promise<void>;
  /** Fills `into` from `position` on. Resolves to the bytes read, fewer than asked only where the file ends. */
  read(into: Uint8Array, position: number): Promise<number>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}
