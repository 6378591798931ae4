import type { LogEntry, LogInspection } from '../log/index.ts';
import { contentHash, newProcessed, type PipelineDevice, PipelineDevices, Processor } from '../pipeline/index.ts';
import { Catalogue, type PackReader } from '../product/index.ts';
import type { StoreInspection } from '../store/index.ts';
import type { Report } from '../telemetry/index.ts';

export interface RecountOptions {
  readonly log: Pick<LogInspection, 'read'>;
  readonly store: Pick<StoreInspection, 'byIdentity'> | undefined;
  readonly readPack: PackReader;
}

/** Payloads of the log that were read last: what a report repeats mostly came shortly before it. */
const partsHeldMax = 16;

/**
 * Admission once more, from the log alone. What was said earlier under an identity is read from the store, as the
 * service does; what is not there (lost, or let go by age) is handed back by {@link noteAbsent}: so its repetitions are
 * known for such.
 */
export class Recount {
  readonly devices = new PipelineDevices();
  readonly #processor: Processor;
  readonly #out = newProcessed();
  readonly #absent = new Map<string, Report[]>();
  readonly #held: (readonly LogEntry[])[] = [];

  constructor({ log, store, readPack }: RecountOptions) {
    this.#processor = new Processor({
      catalogue: new Catalogue(readPack),
      // Counts need no judgement.
      engine: {
        step: () => undefined,
        globals: () => ({ lastHeardAt: 0, downMs: 0 }),
        withParent: (report) => report,
        judgesTicks: false,
      },
      devices: this.devices,
      hash: contentHash,
      earlier: {
        stored: async (device, boot, seq) => [
          ...(store?.byIdentity(device, boot, seq) ?? []),
          ...(this.#absent.get(identityKey(device, boot, seq)) ?? []),
        ],
        logged: async (offset) => this.#heldEntry(offset) ?? log.read(offset),
      },
    });
  }

  /** Records that are about to be processed. */
  hold(entries: readonly LogEntry[]): void {
    this.#held.push(entries);
    if (this.#held.length > partsHeldMax) this.#held.shift();
  }

  /** The reports of the record that admission accepts; a record that is no message has none. */
  async process(entry: LogEntry): Promise<readonly Report[]> {
    const out = this.#out;
    await this.#processor.process(entry, out);
    const accepted = out.reports.take().reports();
    out.quarantine.length = 0;
    out.history.length = 0;
    out.touched.clear();
    out.deletions.length = 0;
    return accepted;
  }

  noteAbsent(report: Report): void {
    const { device, boot, seq } = report;
    if (boot === undefined || seq === undefined) return;
    const key = identityKey(device, boot, seq);
    const known = this.#absent.get(key);
    if (known) known.push(report);
    else this.#absent.set(key, [report]);
  }

  /** What is not there of a device is not known any more to the service either. */
  forgetAbsent(device: string): void {
    const start = `${device}\n`;
    for (const key of this.#absent.keys()) if (key.startsWith(start)) this.#absent.delete(key);
  }

  device(id: string): PipelineDevice | undefined {
    return this.devices.get(id);
  }

  #heldEntry(offset: number): LogEntry | undefined {
    for (const entries of this.#held) {
      const first = entries[0]?.offset;
      const entry = first === undefined ? undefined : entries[offset - first];
      // Behind damage within a part the offsets go on with a step.
      if (entry?.offset === offset) return entry;
    }
    return undefined;
  }
}

function identityKey(device: string, boot: string, seq: number): string {
  return `${device}\n${boot}\n${seq}`;
}
