import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { register } from '../acceptance/fixture.ts';
import { type ServiceProcess, until } from '../service-process.ts';
import type { LoadOrder, LoadPlan, LoadState } from './load-plan.ts';

/** Devices under load, in a process of their own; paused at first. */
export interface Load {
  readonly plan: LoadPlan;
  resume(): void;
  /** Sends nothing new; resolves when all that was sent is acknowledged. */
  pause(): Promise<LoadState>;
  state(): Promise<LoadState>;
  /** Until so many more reports are acknowledged. */
  progress(more: number): Promise<void>;
  end(): void;
}

export interface LoadOptions {
  readonly devices: number;
  readonly pauseMs: number;
  /** How long an acknowledgement may take before the test fails. */
  readonly patienceMs: number;
}

export async function startLoad(service: ServiceProcess, options: LoadOptions): Promise<Load> {
  const devices = [];
  for (let index = 0; index < options.devices; index += 1) devices.push(await register(service, `fridge-${index}`));
  const plan: LoadPlan = { mqttUrl: service.mqttUrl, devices, pauseMs: options.pauseMs };
  const child = fork(join(import.meta.dirname, 'load-process.ts'), [JSON.stringify(plan)], { execArgv: [] });
  const order = (what: LoadOrder) => child.send(what);
  const answer = async (): Promise<LoadState> => {
    const [state] = await once(child, 'message', { signal: AbortSignal.timeout(options.patienceMs) });
    return state;
  };
  const state = () => {
    const told = answer();
    order('tell');
    return told;
  };
  return {
    plan,
    state,
    resume: () => void order('resume'),
    pause: async () => {
      const told = answer();
      order('pause');
      return told;
    },
    progress: async (more) => {
      const goal = sum((await state()).acknowledged) + more;
      const reached = async () => sum((await state()).acknowledged) >= goal;
      await until(reached, options.patienceMs, `${more} more reports are acknowledged`);
    },
    end: () => void child.kill('SIGKILL'),
  };
}

export function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
