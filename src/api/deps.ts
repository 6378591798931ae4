import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../base/index.ts';
import type { CaseStore } from '../cases/index.ts';
import type { PipelineView } from '../pipeline/index.ts';
import type { PackProblem, ProductPack, RuleSpec } from '../product/index.ts';
import type { Directory, Registry } from '../registry/index.ts';
import type { TelemetryStore } from '../store/index.ts';
import type { Backtests } from './backtests.ts';
import type { WhyTold } from './why-route.ts';

export interface ApiLimits {
  readonly bodyBytesMax: number;
  /** Calls of the bearer token; beyond it 429. */
  readonly tokenCallsPerSecondMax: number;
  /** Calls from one address without a token; loopback has no limit. */
  readonly addressCallsPerMinuteMax: number;
  /** Wrong passwords for one account from one address, before it must wait. Holds on loopback too. */
  readonly loginFailuresMax: number;
  readonly liveClientsMax: number;
  /** What may wait unsent for one reader of `/live` before it is dropped. */
  readonly liveBufferBytesMax: number;
  readonly liveHeartbeatMs: number;
  /** Readers that follow no device are told at most this often that devices changed. */
  readonly liveFleetMs: number;
  /** A stream is ended after this long, so that its reader comes back and shows its rights again. */
  readonly liveStreamMsMax: number;
}

export const defaultApiLimits: ApiLimits = {
  bodyBytesMax: 256 * 1024,
  tokenCallsPerSecondMax: 1_000,
  addressCallsPerMinuteMax: 1_200,
  loginFailuresMax: 5,
  liveClientsMax: 500,
  liveBufferBytesMax: 1024 * 1024,
  liveHeartbeatMs: 15_000,
  liveFleetMs: 1_000,
  liveStreamMsMax: 3_600_000,
};

export interface Readiness {
  readonly ok: boolean;
  /** Each thing that must work, by name. */
  readonly checks: Readonly<Record<string, boolean>>;
}

/** A simulated fleet that newcomers may start; see `POST /demo`. */
export interface Demo {
  /** Resolves when its devices are registered and their reports begin to come; while it runs, changes nothing. */
  start(): Promise<void>;
  /** Ends its reports; devices and cases stay. While it does not run, changes nothing. */
  stop(): Promise<void>;
  state(): DemoState;
}

export interface DemoState {
  readonly running: boolean;
  /** How many it simulates, running or not. */
  readonly devices: number;
  /** Service time of the last start; undefined before the first. */
  readonly startedAt: number | undefined;
}

export interface ApiDeps {
  /** How devices are changed: the fact is in the log and in the registry when a call resolves. */
  readonly directory: Pick<
    Directory,
    | 'register'
    | 'change'
    | 'retire'
    | 'deleteReadings'
    | 'newSecret'
    | 'device'
    | 'planMaintenance'
    | 'endMaintenance'
    | 'maintenance'
  >;
  readonly registry: Registry;
  readonly cases: CaseStore;
  readonly store: TelemetryStore;
  readonly view: PipelineView;
  /** Ends the MQTT connections of a device. */
  readonly disconnect: (device: string) => void;
  readonly ready: () => Readiness;
  /** What is wrong with the embedded store's room; undefined when all is well. */
  readonly storeTrouble: () => string | undefined;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** Publishes a pack's text as its product's next version, or tells its problems. */
  readonly publishPack: (
    file: string,
    source: string,
  ) => Promise<
    | { readonly product: string; readonly version: number; readonly isNew: boolean }
    | { readonly problems: readonly PackProblem[] }
  >;
  /** Reads a pack's text without publishing it. */
  readonly readPack: (
    file: string,
    source: string,
  ) => { readonly pack: ProductPack } | { readonly problems: readonly PackProblem[] };
  /** A rule in a sentence. */
  readonly ruleSentence: (pack: ProductPack, rule: RuleSpec) => string;
  /** Absent where there is none: its calls then do not exist, and the console offers none. */
  readonly demo?: Demo;
  /** Absent where there is nothing to replay: its calls then do not exist. */
  readonly backtests?: Backtests;
  /** How each rule stood for a device at one minute, by replay. Absent as `backtests` is. */
  readonly why?: (asked: { readonly device: string; readonly at: number }) => Promise<WhyTold>;
  readonly clock: Clock;
  /** Cryptographically strong bytes. */
  readonly random: (bytes: number) => Uint8Array;
  /** One way; the same text gives the same hash after a restart. */
  readonly hashToken: (token: string) => string;
  readonly adminTokenHash: string;
  /** Folder of the built console; undefined while it is being built. */
  readonly consoleFolder?: () => string | undefined;
  readonly limits: ApiLimits;
  readonly logger: FastifyBaseLogger;
}
