import type { Case, CaseRecords, Finding, Standby, StandbyQuery, TimelineItem } from '../cases/index.ts';

interface HeldFinding {
  readonly finding: Finding;
  readonly lastEvent: number;
}

interface Opening {
  readonly source: string;
  readonly product: string;
  readonly at: number;
}

/** What kept findings from a case of their own, in findings. */
export interface KeptCounts {
  /** By maintenance. */
  hidden: number;
  behindGateways: number;
  inStorms: number;
}

export interface HeldCasesOptions {
  /** What is over goes, but for the newest case of each device and failure mode: a replay goes through months. */
  readonly forgets: boolean;
}

/** The records of cases in memory. */
export class HeldCases implements CaseRecords {
  readonly kept: KeptCounts = { hidden: 0, behindGateways: 0, inStorms: 0 };
  readonly #cases = new Map<string, Case>();
  /** Ids of cases that are not resolved by {@link keyOf}, and of the newest that are. */
  readonly #open = new Map<string, string>();
  readonly #resolved = new Map<string, string>();
  readonly #storms = new Set<string>();
  /** Open ones that somebody had a hand in. */
  readonly #touched = new Set<string>();
  readonly #findings = new Map<string, HeldFinding>();
  /** Ids of a case's findings. */
  readonly #members = new Map<string, Set<string>>();
  /** Ids of the findings that a device is silent, and of those that hold by silence, by device. */
  readonly #silences = new Map<string, string>();
  readonly #bySilence = new Map<string, Set<string>>();
  readonly #timelines = new Map<string, TimelineItem[]>();
  readonly #openedBy = new Map<string, string>();
  readonly #reached = new Map<string, Set<string>>();
  readonly #standbys = new Map<string, Standby>();
  #openings: Opening[] = [];
  #numbers = 0;
  readonly #forgets: boolean;

  constructor({ forgets }: HeldCasesOptions) {
    this.#forgets = forgets;
  }

