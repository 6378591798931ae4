import { runPackTests } from '../backtest/index.ts';
import { formatProblem } from '../product/index.ts';
import type { ExitCode } from './command-line.ts';
import { junitXml } from './junit.ts';
import { packsAround } from './known-packs.ts';
import { findPackFiles, readPack } from './packs.ts';
import { writeOutput } from './write-output.ts';

export interface TestCommandOptions {
  /** File for the results as JUnit XML, which build servers read. */
  readonly junit?: string;
  readonly json: boolean;
}

/** `aftercare test`: 1 when a test failed or a pack has problems, 2 when a file cannot be read. */
export async function testCommand(paths: readonly string[], options: TestCommandOptions): Promise<ExitCode> {
  const { files, wrong } = findPackFiles(paths);
  const problems: string[] = [];
  const results: { file: string; name: string; line: number; failures: string[] }[] = [];
  const known = packsAround(files);
  for (const { file, source } of files) {
    const read = readPack(file, source, known);
    if ('problems' in read) problems.push(...read.problems.map(formatProblem));
    else {
      for (const { name, line, failures } of await runPackTests(read.pack, known.get(read.pack.parent ?? ''))) {
        const texts = failures.map((failure) => `${file}:${failure.line}:1: ${name}: ${failure.text}`);
        results.push({ file, name, line, failures: texts });
      }
    }
  }
  const failed = results.filter((result) => result.failures.length > 0);
  if (options.junit !== undefined) {
    writeOutput('--junit', options.junit, junitXml({ results, problems: [...wrong, ...problems] }));
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ wrong, problems, results })}\n`);
  else {
    for (const text of [...wrong, ...problems, ...failed.flatMap((result) => result.failures)]) {
      process.stdout.write(`${text}\n`);
    }
    const passed = results.length - failed.length;
    process.stdout.write(`${passed} passed, ${failed.length} failed\n`);
  }
  if (wrong.length > 0 || files.length === 0) return 2;
  return problems.length > 0 || failed.length > 0 ? 1 : 0;
}
