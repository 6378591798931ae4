import type { FindingEvent } from '../findings/index.ts';
import { caseRestMs } from './case-desk.ts';
import type { PlacedEvent } from './placed-events.ts';

/** Event time in which some maintenance was planned, whatever it was about. */
export interface PlannedTime {
  readonly from: number;
  readonly to: number;
}

interface Spell {
  /** Its first finding, under whose name all of it is told. */
  readonly first: FindingEvent;
  /** The finding that holds, or did. */
  finding: string;
  events: number;
  /** That it is over, until it is known whether it comes again. */
  end: PlacedEvent | undefined;
}

/**
 * What cases need of one device's findings: a condition that comes and goes is told as one finding for as long as it would
 * join the same case in any event. So what is told stays in proportion to the cases, however often a rule flaps.
 */
export class Spells {
  readonly #planned: readonly PlannedTime[];
  /** By device and source. */
  readonly #spells = new Map<string, Spell>();
  #told: PlacedEvent[] = [];

  constructor(planned: readonly PlannedTime[]) {
    this.#planned = planned;
  }

  take(item: PlacedEvent): void {
    const { event } = item;
    // Silence is explained by others' silence, at every moment anew.
    if (event.bySilence) {
      this.#told.push(item);
      return;
    }
    const key = `${event.device}\n${event.source}`;
    const known = this.#spells.get(key);
    if (known?.finding === event.finding) this.#goOn(known, item);
    else if (known !== undefined && this.#isSame(known, event)) {
      known.finding = event.finding;
      known.end = undefined;
    } else {
      if (known?.end !== undefined) this.#told.push(known.end);
      this.#spells.set(key, { first: event, finding: event.finding, events: 1, end: undefined });
      this.#told.push(item);
    }
  }

  /** All that was taken, for each device in its order. */
  end(): readonly PlacedEvent[] {
    for (const { end } of this.#spells.values()) if (end !== undefined) this.#told.push(end);
    this.#spells.clear();
    const told = this.#told;
    this.#told = [];
    return told;
  }

  #goOn(spell: Spell, item: PlacedEvent): void {
    const { finding } = spell.first;
    const event = { ...item.event, finding, id: `${finding}#${spell.events}` };
    spell.events += 1;
    if (event.state === 'cleared') spell.end = { ...item, event };
    else this.#told.push({ ...item, event });
  }

  /** It joins the case of the first one: that is open yet, and what is hidden has none. */
  #isSame({ first, end }: Spell, event: FindingEvent): boolean {
    if (end === undefined || event.receivedAt - end.event.receivedAt >= caseRestMs) return false;
    if (first.failureMode !== event.failureMode) return false;
    if (end.event.severity !== event.severity || end.event.safety !== event.safety) return false;
    return !this.#planned.some(({ from, to }) => first.openedAt >= from && first.openedAt < to);
  }
}
