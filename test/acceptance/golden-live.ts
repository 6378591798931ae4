import {
  casesPerRuleHour,
  counted,
  type GoldenCase,
  type Message,
  type Outcome,
  type Step,
  wordsFor,
  wordsOfCase,
  wordsOfFinding,
} from '../golden/golden-case.ts';
import { freePort } from '../servers.ts';
import { type ServiceProcess, startService, until } from '../service-process.ts';
import {
  type CaseItem,
  connectDevice,
  deadlineMs,
  type FindingItem,
  type Ledger,
  ledgerOf,
  minuteMs,
  type Page,
  publishReports,
  type TestDevice,
  type TimelineItem,
} from './fixture.ts';
import { casesInBacktest, type ReplayedCase } from './golden-backtest.ts';

const marker = `
product: marker
title: Marker
signals: {v: {kind: gauge}}
failureModes: {late: {title: Late}}
rules: [{id: late, when: v > 5.0, failureMode: late}]
`;
const markerFrom = Date.UTC(2025, 0, 1);

/** A case on its way through the service. */
interface Player {
  readonly item: GoldenCase;
  /** By id. */
  readonly devices: ReadonlyMap<string, TestDevice>;
  /** Ids of its maintenance, by name. */
  readonly maintenance: Map<string, string>;
  /** Its steps between ticks and restarts. */
  readonly stages: readonly (readonly Step[])[];
  zero: number | undefined;
  /** Of a case about silence, which goes on after its end. */
  seen: Outcome | undefined;
}

/** Golden cases against one real service, all at once, stage by stage; it is killed after the first. */
export class LiveGolden {
  readonly began = Date.now();
  service: ServiceProcess;
  readonly #options: Parameters<typeof startService>[0];
  readonly #players = new Map<string, Player>();
  readonly #backtests = new Map<string, Promise<readonly ReplayedCase[]>>();
  #marker: TestDevice | undefined;
  #markers = 0;
  #sent = 0;

  private constructor(service: ServiceProcess, options: Parameters<typeof startService>[0]) {
    this.service = service;
    this.#options = options;
  }

  static async begin(folders: { readonly products: string; readonly data: string }): Promise<LiveGolden> {
    const env = { AFTERCARE_LIMIT_CASES_PER_RULE_HOUR: String(casesPerRuleHour) };
    const options = { ...folders, env, ports: { http: await freePort(), mqtt: await freePort() } };
    return new LiveGolden(await startService(options), options);
  }

  zeroOf(item: GoldenCase): number {
    return item.zero ?? this.#playerOf(item).zero ?? this.began;
  }

