export interface JunitInput {
  readonly results: readonly {
    readonly file: string;
    readonly name: string;
    readonly line: number;
    /** Each as `file:line:col: text`. */
    readonly failures: readonly string[];
  }[];
  /** Files that cannot be read, and packs with problems: errors of a suite of their own. */
  readonly problems: readonly string[];
}

/** Test results in the XML that JUnit made common: a suite a file, a case a test. */
export function junitXml({ results, problems }: JunitInput): string {
  const suites = [...Map.groupBy(results, ({ file }) => file)].map(([file, tests]) => {
    const cases = tests.map(({ name, line, failures }) => testCase({ name, file, line }, 'failure', failures));
    const failed = tests.filter(({ failures }) => failures.length > 0).length;
    return suite(file, { tests: tests.length, failures: failed, errors: 0 }, cases);
  });
  if (problems.length > 0) {
    const cases = problems.map((problem) => testCase({ name: 'is sound', file: problem, line: 1 }, 'error', [problem]));
    suites.unshift(suite('packs', { tests: problems.length, failures: 0, errors: problems.length }, cases));
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="aftercare test">\n${suites.join('')}</testsuites>\n`;
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
}

function suite(name: string, { tests, failures, errors }: Counts, cases: readonly string[]): string {
  const counts = `tests="${tests}" failures="${failures}" errors="${errors}" skipped="0"`;
  return `  <testsuite name="${escaped(name)}" ${counts}>\n${cases.join('')}  </testsuite>\n`;
}

function testCase(
  { name, file, line }: { readonly name: string; readonly file: string; readonly line: number },
  kind: 'failure' | 'error',
  texts: readonly string[],
): string {
  const [path = file] = file.split(/:\d+:\d+: /);
  const head = `    <testcase name="${escaped(name)}" classname="${escaped(path)}" file="${escaped(path)}" line="${line}"`;
  if (texts.length === 0) return `${head}/>\n`;
  const told = texts.map((text) => {
    const [first = ''] = text.split('\n');
    return `      <${kind} message="${escaped(first)}">${escaped(text)}</${kind}>\n`;
  });
  return `${head}>\n${told.join('')}    </testcase>\n`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Characters that XML has no room for, even written as references, are shown as a question mark. */
function escaped(text: string): string {
  return Array.from(text, (sign) => entities[sign] ?? (isWritable(sign.codePointAt(0) ?? 0) ? sign : '?')).join('');
}

/** Char of XML 1.0. */
function isWritable(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  return (code < 0xd800 || code > 0xdfff) && code !== 0xfffe && code !== 0xffff;
}