  /** In the order in which they were opened. */
  cases(): readonly Case[] {
    return [...this.#cases.values()];
  }

  /** In the order in which they were first told. */
  findings(): readonly Finding[] {
    return [...this.#findings.values()].map(({ finding }) => finding);
  }

  /** Of a case, where nothing is forgotten. */
  timeline(id: string): readonly TimelineItem[] {
    return this.#timelines.get(id) ?? [];
  }

  /** Whether time alone may change anything. */
  get hasStandby(): boolean {
    return this.#standbys.size > 0;
  }

  /** The source of the finding that a case was opened for. */
  openedBy(id: string): string | undefined {
    return this.#openedBy.get(id);
  }

  /** Whether a finding of this product, which is not the case's own, is in the case, or was in it to the end. */
  reaches(id: string, product: string): boolean {
    return this.#reached.get(id)?.has(product) ?? false;
  }

  case(id: string): Case | undefined {
    return this.#cases.get(id);
  }

  openCase(device: string, failureMode: string): Case | undefined {
    return this.#caseOf(this.#open.get(keyOf({ device, failureMode })));
  }

  resolvedCase(device: string, failureMode: string): Case | undefined {
    return this.#caseOf(this.#resolved.get(keyOf({ device, failureMode })));
  }

  silenceCase(device: string): Case | undefined {
    const holding = [...(this.#bySilence.get(device) ?? [])].map((id) => this.#findings.get(id)?.finding.case);
    const open = holding.flatMap((id) => (typeof id === 'string' ? (this.#cases.get(id) ?? []) : []));
    return open
      .filter((item) => item.device === device && item.state !== 'resolved')
      .sort((a, b) => a.number - b.number)[0];
  }

  stormCase(source: string, product: string): Case | undefined {
    return this.#openStorms().find((item) => item.storm === source && item.product === product);
  }

  stormCaseWith(device: string, failureMode: string): Case | undefined {
    return this.#openStorms().find(({ id }) =>
      this.#membersOf(id).some((one) => one.device === device && one.failureMode === failureMode),
    );
  }

  nextNumber(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  isTouched(id: string): boolean {
    return this.#touched.has(id);
  }

  finding(id: string): HeldFinding | undefined {
    return this.#findings.get(id);
  }

  silence(device: string): Finding | undefined {
    const id = this.#silences.get(device);
    return id === undefined ? undefined : this.#findings.get(id)?.finding;
  }

  findingsOf(caseId: string, device: string): readonly Finding[] {
    return this.#membersOf(caseId).filter((finding) => finding.device === device);
  }

  holdingIn(caseId: string): readonly Finding[] {
    return this.#membersOf(caseId).filter(({ state }) => state === 'raised');
  }

  openings({ source, product, since, max }: Parameters<CaseRecords['openings']>[0]): number {
    let count = 0;
    for (const one of this.#openings) {
      if (one.source === source && one.product === product && one.at > since) count += 1;
      if (count === max) break;
    }
    return count;
  }

  standby(finding: string): Standby | undefined {
    return this.#standbys.get(finding);
  }

  standbys(query: StandbyQuery): readonly Standby[] {
    return [...this.#standbys.values()].filter((standby) => isAsked(standby, query)).sort(byFinding);
  }

  windows(): readonly string[] {
    return [...new Set([...this.#standbys.values()].flatMap(({ window }) => window ?? []))].sort();
  }

  saveCase(item: Case): void {
    const key = keyOf(item);
    this.#cases.set(item.id, item);
    if (item.state !== 'resolved') {
      this.#open.set(key, item.id);
      if (item.storm !== null) this.#storms.add(item.id);
      return;
    }
    const before = this.#resolved.get(key);
    if (this.#forgets && before !== undefined && before !== item.id) this.#cases.delete(before);
    if (this.#open.get(key) === item.id) this.#open.delete(key);
    this.#resolved.set(key, item.id);
    this.#storms.delete(item.id);
    this.#touched.delete(item.id);
    this.#openedBy.delete(item.id);
    for (const { id, state } of this.#membersOf(item.id)) if (state !== 'raised') this.#forget(id);
  }

  saveFinding(finding: Finding, lastEvent: number): void {
    const { id, device, state, source, bySilence } = finding;
    const before = this.#findings.get(id)?.finding;
    this.#count(finding, before);
    this.#findings.set(id, { finding, lastEvent });
    if (before?.case !== finding.case) this.#move(finding, before?.case ?? null);
    const holds = state === 'raised';
    if (source === 'silent') {
      if (holds) this.#silences.set(device, id);
      else if (this.#silences.get(device) === id) this.#silences.delete(device);
    }
    if (bySilence && holds) setOf(this.#bySilence, device).add(id);
    else this.#bySilence.get(device)?.delete(id);
    const item = this.#caseOf(finding.case ?? undefined);
    if (!holds && (item === undefined || item.state === 'resolved')) this.#forget(id);
  }

  addToTimeline(caseId: string, entry: TimelineItem): void {
    const { kind, data, actor } = entry;
    if (actor !== 'engine') this.#touched.add(caseId);
    if (!this.#forgets) this.#timelines.set(caseId, [...this.timeline(caseId), entry]);
    if (kind === 'opened' && typeof data.source === 'string') this.#openedBy.set(caseId, data.source);
  }

  noteOpening({ source, product, at, until }: Parameters<CaseRecords['noteOpening']>[0]): void {
    this.#openings = this.#openings.filter((one) => one.at > until);
    this.#openings.push({ source, product, at });
  }

  saveStandby(standby: Standby): void {
    this.#standbys.set(standby.finding, standby);
  }

  dropStandby(finding: string): void {
    this.#standbys.delete(finding);
  }

  #caseOf(id: string | undefined): Case | undefined {
    return id === undefined ? undefined : this.#cases.get(id);
  }

  #openStorms(): Case[] {
    const open = [...this.#storms].flatMap((id) => this.#cases.get(id) ?? []);
    return open.sort((a, b) => a.number - b.number);
  }

  /** In the order of their names, as a driver answers. */
  #membersOf(caseId: string): Finding[] {
    const found = [...(this.#members.get(caseId) ?? [])].flatMap((id) => this.#findings.get(id)?.finding ?? []);
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #count(finding: Finding, before: Finding | undefined): void {
    if (finding.hiddenBy.length > 0 && (before?.hiddenBy.length ?? 0) === 0) this.kept.hidden += 1;
    if (finding.case === null || finding.case === before?.case) return;
    const item = this.#cases.get(finding.case);
    if (item?.storm != null) this.kept.inStorms += 1;
    else if (item?.device !== finding.device) this.kept.behindGateways += 1;
  }

  #move({ id, product, case: to }: Finding, from: string | null): void {
    if (from !== null) {
      this.#members.get(from)?.delete(id);
      if (!this.#membersOf(from).some((one) => one.product === product)) this.#reached.get(from)?.delete(product);
    }
    if (to === null) return;
    setOf(this.#members, to).add(id);
    if (this.#cases.get(to)?.product !== product) setOf(this.#reached, to).add(product);
  }

  #forget(id: string): void {
    if (!this.#forgets) return;
    const known = this.#findings.get(id)?.finding;
    this.#findings.delete(id);
    if (known === undefined || known.case === null) return;
    const members = this.#members.get(known.case);
    members?.delete(id);
    if (members?.size === 0) this.#members.delete(known.case);
  }
}

function keyOf({ device, failureMode }: Pick<Case, 'device' | 'failureMode'>): string {
  return `${device}\n${failureMode}`;
}

function setOf(sets: Map<string, Set<string>>, key: string): Set<string> {
  const known = sets.get(key);
  if (known !== undefined) return known;
  const made = new Set<string>();
  sets.set(key, made);
  return made;
}

function isAsked({ window, dueAt, around }: Standby, query: StandbyQuery): boolean {
  if (query.by === 'window') return window === query.window;
  if (query.by === 'due') return dueAt !== undefined && dueAt <= query.upAt;
  return around.above.some(({ device }) => device === query.device);
}

function byFinding(a: Standby, b: Standby): number {
  return a.finding < b.finding ? -1 : 1;
}