  async play(items: readonly GoldenCase[]): Promise<void> {
    await this.#post('/products', { file: 'marker.yaml', source: marker });
    this.#marker = await this.#register({ id: 'marker', product: 'marker' });
    for (const item of items) {
      const { timezone, isInstalled } = item;
      const installedAt = isInstalled ? new Date(this.began).toISOString() : undefined;
      const devices = new Map<string, TestDevice>();
      for (const { id, product, site, parent } of item.devices) {
        devices.set(id, await this.#register({ id, product, timezone, installedAt, site, parent }));
      }
      const player = { item, devices, maintenance: new Map(), stages: stagesOf(item), zero: item.zero };
      this.#players.set(item.device, { ...player, seen: undefined });
    }
    const players = [...this.#players.values()];
    const stages = Math.max(2, ...players.map((player) => player.stages.length));
    for (let stage = 0; stage < stages; stage += 1) {
      await Promise.all(players.map((player) => this.#playStage(player, player.stages[stage] ?? [])));
      await this.#rest();
      if (stage === 0) {
        await this.service.kill('SIGKILL');
        this.service = await startService(this.#options);
      }
      await this.#corrected();
    }
  }

  /** Once it is the expected one; at the deadline whatever it is. */
  async outcome(item: GoldenCase): Promise<Outcome> {
    const player = this.#playerOf(item);
    player.seen ??= await this.#outcomeInTime(item);
    return player.seen;
  }

  /** The cases that the pack would have opened for the device. */
  async backtest(item: GoldenCase): Promise<readonly ReplayedCase[]> {
    const known = this.#backtests.get(item.product) ?? this.#backtestOf(item);
    this.#backtests.set(item.product, known);
    const own = this.#playerOf(item).devices;
    return (await known).filter(({ device }) => own.has(device));
  }

  async #playStage(player: Player, steps: readonly Step[]): Promise<void> {
    const { item } = player;
    let messages: Message[] = [];
    const send = async () => {
      await this.#send(player, messages);
      messages = [];
    };
    for (const step of steps) {
      if (step.kind === 'message') {
        // What another device tells comes before or behind it in the log.
        if (messages[0] && messages[0].device !== step.device) await send();
        messages.push(step);
        continue;
      }
      await send();
      if (step.kind === 'publish') {
        await this.#post('/products', {
          file: `${step.version}-of-${item.product}.yaml`,
          source: item.versions[step.version],
        });
      } else if (step.kind === 'silence') await this.#silent(step.device);
      else if (step.kind === 'plan') await this.#plan(player, step);
      else if (step.kind === 'end') await this.#post(`/maintenance/${player.maintenance.get(step.name)}/end`, {});
      else if (step.kind === 'acknowledge' || step.kind === 'resolve') await this.#work(player, step);
    }
    await send();
    if (item.steps.some(({ kind }) => kind === 'silence')) player.seen ??= await this.#outcomeInTime(item);
  }

  /** Sends what one device says in a row. */
  async #send(player: Player, messages: readonly Message[]): Promise<void> {
    const id = messages[0]?.device;
    if (id === undefined) return;
    player.zero ??= Date.now();
    const { zero, devices } = player;
    const client = await connectDevice(this.service, devices.get(id) ?? { id, secret: '' });
    const told = messages.map(({ topic, payload }) => [`devices/${id}/${topic}`, payload(zero)] as const);
    await Promise.all(told.map(([topic, payload]) => client.publishAsync(topic, payload, { qos: 1 })));
    this.#sent += messages.reduce((sum, { reports }) => sum + reports, 0);
    await client.endAsync();
  }

  async #plan(player: Player, { name, query, from, to }: Extract<Step, { kind: 'plan' }>): Promise<void> {
    player.zero ??= Date.now();
    const [starts, ends] = [from, to].map((span) => new Date((player.zero ?? 0) + span).toISOString());
    const planned = { query, reason: 'Work', owner: 'Ana', from: starts, to: ends };
    const { id } = await this.#post<{ id: string }>('/maintenance', planned);
    player.maintenance.set(name, id);
  }

