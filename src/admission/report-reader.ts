import { type Decoded, decodeReports, type RawReport } from './decode.ts';
import { type Lesson, learnTemplate } from './learn-template.ts';
import { type Template, templateBytesMax } from './template.ts';

/** More shapes of reports than a fleet has at a time. Each takes 2 kB, a strange one up to 15. */
const templatesMax = 256;

/** The templates of a fleet: devices that report alike share one. */
export class Templates {
  readonly #bySkeleton = new Map<string, Template>();

  /** The template of this skeleton. The one asked for longest ago makes room for a new one. */
  learn({ skeleton, template }: Lesson): Template {
    const learnt = this.#bySkeleton.get(skeleton) ?? template();
    this.#bySkeleton.delete(skeleton);
    this.#bySkeleton.set(skeleton, learnt);
    if (this.#bySkeleton.size > templatesMax) this.#forgetOldest();
    return learnt;
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

/** Counted in reports that a template read: each saves more than a try in vain costs, and an eighth of a lesson. */
const [creditAtFirst, creditMax, tryCost, lessonCost] = [24, 64, 1, 8];
/** A device whose reports are too different is left to JSON.parse for so many; each time for twice as many as before. */
const [restAtFirst, restMax] = [64, 8_192];

/**
 * Reads the messages of one device as {@link decodeReports} does, and faster where a report is like one of its last. It
 * knows two templates: 200 bytes, and at most 2 kB of texts.
 */
export class ReportReader {
  readonly #templates: Templates;
  #first: Known | undefined;
  #second: Known | undefined;
  #credit = creditAtFirst;
  /** Messages that are left to JSON.parse, and how many it will be the next time. */
  #rest = 0;
  #nextRest = restAtFirst;

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
    if (report === undefined) return this.#miss(payload);
    if (this.#credit < creditMax) this.#credit += 1;
    else this.#nextRest = restAtFirst;
    return { ok: true, reports: [report] };
  }

  /** What read the last report is tried first. */
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

  #miss(payload: Uint8Array): Decoded {
    const decoded = decodeReports(payload);
    this.#credit -= tryCost;
    if (this.#credit < lessonCost) {
      this.#rest = this.#nextRest;
      this.#nextRest = Math.min(2 * this.#rest, restMax);
      this.#credit = tryCost + lessonCost;
      return decoded;
    }
    this.#credit -= lessonCost;
    const report = decoded.ok ? decoded.reports[0] : undefined;
    const lesson = report && learnTemplate(payload, report);
    if (lesson !== undefined) this.#know(lesson);
    return decoded;
  }

  #know(lesson: Lesson): void {
    const template = this.#templates.learn(lesson);
    if (template === this.#first?.template || template === this.#second?.template) return;
    this.#second = this.#first;
    this.#first = { template, texts: lesson.texts };
  }
}

const openObject = 0x7b;
