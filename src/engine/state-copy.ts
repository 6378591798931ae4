import { jsonWith } from '../base/index.ts';
import { type RulesSnapshot, rulesSnapshotToText } from '../rules/index.ts';
import { type DeviceMemory, memoryToText } from './device-memory.ts';
import { type DeviceState, type PlainState, rulesSnapshot } from './device-state.ts';

/** What a copy shares with the state never changes in place: of findings and facts a new one takes the old one's place. */
interface Copied {
  readonly plain: PlainState;
  readonly rules: RulesSnapshot | undefined;
  readonly memory: DeviceMemory;
}

/** Of an object that is copied, roughly. */
const entryBytes = 100;

/**
 * A device's state as it was, whatever becomes of it since. Made in the time that copying its numbers takes, since judging
 * waits for that; text of it, which takes dozens of times as long, is made when it is asked for.
 */
export class StateCopy {
  /** What it holds for itself, about. */
  readonly bytes: number;
  #made: Copied | string;

  constructor(state: DeviceState) {
    const { judge: _judge, rules: _rules, rulesBefore: _before, memory, ...plain } = state;
    const rules = rulesSnapshot(state);
    this.#made = {
      plain: { ...plain, open: { ...plain.open }, past: [...plain.past] },
      rules,
      memory: { pieces: memory.pieces, numbers: memory.numbers.slice() },
    };
    const entries = plain.past.length + Object.keys(plain.open).length + (rules ? entriesOf(rules) : 0);
    const numbers = memory.numbers.length + (rules ? numbersOf(rules) : 0);
    this.bytes = entryBytes * (1 + entries) + Float64Array.BYTES_PER_ELEMENT * numbers;
  }

  /** As `deviceStateFromText` reads it. From the first time on it is all that is kept. */
  get text(): string {
    if (typeof this.#made !== 'string') this.#made = textOf(this.#made);
    return this.#made;
  }
}

function textOf({ plain, rules, memory }: Copied): string {
  return jsonWith(plain, { rules: rules && rulesSnapshotToText(rules), memory: memoryToText(memory) });
}

function entriesOf({ latest, series, windows, rules, spells = {} }: RulesSnapshot): number {
  return [latest, series, windows, rules, spells].reduce((sum, part) => sum + Object.keys(part).length, 0);
}

function numbersOf({ series }: RulesSnapshot): number {
  return Object.values(series).reduce((sum, { readings }) => sum + readings.length, 0);
}
