import { type Decoded, decodeReports, type RawReport } from './decode.ts';
import { type Learnt, learnTemplate } from './learn-template.ts';
import { type Template, templateBytesMax } from './template.ts';

/** More shapes of reports than a fleet has at a time. Each takes 2 kB, a strange one up to 15. */
const templatesMax = 256;

/** The templates of a fleet: devices that report alike share one. */
export class Templates {
  readonly #bySkeleton = new Map<string, Template>();

  /** The template known by this skeleton, or else this one from now on. The one asked for longest ago makes room. */
  share({ skeleton, template }: Learnt): Template {
    const shared = this.#bySkeleton.get(skeleton) ?? template;
    this.#bySkeleton.delete(skeleton);
    this.#bySkeleton.set(skeleton, shared);
    if (this.#bySkeleton.size > templatesMax) this.#forgetOldest();
    return shared;
  }

  #forgetOldest(): void {
    for (const [skeleton, template] of this.#bySkeleton) {
      template.forget();
      this.#bySkeleton.delete(skeleton);
      return;
    }
  }
}

/** A template as one device uses it. */
interface Known {
  readonly template: Template;
  /** Of the last report it read: boot and firmware are mostly the same texts again. */
  readonly texts: string[];
}

/** Counted in reports read by a template, each of which saves more than a try costs, and a quarter of a lesson. */
const [creditAtFirst, creditMax, tryCost, lessonCost] = [16, 64, 1, 4];
/** A device whose reports are too different is left alone for so many, which makes the trouble taken a few percent. */
const restMessages = 64;

/**
 * Reads the messages of one device as {@link decodeReports} does, and faster where they resemble one another. It knows the
 * last two shapes of its reports: 200 bytes and their texts.
 */
export class ReportReader {
  readonly #templates: Templates;
  #first: Known | undefined;
  #second: Known | undefined;
  #credit = creditAtFirst;
  #rest = 0;

  constructor(templates: Templates) {
    this.#templates = templates;
  }

  read(payload: Uint8Array): Decoded {
    if (payload[0] !== openObject || payload.length > templateBytesMax) return decodeReports(payload);
    if (this.#rest > 0) {
      this.#rest -= 1;
      return decodeReports(payload);
    }
    const report = this.#match(payload);
    if (report === undefined) return this.#learn(payload);
    if (this.#credit < creditMax) this.#credit += 1;
    return { ok: true, reports: [report] };
  }

  #match(payload: Uint8Array): RawReport | undefined {
    const [first, second] = [this.#first, this.#second];
    const report = first?.template.read(payload, first.texts);
    if (report !== undefined || second === undefined) return report;
    const other = second.template.read(payload, second.texts);
    if (other === undefined) return undefined;
    this.#first = second;
    this.#second = first;
    return other;
  }

  #learn(payload: Uint8Array): Decoded {
    const decoded = decodeReports(payload);
    this.#credit -= tryCost;
    if (this.#credit < lessonCost) {
      this.#rest = restMessages;
      this.#credit = tryCost + lessonCost;
      return decoded;
    }
    this.#credit -= lessonCost;
    const report = decoded.ok ? decoded.reports[0] : undefined;
    const learnt = report && learnTemplate(payload, report);
    if (learnt === undefined) return decoded;
    this.#second = this.#first;
    this.#first = { template: this.#templates.share(learnt), texts: learnt.texts };
    return decoded;
  }
}

const openObject = 0x7b;
