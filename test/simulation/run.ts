import { isAftercareError } from '../../src/base/index.ts';
import type { Case } from '../../src/cases/index.ts';
import { FakeFiles } from '../log/fake-files.ts';
import { SimDevice } from './device.ts';
import { noCases } from './memory/cases.ts';
import { noCheckpoint } from './memory/checkpoint.ts';
import { noRegistry } from './memory/registry.ts';
import { noTelemetry } from './memory/store.ts';
import { sources } from './pack.ts';
import { drawPlan, type Plan } from './plan.ts';
import { type Machine, packVersion, type Service, type StandIns, startService, type Weather } from './service.ts';
import { type PersonsAct, verify } from './verify.ts';
import { Witness } from './witness.ts';
import { Life, World } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  readonly standIns?: StandIns;
  /** Changes what the seed has in store. */
  readonly plan?: Partial<Plan>;
  readonly traced?: boolean;
}

export interface RunResult {
  readonly seed: number;
  /** What was changed of what the seed has in store. */
  readonly plan: Partial<Plan>;
  /** What was promised and not kept; empty when all was. */
  readonly problems: readonly string[];
  /** Equal for equal courses of events. */
  readonly digest: number;
  readonly trace: readonly string[];
  readonly counts: {
    readonly steps: number;
    readonly deaths: number;
    readonly records: number;
    readonly acknowledged: number;
    readonly findings: number;
    readonly cases: number;
  };
}

const startAt = Date.UTC(2026, 2, 1, 12);
const minuteMs = 60_000;
/** How long the world may take to come to rest once all is well: the longest pause between attempts, and then some. */
const restWithinMs = 5 * minuteMs;
/** What was begun in bad times may still fail for a while. */
const afterpainsMs = 10_000;

/** Lives through all that the seed has in store, lets the world come to rest, and looks whether promises were kept. */
export function runSeed(options: RunOptions): Promise<RunResult> {
  return new Simulation(options).run();
}

class Simulation {
  readonly #options: RunOptions;
  readonly #plan: Plan;
  readonly #world: World;
  readonly #witness = new Witness();
  readonly #weather: Weather = { storeAway: false, serverAway: false, casesAway: false, diskFull: false, slowness: 1 };
  readonly #machine: Machine;
  readonly #devices: SimDevice[];
  /** What people were told to be done, and whether they tried anything at all: the answer may have been lost. */
  readonly #acts: PersonsAct[] = [];
  #peopleTried = false;
  readonly #problems: string[] = [];
  /** Devices of which something was refused: it came again later than what was sent after it. */
  readonly #refused = new Set<string>();
  #life: Life;
  /** Undefined while the process is down or starting. */
  #service: Service | undefined;
  #isStopping = false;
  #calmAt = Number.POSITIVE_INFINITY;
  #deaths = 0;

