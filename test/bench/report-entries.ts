import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkWatch } from '../../src/engine/index.ts';
import type { LogEntry } from '../../src/log/index.ts';
import { Catalogue, parsePack } from '../../src/product/index.ts';
import { conditionChecker } from '../../src/rules/index.ts';
import { deviceFacts, encodeRecord, type Fact, reportsTopic } from '../../src/telemetry/index.ts';

const file = 'bench-rig.yaml';
const source = readFileSync(join(import.meta.dirname, 'products', file), 'utf8');
const startAt = Date.UTC(2026, 2, 1);
const names = ['temp', 'humidity', 'current', 'voltage', 'speed', 'pressure', 'flow'];

const deviceId = (index: number): string => `load-${index}`;

/** The catalogue with the bench's product and so many devices of it. */
export function benchCatalogue(devices: number): Catalogue {
  const catalogue = new Catalogue(
    (name, text) => parsePack({ file: name, source: text, checkCondition: conditionChecker, checkWatch }).pack,
  );
  catalogue.apply({ type: 'pack-published', at: startAt, product: 'bench-rig', version: 1, file, source });
  for (let index = 0; index < devices; index++) catalogue.apply(registered(deviceId(index)));
  return catalogue;
}

function registered(id: string): Fact {
  return { type: 'device-registered', at: startAt, device: deviceFacts({ id, product: 'bench-rig' }) };
}

export interface EntriesOptions {
  /** Offset of the first. */
  readonly from: number;
  readonly devices: number;
  /** Of each device. */
  readonly rounds: number;
  readonly firstRound?: number;
  readonly betweenMs: number;
}

/** As the load generator's: JSON of eight signals, with boot and seq, one report a message, device after device. */
export function* reportEntries(options: EntriesOptions): Generator<LogEntry> {
  const { devices, rounds, firstRound = 0, betweenMs } = options;
  let offset = options.from;
  let noise = 1 + firstRound;
  const next = () => {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
    return (noise >>> 16) % 100;
  };
  for (let round = firstRound; round < firstRound + rounds; round++) {
    for (let index = 0; index < devices; index++) {
      const device = deviceId(index);
      const at = startAt + round * betweenMs;
      const readings = names.map((name, place) => `"${name}":${4 + place * 3}.${String(next()).padStart(2, '0')}`);
      const identity = `"at":${at},"boot":"b1","seq":${1_000_000_000 + round},"firmware":"2.3.1"`;
      const text = `{${identity},"signals":{${readings.join(',')},"door":${next() === 0}}}`;
      const message = { receivedAt: at + 50, device, topic: reportsTopic(device), payload: Buffer.from(text) };
      yield { offset: offset++, payload: encodeRecord({ kind: 'message', ...message }) };
    }
  }
}
