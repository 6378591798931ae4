import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The import table of ARCHITECTURE.md: what each folder under src may import. Pure folders do no I/O. */
const table: Readonly<Record<string, { pure: boolean; imports: readonly string[] }>> = {
  base: { pure: true, imports: [] },
  telemetry: { pure: true, imports: ['base'] },
  product: { pure: true, imports: ['base', 'telemetry'] },
  sqlite: { pure: false, imports: ['base'] },
  threads: { pure: false, imports: ['base'] },
  broker: { pure: false, imports: ['base', 'telemetry'] },
  registry: { pure: false, imports: ['base', 'telemetry', 'product', 'log', 'sqlite'] },
  log: { pure: false, imports: ['base'] },
  intake: { pure: false, imports: ['base', 'telemetry', 'broker', 'log'] },
  admission: { pure: true, imports: ['base', 'telemetry', 'product'] },
  store: { pure: false, imports: ['base', 'telemetry', 'sqlite', 'threads'] },
  detect: { pure: true, imports: ['base', 'telemetry'] },
  rules: { pure: true, imports: ['base', 'telemetry', 'product'] },
  findings: { pure: true, imports: ['base', 'telemetry'] },
  engine: { pure: true, imports: ['base', 'telemetry', 'product', 'detect', 'rules', 'findings'] },
  cases: { pure: false, imports: ['base', 'telemetry', 'product', 'findings', 'sqlite', 'threads'] },
  pipeline: {
    pure: false,
    imports: [
      'base',
      'telemetry',
      'product',
      'broker',
      'registry',
      'log',
      'intake',
      'sqlite',
      'threads',
      'admission',
      'store',
      'detect',
      'rules',
      'findings',
      'engine',
      'cases',
    ],
  },
  backtest: {
    pure: false,
    imports: ['base', 'telemetry', 'product', 'store', 'log', 'findings', 'engine', 'cases', 'admission', 'pipeline'],
  },
  api: { pure: false, imports: ['base', 'telemetry', 'product', 'registry', 'store', 'findings', 'cases', 'pipeline'] },
};

/** Deterministic packages that pure folders may use. */
const purePackages = ['simple-statistics', '@marcbachmann/cel-js', 'yaml', 'zod'];
const impure =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bset(?:Timeout|Interval|Immediate)\b|\bprocess\.|\bconsole\.|\bcrypto\b/;
const banned = /\b(?:TODO|FIXME|XXX)\b|\bas any\b|: any[;,)\]|=]|@ts-ignore|@ts-expect-error|@ts-nocheck/;
const linesMax = 500;
/** Code is broken at 120 by the formatter; this leaves room for a sentence in a string. */
const charactersMax = 132;

const root = resolve(import.meta.dirname, '..');

interface SourceFile {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sources(top: string): SourceFile[] {
  return readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/node_modules|dist/.test(name))
    .map((name) => {
      const path = join(top, name);
      const text = readFileSync(join(root, path), 'utf8');
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^'\n]+)'/g)].map((match) => match[1] ?? '');
      return { path, folder: name.split('/')[0] ?? '', text, imports };
    });
}

const src = sources('src');
const inTable = src.filter(({ folder }) => folder in table);

/** `path → what it imports` for what a check refuses; empty when all is well. */
function offences(files: readonly SourceFile[], refuses: (file: SourceFile, target: string) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports.filter((target) => refuses(file, target)).map((target) => `${file.path} imports ${target}`),
  );
}

function targetFolder(file: SourceFile, target: string): string | undefined {
  if (!target.startsWith('.')) return undefined;
  return relative(join(root, 'src'), resolve(root, dirname(file.path), target)).split('/')[0];
}

describe('the import table', () => {
  it('names every folder under src', () => {
    const folders = new Set(src.map((file) => file.folder).filter((name) => !name.endsWith('.ts')));
    expect([...folders].filter((name) => name !== 'app' && !(name in table))).toEqual([]);
  });

  it('is kept by every folder', () => {
    const refused = offences(inTable, (file, target) => {
      const folder = targetFolder(file, target);
      return folder !== undefined && folder !== file.folder && !table[file.folder]?.imports.includes(folder);
    });
    expect(refused).toEqual([]);
  });

  it('leads into a folder by its door only', () => {
    const refused = offences(src, (file, target) => {
      const folder = targetFolder(file, target);
      return (
        folder !== undefined && folder in table && folder !== file.folder && !target.endsWith(`${folder}/index.ts`)
      );
    });
    expect(refused).toEqual([]);
  });

  it('lets simulators know base and telemetry only', () => {
    const refused = offences(sources('simulators'), (file, target) => {
      const folder = targetFolder(file, target);
      return folder !== undefined && !folder.startsWith('..') && folder !== 'base' && folder !== 'telemetry';
    });
    expect(refused).toEqual([]);
  });

  it('lets the console talk HTTP only', () => {
    const refused = offences(sources('dashboards'), (_, target) =>
      /(?:^|\/)src\/(?!.*\.(?:css|svg))|^node:/.test(target),
    );
    expect(refused.filter((text) => !/vite\.config/.test(text))).toEqual([]);
  });
});

describe('pure folders', () => {
  const pure = inTable.filter((file) => table[file.folder]?.pure);

  it('use deterministic packages only', () => {
    const refused = offences(pure, (_, target) => !target.startsWith('.') && !purePackages.includes(target));
    expect(refused).toEqual([]);
  });

  it('read no clock, no chance, no world', () => {
    const refused = pure.flatMap((file) =>
      file.text
        .split('\n')
        .map((line, index) => ({
          line: line.replace(/\/\/.*|^\s*\*.*|\/\*.*?\*\//g, ''),
          place: `${file.path}:${index + 1}`,
        }))
        .filter(({ line }) => impure.test(line))
        .map(({ line, place }) => `${place}: ${line.trim()}`),
    );
    expect(refused).toEqual([]);
  });
});

describe('every source file', () => {
  const all = [...src, ...sources('simulators'), ...sources('dashboards')];

  it('is there at all', () => {
    expect(all.length).toBeGreaterThan(50);
  });

  it('stays within its size', () => {
    const long = all.filter((file) => file.text.split('\n').length > linesMax).map((file) => file.path);
    const wide = all.flatMap((file) =>
      file.text
        .split('\n')
        .flatMap((line, index) => (line.length > charactersMax ? [`${file.path}:${index + 1}`] : [])),
    );
    expect({ long, wide }).toEqual({ long: [], wide: [] });
  });

  it('leaves nothing behind', () => {
    const left = all.flatMap((file) => (banned.test(file.text) ? [file.path] : []));
    expect(left).toEqual([]);
  });

  it('lives in a folder with a meaning', () => {
    const vague = all.filter((file) =>
      /(?:^|\/)(?:utils?|helpers?|common|misc|types|core|services)(?:\/|\.tsx?$)/.test(file.path),
    );
    expect(vague.map((file) => file.path)).toEqual([]);
  });
});
