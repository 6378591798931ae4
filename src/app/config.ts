import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { AftercareError, nearest } from '../base/index.ts';
import { type SettingName, secretSettings, settings, unbuiltSettings } from './settings.ts';

/** The settings as values, by their own names. */
export type Config = {
  readonly [Name in SettingName]: ReturnType<(typeof settings)[Name]['read']> | Absent<Name>;
};

type Absent<Name extends SettingName> = (typeof settings)[Name]['fallback'] extends string ? never : undefined;

export interface ConfigSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Text of aftercare.yaml; undefined when there is none. */
  readonly file: string | undefined;
}

const fileName = 'aftercare.yaml';

/** Environment and aftercare.yaml of the working directory; the environment wins. */
export function readConfig(directory: string, environment: ConfigSource['environment']): Config {
  const path = resolve(directory, fileName);
  return parseConfig({ environment, file: existsSync(path) ? readFileSync(path, 'utf8') : undefined });
}

/** Throws `config-invalid` with every problem at once. */
export function parseConfig(source: ConfigSource): Config {
  const problems: string[] = [];
  const given = new Map<string, { text: string; from: string }>();
  for (const [name, value] of Object.entries(fileSettings(source.file, problems))) {
    given.set(name, { text: value, from: `${fileName}: ` });
  }
  for (const [name, value] of Object.entries(source.environment)) {
    if (value !== undefined && value !== '' && isOurs(name)) given.set(name, { text: value, from: '' });
  }
  for (const [name, { from }] of given) {
    const problem = nameProblem(name);
    if (problem) problems.push(`${from}${problem}`);
  }
  for (const [name, { from }] of given) {
    if (name.startsWith('INFLUX_') && !given.has('INFLUX_URL'))
      problems.push(`${from}${name} needs INFLUX_URL beside it`);
  }
  const values: Record<string, unknown> = {};
  for (const [name, { read, fallback }] of Object.entries(settings)) {
    const found = given.get(name);
    const text = found?.text ?? fallback;
    try {
      values[name] = text === undefined ? undefined : read(text);
    } catch (error) {
      const shown = secretSettings.includes(name) ? 'its value' : JSON.stringify(text);
      problems.push(
        `${found?.from ?? ''}${name} ${error instanceof Error ? error.message : 'is not usable'}, not ${shown}`,
      );
    }
  }
  if (problems.length > 0) {
    throw new AftercareError('config-invalid', problems.join('\n'), { hint: 'the README lists every setting' });
  }
  return values as Config;
}

function isOurs(name: string): boolean {
  return name.startsWith('AFTERCARE_') || name in settings || unbuiltSettings.some(({ pattern }) => pattern.test(name));
}

function nameProblem(name: string): string | undefined {
  if (name in settings) return undefined;
  const unbuilt = unbuiltSettings.find(({ pattern }) => pattern.test(name));
  if (unbuilt) return `${name} cannot be used: ${unbuilt.what}`;
  const near = likelySetting(name);
  return `${name} is no setting${near ? `, did you mean ${near}?` : ''}`;
}

/** The prefix that all names share would make any of them look alike. */
function likelySetting(name: string): string | undefined {
  const near = nearest(withoutPrefix(name), Object.keys(settings).map(withoutPrefix));
  return Object.keys(settings).find((known) => withoutPrefix(known) === near);
}

function withoutPrefix(name: string): string {
  return name.replace(/^(?:AFTERCARE|INFLUX)_/i, '');
}

function fileSettings(text: string | undefined, problems: string[]): Record<string, string> {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = parseYaml(text, { maxAliasCount: 0 });
  } catch (error) {
    problems.push(`${fileName}: ${error instanceof Error ? error.message : 'this is not YAML'}`);
    return {};
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    problems.push(`${fileName}: must be settings by name, such as AFTERCARE_DATA: ./data`);
    return {};
  }
  const found: Record<string, string> = {};
  for (const [name, item] of Object.entries(value)) {
    if (typeof item === 'string' || typeof item === 'number') found[name] = String(item);
    else problems.push(`${fileName}: ${name} must be a text or a number`);
  }
  return found;
}