  constructor(options: RunOptions) {
    const { seed, traced = false } = options;
    this.#options = options;
    this.#plan = { ...drawPlan(seed), ...options.plan };
    this.#world = new World(seed, { startAt, traced });
    this.#life = new Life(this.#world);
    this.#life.end();
    const files = new FakeFiles(seed);
    files.forgetsFailedSyncs = this.#plan.forgetsFailedSyncs;
    this.#machine = {
      files,
      telemetry: noTelemetry(),
      server: this.#plan.withServer ? noTelemetry() : undefined,
      cases: noCases(),
      registry: noRegistry(),
      checkpoint: noCheckpoint(),
    };
    this.#devices = Array.from({ length: this.#plan.devices }, (_, index) => this.#device(`d${index}`));
  }

  async run(): Promise<RunResult> {
    const { lengthMs } = this.#plan;
    try {
      this.#boot();
      for (const device of this.#devices) this.#install(device);
      this.#trouble();
      await this.#world.run(lengthMs);
      await this.#comeToRest();
    } catch (error) {
      this.#say(`the run broke off: ${error instanceof Error ? error.stack : String(error)}`);
    }
    const { steps, digest, trace } = this.#world;
    const { history, acknowledged } = this.#witness;
    const { findings, cases } = this.#machine.cases;
    return {
      seed: this.#options.seed,
      plan: this.#options.plan ?? {},
      problems: [...new Set([...this.#witness.problems, ...this.#problems])],
      digest,
      trace,
      counts: {
        steps,
        deaths: this.#deaths,
        records: history.length,
        acknowledged,
        findings: findings.size,
        cases: cases.size,
      },
    };
  }

  #device(id: string): SimDevice {
    return new SimDevice(id, {
      world: this.#world,
      seed: this.#options.seed,
      listener: () => (this.#isStopping ? undefined : this.#service),
      isCalm: () => this.#isCalm(),
      onDelivery: (device, record) => {
        const acknowledged = this.#witness.delivered(record);
        return (outcome) => {
          this.#world.note(`${device} ${outcome}`);
          if (outcome === 'acknowledged') acknowledged();
          else this.#refused.add(device);
        };
      },
    });
  }

  #boot(): void {
    if (this.#life.alive) return;
    const world = this.#world;
    const life = new Life(world);
    this.#life = life;
    world.note('start');
    startService({
      world,
      life,
      machine: this.#machine,
      weather: this.#weather,
      sizes: this.#plan.sizes,
      standIns: this.#options.standIns ?? {},
      onWritten: (written) => this.#witness.wrote(written),
      onOpened: (log) => this.#witness.opened(log, this.#machine),
      onBroken: (error) => this.#broke(life, error),
    }).then(
      (service) => {
        world.note('started');
        this.#service = service;
      },
      (error: unknown) => this.#broke(life, error),
    );
  }

  /** The process ends itself, and is started again by whoever looks after it. */
  #broke(life: Life, error: unknown): void {
    this.#world.note(`broken: ${String(error)}`);
    const excused =
      isAftercareError(error) && error.code !== 'log-corrupt' && this.#world.now < this.#calmAt + afterpainsMs;
    if (!excused) this.#say(`the service broke: ${error instanceof Error ? error.stack : String(error)}`);
    this.#world.after(0, () => {
      if (life.alive) this.#die('kill');
    });
  }

  #die(how: 'power' | 'kill'): void {
    const { random } = this.#world;
    this.#world.note(`death by ${how}`);
    this.#deaths += 1;
    this.#life.end();
    this.#service = undefined;
    this.#isStopping = false;
    if (how === 'power') this.#machine.files.crash();
    else this.#machine.files.kill();
    for (const device of this.#devices) device.disconnected();
    const downMs = this.#isCalm()
      ? 1_000
      : random.chance(0.1)
        ? random.between(1, 15) * minuteMs
        : random.between(50, 9_000);
    this.#world.after(downMs, () => this.#boot());
  }

  #stop(service: Service): void {
    this.#world.note('stop');
    const life = this.#life;
    this.#isStopping = true;
    for (const device of this.#devices) device.disconnected();
    const end = () => {
      if (life.alive) this.#die('kill');
    };
    service.stop().then(end, (error: unknown) => this.#broke(life, error));
    this.#world.after(90_000, end);
  }

  /** Tries until it is done; whoever asked a process that died meanwhile asks again. */
  #install(device: SimDevice): void {
    let done = false;
    const attempt = () => {
      if (done) return;
      this.#world.after(5_000, attempt);
      const gateway = this.#plan.withGateway ? this.#devices[0]?.id : undefined;
      const parent = gateway === device.id ? undefined : gateway;
      this.#service?.directory
        .register({ id: device.id, product: 'fridge', parent })
        .then(registered, (error: unknown) => {
          if (isAftercareError(error, 'device-exists')) registered();
        });
    };
    const registered = () => {
      if (done) return;
      done = true;
      this.#world.note(`${device.id} registered`);
      device.start();
      if (this.#isCalm()) device.finish();
    };
    this.#world.after(200, attempt);
  }

  #trouble(): void {
    const { deathEverySteps, deathsMax, withPeople, newPackAtMs } = this.#plan;
    const { random } = this.#world;
    const weather = this.#weather;
    const deathAfter = () => (random.chance(0.3) ? 1 + random.below(40) : 1 + random.exponential(deathEverySteps));
    const death = () => {
      if (this.#isCalm() || this.#deaths >= deathsMax) return;
      if (this.#life.alive) this.#suffer();
      this.#world.afterSteps(deathAfter(), death);
    };
    this.#world.afterSteps(deathAfter(), death);
    const { files } = this.#machine;
    this.#spells(this.#plan.storeAwayEveryMs, (on) => {
      weather.storeAway = on;
    });
    this.#spells(this.#plan.serverAwayEveryMs, (on) => {
      weather.serverAway = on;
    });
    this.#spells(this.#plan.casesAwayEveryMs, (on) => {
      weather.casesAway = on;
    });
    this.#spells(this.#plan.slowEveryMs, (on) => {
      weather.slowness = on ? random.pick([10, 200, 2_000]) : 1;
    });
    this.#spells(this.#plan.diskFullEveryMs, (on) => {
      weather.diskFull = on;
      if (on) files.fill();
      else files.mend();
    });
    this.#spells(this.#plan.clockSetEveryMs, () => {
      this.#world.setClock(random.pick([0, 0, 30_000, -30_000, 3_600_000, -3_600_000, 86_400_000, -86_400_000]));
    });
    this.#spells(this.#plan.diskErrorEveryMs, (on) => {
      if (on)
        files.failNext(random.pick(['write', 'sync', 'sync', 'truncate', 'open', 'remove', 'sync-folder', 'read']));
    });
    if (withPeople) this.#people();
    if (Number.isFinite(this.#plan.maintenanceEveryMs)) this.#maintenance();
    if (Number.isFinite(newPackAtMs)) this.#world.after(newPackAtMs, () => this.#publish(2));
  }

  #suffer(): void {
    const { random } = this.#world;
    const { stopShare, powerShare } = this.#plan;
    if (this.#service && !this.#isStopping && random.chance(stopShare)) this.#stop(this.#service);
    else this.#die(random.chance(powerShare) ? 'power' : 'kill');
  }

  /** Something that begins and ends again and again. */
  #spells(everyMs: number, change: (on: boolean) => void): void {
    if (!Number.isFinite(everyMs)) return;
    const { random } = this.#world;
    this.#world.after(random.exponential(everyMs), () => {
      if (this.#isCalm()) return;
      change(true);
      this.#world.after(random.exponential(minuteMs), () => {
        change(false);
        this.#spells(everyMs, change);
      });
    });
  }

  /** Somebody plans maintenance of a device or all, and may end it before its time. */
  #maintenance(): void {
    const { random, clock } = this.#world;
    // A fact that waits for a slow disk is in the log before all comes to rest.
    const isLate = () => this.#isCalm() || this.#world.now > this.#plan.lengthMs - 3 * minuteMs;
    this.#world.after(random.exponential(this.#plan.maintenanceEveryMs), () => {
      if (isLate()) return;
      this.#maintenance();
      const query = random.chance(0.5) ? { product: 'fridge' } : { device: this.#devices[0]?.id };
      const to = clock() + 30_000 + random.below(5 * minuteMs);
      const plan = { query, owner: 'Ana', reason: 'Seals', from: undefined, to };
      const end = (id: string) => {
        if (!isLate()) this.#service?.directory.endMaintenance(id, 'Bo').catch(() => undefined);
      };
      const planned = ({ id }: { readonly id: string }) => {
        this.#world.note(`maintenance ${id}`);
        if (random.chance(0.3)) this.#world.after(random.below(2 * minuteMs), () => end(id));
      };
      this.#service?.directory.planMaintenance(plan).then(planned, () => undefined);
    });
  }

  #people(): void {
    const { random } = this.#world;
    this.#world.after(random.exponential(3 * minuteMs), () => {
      if (this.#isCalm()) return;
      this.#people();
      this.#act().catch(() => undefined);
    });
  }

  /** Somebody takes a case, or says what it was. */
  async #act(): Promise<void> {
    const { random, clock } = this.#world;
    const service = this.#service;
    const { items = [] } = (await service?.cases.list({ limit: 5 })) ?? {};
    const [first, ...others] = items.filter(({ state }) => state !== 'resolved');
    if (first === undefined || service === undefined) return;
    const item: Case = random.pick([first, ...others]);
    const kind = item.state === 'new' && random.chance(0.5) ? 'acknowledge' : 'resolve';
    this.#peopleTried = true;
    const act = { case: item.id, version: item.version, actor: random.pick(['Ana', 'Bo']), now: clock() };
    if (kind === 'acknowledge') await service.cases.apply([{ kind, ...act }]);
    else await service.cases.apply([{ kind, ...act, verdict: 'confirmed_fault', note: undefined }]);
    this.#world.note(`${act.actor}: ${kind} ${item.number}`);
    this.#acts.push({ kind, ...act });
  }

  #publish(version: number): void {
    const again = () => this.#world.after(10_000, () => this.#publish(version));
    const published = () => {
      this.#world.note(`version ${version}`);
      const { nextPackAfterMs } = this.#plan;
      if (version >= sources.length || !Number.isFinite(nextPackAfterMs) || this.#isCalm()) return;
      this.#world.after(nextPackAfterMs, () => this.#publish(version + 1));
    };
    if (this.#service === undefined) again();
    else this.#service.directory.publishPack(packVersion(version)).then(published, again);
  }

  async #comeToRest(): Promise<void> {
    const { files } = this.#machine;
    this.#calmAt = this.#world.now;
    this.#world.note('calm');
    Object.assign(this.#weather, {
      storeAway: false,
      serverAway: false,
      casesAway: false,
      diskFull: false,
      slowness: 1,
    });
    files.mend();
    for (const device of this.#devices) device.finish();
    this.#boot();
    if (!(await this.#world.run(this.#world.now + restWithinMs, () => this.#isAtRest()))) {
      this.#say(`no rest within ${restWithinMs / minuteMs} min: ${this.#unrest()}`);
      return;
    }
    const { view } = this.#service ?? {};
    const ledgers = new Map(this.#devices.map(({ id }) => [id, view?.ledger(id)]));
    let stopped = false;
    this.#service?.stop().then(
      () => {
        stopped = true;
      },
      (error: unknown) => this.#say(`it does not stop: ${String(error)}`),
    );
    if (!(await this.#world.run(this.#world.now + restWithinMs, () => stopped)))
      this.#say('it does not come to a stop');
    this.#witness.checkAcknowledged();
    const { history } = this.#witness;
    const devices = this.#devices;
    const problems = await verify({
      history,
      machine: this.#machine,
      ledgers,
      devices,
      acts: this.#acts,
      peopleTried: this.#peopleTried,
      refused: this.#refused,
    });
    this.#problems.push(...problems);
  }

  #isAtRest(): boolean {
    const service = this.#service;
    if (service === undefined || this.#isStopping || !this.#devices.every((device) => device.isDone)) return false;
    // What has just become durable may not have been heard of behind the log.
    if (this.#machine.telemetry.cursor < this.#witness.history.length) return false;
    const { behindSince, acknowledged, stored, evaluated } = service.view.fleetLedger();
    return behindSince === undefined && acknowledged === stored && stored === evaluated;
  }

  #isCalm(): boolean {
    return this.#world.now >= this.#calmAt;
  }

  #unrest(): string {
    const waiting = this.#devices.filter((device) => !device.isDone).map(({ id }) => id);
    if (this.#service === undefined) return `it is not running; ${waiting} wait`;
    const { behindSince, acknowledged, stored, evaluated, server } = this.#service.view.fleetLedger();
    return `devices that wait: [${waiting}], ${JSON.stringify({ behindSince, acknowledged, stored, evaluated, server })}`;
  }

  #say(problem: string): void {
    this.#world.note(`PROBLEM ${problem}`);
    this.#problems.push(problem);
  }
}
