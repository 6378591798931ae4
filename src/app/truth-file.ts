import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { PlantedFault } from '../backtest/index.ts';
import { AftercareError, fileReason, parseInstant } from '../base/index.ts';

const instant = z.union([z.number(), z.string()]).transform((value, context) => {
  const at = parseInstant(value);
  if (at !== undefined) return at;
  context.addIssue({ code: 'custom', message: 'must be epoch milliseconds or RFC 3339' });
  return z.NEVER;
});

const truthShape = z.object({
  device: z.string(),
  fault: z.string(),
  kind: z.enum(['product', 'sensor', 'link']),
  failureMode: z.string(),
  alsoFits: z.array(z.string()).default([]),
  startsAt: instant,
  noticeableAt: instant,
  failsAt: instant.nullish(),
  endsAt: instant,
  settledAt: instant,
});

/** The faults of a `--truth` file of the simulators. Throws `request-invalid` with every line that cannot be used. */
export function readTruthFile(file: string): readonly PlantedFault[] {
  const problems: string[] = [];
  const faults = textOf(file)
    .split('\n')
    .flatMap((line, index): PlantedFault[] => {
      if (line.trim() === '') return [];
      const read = truthShape.safeParse(parsed(line));
      if (read.success) return [{ ...read.data, failsAt: read.data.failsAt ?? undefined }];
      const [issue] = read.error.issues;
      problems.push(`${file}:${index + 1}:1: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is no fault'}`);
      return [];
    });
  if (problems.length === 0) return faults;
  throw new AftercareError('request-invalid', problems.slice(0, 20).join('\n'), {
    hint: 'The file holds JSON Lines as `simulate … --truth` writes them.',
  });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AftercareError('request-invalid', `${file} cannot be read: ${fileReason(cause)}`, { cause });
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
