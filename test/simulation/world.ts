import { Random } from '../../simulators/random.ts';
import { TimeQueue } from '../../simulators/time-queue.ts';
import type { Timers } from '../../src/intake/index.ts';

/** A world in which so much happens has something in it that never rests. */
const stepsMax = 100_000;

/**
 * Time and order of a simulated world. Nothing happens but by its queue, one thing after the other, and all chance comes
 * from the seed: what a seed does once it does always.
 */
export class World {
  readonly random: Random;
  readonly #queue = new TimeQueue<() => void>();
  /** By the number of steps. */
  readonly #between = new TimeQueue<() => void>();
  readonly #startAt: number;
  readonly #trace: string[] | undefined;
  #now = 0;
  #clockShift = 0;
  #steps = 0;
  #digest = 0;

  constructor(seed: number, options: { readonly startAt: number; readonly traced: boolean }) {
    this.random = new Random('world', seed);
    this.#startAt = options.startAt;
    this.#trace = options.traced ? [] : undefined;
  }

  /** Milliseconds since the world began; nobody in it can set this. */
  get now(): number {
    return this.#now;
  }

  get steps(): number {
    return this.#steps;
  }

  /** What happened, if it was asked for. */
  get trace(): readonly string[] {
    return this.#trace ?? [];
  }

  /** Tells runs apart: equal for equal courses of events. */
  get digest(): number {
    return this.#digest;
  }

  /** True time, as devices with a good clock have it. */
  readonly trueTime = (): number => this.#startAt + Math.floor(this.#now);

  /** The service's clock, which people and time servers set. */
  readonly clock = (): number => this.trueTime() + this.#clockShift;

  setClock(shiftMs: number): void {
    this.#clockShift = shiftMs;
  }

  after(ms: number, happens: () => void): void {
    this.#queue.push(this.#now + ms, happens);
  }

  /** Between two things that happen: so many from now. Where much happens at once it comes to pass in the midst of it. */
  afterSteps(steps: number, happens: () => void): void {
    this.#between.push(this.#steps + steps, happens);
  }

  note(text: string): void {
    for (let index = 0; index < text.length; index++) this.#digest = (this.#digest * 31 + text.charCodeAt(index)) | 0;
    this.#trace?.push(`${(this.#now / 1_000).toFixed(3)} s  ${text}`);
  }

  /** Lets things happen until `isOver`, or until `untilMs`. Resolves to whether it is over. */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<boolean> {
    await drained();
    while (!isOver()) {
      if (this.#queue.nextAt > untilMs) {
        this.#now = Math.max(this.#now, untilMs);
        return false;
      }
      this.#now = Math.max(this.#now, this.#queue.nextAt);
      this.#queue.pop()?.();
      this.#steps += 1;
      if (this.#steps > stepsMax) throw new Error(`nothing comes to an end: ${stepsMax} steps`);
      await drained();
      while (this.#between.nextAt <= this.#steps) this.#between.pop()?.();
    }
    return true;
  }
}

/** One life of the service's process. What it waits for when it ends never comes. */
export class Life {
  readonly #world: World;
  readonly #random: Random;
  #alive = true;
  #workedMs = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random;
  }

  get alive(): boolean {
    return this.#alive;
  }

  end(): void {
    this.#alive = false;
  }

  /** Does it later, unless the process has died by then. */
  after(ms: number, happens: () => void): void {
    this.#world.after(ms, () => {
      if (this.#alive) happens();
    });
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** What the pipeline and the intake wait by. */
  readonly timers: Timers = {
    // Work takes time too: now and then a slice of it is over.
    now: () => {
      if (this.#random.chance(0.02)) this.#workedMs += 9;
      return this.#world.now + this.#workedMs;
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        signal?.addEventListener('abort', () => resolve(), { once: true });
        this.after(ms, resolve);
      }),
    turn: () => this.wait(this.#random.chance(0.3) ? this.#random.exponential(0.5) : 0),
  };
}

/** Resolves when everything that is ready has had its turn. */
function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
