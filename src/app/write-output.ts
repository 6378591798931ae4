import { writeFileSync } from 'node:fs';
import { AftercareError, fileReason } from '../base/index.ts';

/** Writes a file that an option of a command names. Throws `request-invalid` when that cannot be. */
export function writeOutput(option: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new AftercareError('request-invalid', `${option} ${file} cannot be written: ${fileReason(cause)}`, {
      hint: `Give ${option} a file in a folder that exists and may be written to.`,
      cause,
    });
  }
}
