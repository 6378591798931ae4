const sentences: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'there is no such file or folder'],
  ['EACCES', 'the rights to it are missing'],
  ['EPERM', 'the rights to it are missing'],
  ['EISDIR', 'it is a folder, not a file'],
  ['ENOTDIR', 'a part of its path is a file, not a folder'],
]);

/** Why a file could not be read or written, in words where the system says it by a code. */
export function fileReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ('code' in error ? sentences.get(error.code) : undefined) ?? error.message;
}