  /** All that was sent is judged and stored. */
  async #rest(): Promise<void> {
    await until(
      async () => {
        const { body } = await this.service.api<Ledger>('GET', '/ledger');
        const { received, acknowledged, stored, evaluated } = body;
        return received === this.#sent && acknowledged === stored && acknowledged === evaluated;
      },
      deadlineMs,
      `the service is at rest at ${this.#sent} reports`,
    );
  }

  /** A report that comes late is judged with the tick that judges all that came late before it. */
  async #corrected(): Promise<void> {
    const device = this.#marker;
    if (device === undefined) throw new Error('there is no marker');
    this.#markers += 1;
    const at = markerFrom + this.#markers * 60 * minuteMs;
    const count = this.#markers;
    const [first, late] = [
      { at, boot: 'm', seq: 2 * count, signals: { v: 1 } },
      { at: at - minuteMs, boot: 'm', seq: 2 * count + 1, signals: { v: 9 } },
    ];
    await publishReports(this.service, device, [first, late]);
    this.#sent += 2;
    const isThere = async () => (await this.#findings(device.id)).length === count;
    await until(isThere, deadlineMs, 'what came late is judged');
  }

  async #silent(id: string): Promise<void> {
    const isSilent = async () =>
      (await this.#findings(id)).some(({ source, state }) => source === 'silent' && state === 'raised');
    await until(isSilent, deadlineMs, `${id} is silent`);
  }

  /** Somebody acts on the newest case of a failure mode, when all that was sent before is in it. */
  async #work({ item }: Player, step: Extract<Step, { kind: 'acknowledge' | 'resolve' }>): Promise<void> {
    const settled = async () => {
      const { acknowledged, stored, evaluated } = await ledgerOf(this.service, item.device);
      if (acknowledged !== stored || acknowledged !== evaluated || acknowledged === 0) return false;
      const [newest] = (await this.#cases(item.device)).filter(({ failureMode }) => failureMode === step.failureMode);
      return newest ?? false;
    };
    const found = await until(settled, deadlineMs, `${item.device} is judged and has a case of ${step.failureMode}`);
    const verdict = step.kind === 'resolve' ? { verdict: 'confirmed_fault' } : {};
    await this.#post(`/cases/${found.id}/${step.kind}`, { version: found.version, ...verdict });
  }

  async #outcomeInTime(item: GoldenCase): Promise<Outcome> {
    const wanted = JSON.stringify(item.expected);
    let last: Outcome | undefined;
    const isExpected = async () => {
      last = await this.#outcomeNow(item);
      return JSON.stringify(last) === wanted;
    };
    try {
      await until(isExpected, outcomeDeadlineMs, `the outcome of ${item.device}`);
    } catch (error) {
      if (last === undefined) throw error;
    }
    return last ?? item.expected;
  }

  async #outcomeNow(item: GoldenCase): Promise<Outcome> {
    const { device, expected } = item;
    const words = wordsFor(item, this.zeroOf(item), this.began);
    const ledger: Readonly<Record<string, unknown>> = { ...(await ledgerOf(this.service, device)) };
    const ids = item.devices.map(({ id }) => id);
    const cases = (await Promise.all(ids.map((id) => this.#cases(id)))).flat();
    const findings = (await Promise.all(ids.map((id) => this.#findings(id)))).flat();
    const timelines = await Promise.all(
      cases.map(async ({ id }) => {
        const path = `/cases/${id}/timeline?limit=1000`;
        return (await this.service.api<Page<TimelineItem>>('GET', path)).body.items;
      }),
    );
    return {
      findings: sortedAs(expected.findings, counted(findings.map((finding) => wordsOfFinding(finding, words)))),
      cases: sortedAs(
        expected.cases,
        counted(
          cases.map((one, index) => {
            const told = { ...one, startsAt: Date.parse(one.startsAt), openedAt: Date.parse(one.openedAt) };
            const timeline = (timelines[index] ?? []).map(({ kind }) => kind);
            return wordsOfCase({ ...told, isRecurrence: one.recurrenceOf !== null, timeline }, words);
          }),
        ),
      ),
      counts: Object.fromEntries(Object.keys(expected.counts).map((name) => [name, Number(ledger[name])])),
    };
  }

  async #backtestOf(item: GoldenCase): Promise<readonly ReplayedCase[]> {
    const own = [...this.#players.values()].filter((player) => player.item.product === item.product);
    const ids = own.flatMap((player) =>
      player.item.devices.flatMap((one) => (one.product === item.product ? one.id : [])),
    );
    const ledgers = await Promise.all(ids.map((id) => ledgerOf(this.service, id)));
    const reports = ledgers.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
    return casesInBacktest(this.service, item, reports);
  }

  async #findings(device: string) {
    const path = `/devices/${device}/findings?limit=1000`;
    const { body } = await this.service.api<Page<FindingItem>>('GET', path);
    return body.items.map(({ source, state, startsAt, openedAt, endsAt, hiddenBy }) => ({
      device,
      hiddenBy,
      source,
      state,
      startsAt: Date.parse(startsAt),
      openedAt: Date.parse(openedAt),
      endsAt: endsAt === null ? null : Date.parse(endsAt),
    }));
  }

  async #cases(device: string): Promise<readonly CaseItem[]> {
    const { body } = await this.service.api<Page<CaseItem>>('GET', `/cases?device=${device}`);
    return body.items.toSorted((a, b) => b.number - a.number);
  }

  #playerOf({ device }: GoldenCase): Player {
    const player = this.#players.get(device);
    if (player === undefined) throw new Error(`${device} was not played`);
    return player;
  }

  async #register(body: { readonly id: string } & Readonly<Record<string, unknown>>): Promise<TestDevice> {
    const { secret } = await this.#post<{ secret: string }>('/devices', body);
    return { id: body.id, secret };
  }

  async #post<Body>(path: string, body: unknown): Promise<Body> {
    const answer = await this.service.api<Body>('POST', path, body);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

/** A tick lets end what was hidden or explained. */
const outcomeDeadlineMs = 15_000;

function stagesOf({ device, steps }: GoldenCase): Step[][] {
  const stages: Step[][] = [[]];
  for (const step of steps) {
    if (step.kind === 'restart' && stages.length > 1)
      throw new Error(`${device}: the service is killed once, at first`);
    if (step.kind === 'restart' || step.kind === 'tick') stages.push([]);
    else stages.at(-1)?.push(step);
  }
  return stages;
}

/** The service lists them in an order of its own. */
function sortedAs(expected: readonly string[], found: readonly string[]): string[] {
  const place = (text: string) => {
    const index = expected.indexOf(text);
    return index === -1 ? expected.length : index;
  };
  return found.toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}
