import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { buildServer, createSetupLink, defaultApiLimits } from '../api/index.ts';
import { AftercareError, type Clock, formatInstant, secondMs } from '../base/index.ts';
import { defaultBrokerLimits } from '../broker/index.ts';
import { openThreadedCaseStore } from '../cases/index.ts';
import { openIntake } from '../intake/index.ts';
import type { Log } from '../log/index.ts';
import { openPipeline, openThreadedCheckpoint, type PipelineView, type Uncorrected } from '../pipeline/index.ts';
import { createDirectory, openEmbeddedRegistry } from '../registry/index.ts';
import { readBack } from '../rules/index.ts';
import { type InfluxStore, openInfluxStore, openThreadedStore, preferServer, startKeeper } from '../store/index.ts';
import { encodeRecord, type LogRecord } from '../telemetry/index.ts';
import { createBacktests } from './backtests.ts';
import type { Config } from './config.ts';
import { buildConsole } from './console-build.ts';
import { keptSecret, takeDataFolder } from './data-folder.ts';
import { createDemo } from './demo.ts';
import { upgradeLayout } from './layout.ts';
import { createMetrics } from './metrics.ts';
import { createPackPublisher, publishPacks } from './pack-publisher.ts';
import { readPack, readPublishedPack } from './packs.ts';
import { createWhy } from './why.ts';

export interface ServiceOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The project's folder, where the console is. */
  readonly root: string;
  /** The service cannot keep its promises any more; the process should end. Nothing acknowledged is lost. */
  readonly onBroken: (error: Error) => void;
}

export interface Service {
  readonly httpUrl: string;
  readonly mqttUrl: string;
  /** Path below `httpUrl` that makes the first account; undefined once there is one. */
  readonly setupPath: string | undefined;
  /** Where the admin token is kept; undefined when it came with the settings. */
  readonly tokenFile: string | undefined;
  stop(): Promise<void>;
}

const tickEveryMs = 5 * secondMs;
const missedTicks = 3;

const uncorrectedWords: Readonly<Record<Uncorrected['why'], string>> = {
  'stretch-too-long': 'more than 100,000 reports would have to be judged again',
  'version-forgotten': 'they are from under a version of the product pack that is not kept any more',
  'nothing-known-before': 'what was known of the device before them is not kept any more',
  retired: 'the device was retired',
};

