import { type JsonParts, jsonText, jsonWith } from '../base/index.ts';
import { type RulesSnapshot, rulesSnapshotJson } from '../rules/index.ts';
import { copyMemory, type MemoryCopy, memoryJson } from './device-memory.ts';
import { type DeviceState, type PlainState, rulesSnapshot } from './device-state.ts';

/** What a copy shares with the state never changes in place: of findings and facts a new one takes the old one's place. */
interface Copied {
  readonly plain: PlainState;
  readonly rules: RulesSnapshot | undefined;
  readonly memory: MemoryCopy;
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
    const copied = copyMemory(memory);
    this.#made = {
      plain: { ...plain, open: { ...plain.open }, past: [...plain.past] },
      rules,
      memory: copied,
    };
    const entries = plain.past.length + Object.keys(plain.open).length + (rules ? entriesOf(rules) : 0);
    const numbers = copied.numbers.length + (rules ? numbersOf(rules) : 0);
    this.bytes = entryBytes * (1 + entries) + Float64Array.BYTES_PER_ELEMENT * numbers;
  }

  /** Gives back the numbers' memory at once, which the collector would hear of late. The copy is of no use any more. */
  free(): void {
    if (typeof this.#made !== 'string') this.#made.memory.numbers.buffer.transfer(0);
  }

  /** As `deviceStateFromText` reads it. From the first time on it is all that is kept. */
  get text(): string {
    if (typeof this.#made !== 'string') this.#made = jsonText(partsOf(this.#made));
    return this.#made;
  }

  /** What the text is made of, for who has it made elsewhere. The numbers are the copy's own: they must not change. */
  get parts(): JsonParts {
    return typeof this.#made === 'string' ? [this.#made] : partsOf(this.#made);
  }
}

function partsOf({ plain, rules, memory }: Copied): JsonParts {
  return jsonWith(plain, { rules: rules && rulesSnapshotJson(rules), memory: memoryJson(memory) });
}

function entriesOf({ latest, series, windows, rules, spells = {} }: RulesSnapshot): number {
  return [latest, series, windows, rules, spells].reduce((sum, part) => sum + Object.keys(part).length, 0);
}

function numbersOf({ series }: RulesSnapshot): number {
  return Object.values(series).reduce((sum, { readings }) => sum + readings.length, 0);
}
