import { decodeReports, type EarlierReport, rawContent } from '../admission/index.ts';
import type { LogEntry } from '../log/index.ts';
import { decodeRecord, type Report } from '../telemetry/index.ts';

export interface EarlierSources {
  /** Reports in the store under an identity. */
  readonly stored: (device: string, boot: string, seq: number) => Promise<readonly Report[]>;
  /** The log's record; undefined once it is trimmed. */
  readonly logged: (offset: number) => Promise<LogEntry | undefined>;
}

/** What was said earlier under an identity: the reports, each with its content as it was sent while the log has it. */
export class Earlier {
  readonly #sources: EarlierSources;
  /** The message looked at last: a batch that comes again asks for its reports one after the other. */
  #last: { readonly offset: number; readonly contents: readonly (string | undefined)[] } | undefined;

  constructor(sources: EarlierSources) {
    this.#sources = sources;
  }

  async of(
    identity: { device: string; boot: string; seq: number },
    waiting: readonly Report[],
  ): Promise<EarlierReport[]> {
    const { device, boot, seq } = identity;
    const reports = [...waiting, ...(await this.#sources.stored(device, boot, seq))];
    const earlier: EarlierReport[] = [];
    for (const report of reports)
      earlier.push({ report, content: (await this.#contents(report.offset))[report.index] });
    return earlier;
  }

  async #contents(offset: number): Promise<readonly (string | undefined)[]> {
    if (this.#last?.offset === offset) return this.#last.contents;
    const entry = await this.#sources.logged(offset);
    const contents = entry ? contentsOf(entry) : [];
    this.#last = { offset, contents };
    return contents;
  }
}

function contentsOf(entry: LogEntry): (string | undefined)[] {
  const record = decodeRecord(entry.payload);
  const decoded = record.kind === 'message' ? decodeReports(record.payload) : undefined;
  return decoded?.ok ? decoded.reports.map((raw) => raw && rawContent(raw)) : [];
}