/** Starts everything in the order in which data flows, and stops it the other way round. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const stops: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  try {
    return { ...(await startParts(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  options: ServiceOptions,
  stops: (() => Promise<void> | void)[],
): Promise<Omit<Service, 'stop'>> {
  const { config, logger, clock, onBroken } = options;
  const folder = takeDataFolder(config.AFTERCARE_DATA);
  stops.push(() => folder.release());
  upgradeLayout(folder.path);
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  const secret = () => randomBytes(32).toString('base64url');
  const serverKey = Buffer.from(keptSecret(join(folder.path, 'server.key'), secret), 'base64url');
  const tokenFile = config.AFTERCARE_TOKEN === undefined ? join(folder.path, 'admin-token') : undefined;
  const adminToken = tokenFile === undefined ? config.AFTERCARE_TOKEN : keptSecret(tokenFile, secret);

  const logBytesMax = config.AFTERCARE_LIMIT_LOG_BYTES;
  const intake = await openIntake({
    folder: join(folder.path, 'log'),
    bytesMax: logBytesMax,
    onCut: (cut) => logger.warn({ cut }, 'a crash had cut the last append short; it was never acknowledged'),
    onBroken,
  });
  stops.push(() => intake.close());
  const { log } = intake;
  const registry = await openEmbeddedRegistry({ folder: folder.path });
  stops.push(() => registry.close());
  const products = new Set<string>();
  const knownProducts = () => [...products];
  const directory = createDirectory({ log, registry, clock, random, serverKey, knownProducts });
  const recovered = await directory.recover();
  if (recovered > 0) logger.info({ facts: recovered }, 'took over facts that a crash had left in the log');
  const publisher = createPackPublisher({
    directory,
    registry,
    onPublished: (product) => products.add(product),
    onLacking: (problem) => logger.error(problem),
  });
  const packs = await publishPacks({ folder: config.AFTERCARE_PRODUCTS, publisher, registry });
  for (const problem of packs.problems) logger.error(problem);
  for (const pack of packs.published) logger.info(pack, 'published a product pack');
  for (const pack of await registry.packs()) products.add(pack.product);
  if (products.size === 0)
    logger.warn({ folder: config.AFTERCARE_PRODUCTS }, 'there is no product pack: no device can be registered');

  const storeBytesMax = config.AFTERCARE_LIMIT_STORE_BYTES;
  const store = await openThreadedStore({ folder: folder.path, bytesMax: storeBytesMax, onBroken });
  stops.push(() => store.close());
  const influx = await openServer(config, folder.path);
  stops.push(() => influx?.close());
  const keeper = startKeeper({
    store,
    clock,
    ageMs: config.AFTERCARE_LIMIT_STORE_AGE,
    keepFrom: async () => (influx ? influx.cursor() : Number.MAX_SAFE_INTEGER),
    onSpace: (trouble) => {
      if (trouble === undefined) logger.info('the telemetry store has room again');
      else logger.warn({ trouble }, 'the telemetry store runs out of room');
    },
    onTrouble: (error) => logger.warn({ err: error }, 'upkeep of the telemetry store did not work; it is tried again'),
  });
  stops.push(() => keeper.stop());
  const cases = await openThreadedCaseStore({
    folder: folder.path,
    casesPerRuleHourMax: config.AFTERCARE_LIMIT_CASES_PER_RULE_HOUR,
    onBroken,
  });
  stops.push(() => cases.close());
  const checkpoint = await openThreadedCheckpoint({ folder: folder.path, onBroken });
  stops.push(() => checkpoint.close());
  const pipeline = await openPipeline({
    log,
    store,
    server: influx,
    cases,
    clock,
    checkpoint,
    readPack: (file, source) => {
      const pack = readPublishedPack(file, source);
      if (!pack) logger.error({ file }, 'a published pack cannot be read any more; publish a mended version');
      return pack;
    },
    logAgeMs: config.AFTERCARE_LIMIT_LOG_AGE,
    logBytesMax,
    settleRegistry: () => directory.settle(),
    forsake: (device, before) => store.forsake(device, before),
    onProcessed: (next) => intake.processed(next),
    publish: (topic, payload) => intake.publish(topic, payload),
    onUncorrected: ({ device, reports, at, why }) => {
      const late = { device, reports, earliest: formatInstant(at), why: uncorrectedWords[why] };
      logger.warn(late, 'reports that came late are stored, but were not judged');
    },
    onTrouble: (error, attempt) => logger.warn({ err: error, attempt }, 'a store did not answer; it is tried again'),
    onBroken,
  });
  stops.push(() => pipeline.stop());
  stops.push(await startTicking(log, clock, logger));
  const mqttAddress = await intake.listen({
    ...config.AFTERCARE_MQTT,
    limits: {
      ...defaultBrokerLimits,
      packetBytesMax: config.AFTERCARE_LIMIT_PACKET_BYTES,
      connectionsMax: config.AFTERCARE_LIMIT_CONNECTIONS,
      reportsPerSecondMax: config.AFTERCARE_LIMIT_REPORTS_PER_SECOND,
    },
    authenticate: (device, given) => directory.authenticate(device, given),
  });
  stops.push(() => intake.stopListening());
  pipeline.start();

  const consoleBuild = buildConsole({
    root: options.root,
    onBuilt: (tookMs) => logger.info({ tookMs }, 'built the console'),
    onFailed: (output) => logger.error({ output }, 'the console could not be built; everything else works'),
  });
  stops.push(() => consoleBuild.stop());
  const hashToken = (text: string) => createHash('sha256').update(text).digest('base64url');
  const metrics = createMetrics({
    log,
    logBytesMax,
    storeSpace: () => store.space(),
    view: () => pipeline.view,
    connections: () => intake.connections(),
    cases,
    clock,
  });
  const mqttUrl = `mqtt://${shownHost(mqttAddress.host)}:${mqttAddress.port}`;
  const demo = createDemo({
    api: () => ({ url: httpUrl, mqttUrl, token: adminToken ?? '' }),
    clock,
    logger,
  });
  const newId = () => Buffer.from(random(9)).toString('base64url');
  const casesPerRuleHourMax = config.AFTERCARE_LIMIT_CASES_PER_RULE_HOUR;
  const backtests = createBacktests({ folder: folder.path, clock, casesPerRuleHourMax, newId, logger });
  stops.push(() => backtests.stop());
  const checks = { mqtt: true, http: true, log: true };
  const server = await buildServer({
    directory,
    registry,
    cases,
    store: influx ? preferServer(influx, store, () => isServerBehind(pipeline.view)) : store,
    view: pipeline.view,
    disconnect: (device) => intake.disconnect(device),
    storeTrouble: () => store.space().trouble,
    ready: () => ({
      ok: intake.refusal() === undefined,
      checks: { ...checks, log: intake.refusal() === undefined },
    }),
    metrics: () => metrics.text(),
    publishPack: publisher.import,
    readPack: (file, source) => {
      return readPack(file, source, new Map(pipeline.view.packs().map((pack) => [pack.product, pack])));
    },
    ruleSentence: (pack, rule) => readBack(rule, pack, pipeline.view.pack(pack.parent ?? '')),
    demo,
    backtests,
    why: createWhy(folder.path),
    clock,
    random,
    hashToken,
    adminTokenHash: hashToken(adminToken ?? ''),
    consoleFolder: () => consoleBuild.folder(),
    limits: { ...defaultApiLimits, tokenCallsPerSecondMax: config.AFTERCARE_LIMIT_CALLS_PER_SECOND },
    logger,
  });
  const { host, port } = config.AFTERCARE_HTTP;
  const httpUrl = await listen(() => server.listen({ host, port }), `${host}:${port}`);
  stops.push(() => server.close());
  stops.push(() => demo.stop());
  return {
    httpUrl,
    mqttUrl,
    setupPath: await createSetupLink({ registry, clock, random, hashToken }),
    tokenFile,
  };
}

/** Service time goes into the log, from where silence is noticed. Resolves to what ends it, once the log knows of now. */
async function startTicking(log: Log, clock: Clock, logger: Logger): Promise<() => void> {
  const append = (record: LogRecord) => log.append([encodeRecord(record)]);
  const failed = (error: unknown) =>
    logger.warn({ err: error }, 'a record of the service itself was not written; it is tried again with the next tick');
  let tickedAt: number | undefined;
  const tick = async () => {
    const at = clock();
    // The service was away, the machine slept, or the log took nothing: that time was no device's silence.
    const wasAway = tickedAt === undefined || at - tickedAt > missedTicks * tickEveryMs;
    if (wasAway) await append({ kind: 'resumed', at });
    await append({ kind: 'tick', at });
    tickedAt = Math.max(tickedAt ?? at, at);
  };
  await tick().catch(failed);
  const ticking = setInterval(() => void tick().catch(failed), tickEveryMs);
  return () => clearInterval(ticking);
}

async function openServer(config: Config, folder: string): Promise<InfluxStore | undefined> {
  const { INFLUX_URL: url, INFLUX_TOKEN: token, INFLUX_ORG: org, INFLUX_BUCKET: bucket, INFLUX_DB: db } = config;
  return url === undefined ? undefined : openInfluxStore({ url, token, org, bucket, db, folder });
}

function isServerBehind(view: PipelineView): boolean {
  return view.server()?.behindSince !== undefined;
}

async function listen(start: () => Promise<string>, address: string): Promise<string> {
  try {
    return await start();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') throw error;
    const reason = code === 'EADDRINUSE' ? 'is taken by another process' : 'cannot be listened on';
    throw new AftercareError('port-in-use', `HTTP address ${address} ${reason}`, {
      cause: error,
      hint: 'stop that process, or choose another address with AFTERCARE_HTTP',
    });
  }
}

function shownHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
