import { parentPort, workerData } from 'node:worker_threads';
import { assert, sendError } from '../base/index.ts';
import { type Broker, startBroker } from '../broker/index.ts';
import { type Log, type LogCut, openLog, type WrittenGroup } from '../log/index.ts';
import { encodeRecord, messageRecordBytes, writeMessageRecord } from '../telemetry/index.ts';
import { Appender } from './appender.ts';
import { Lead } from './lead.ts';
import type { FromIntake, IntakeSettings, Request, ToIntake } from './messages.ts';
import { realTimers } from './timers.ts';

/*
 * The thread that acknowledges: broker, appender and the log's writer, and nothing that takes long. Whatever the
 * processing, the console or a garbage collection does meanwhile, devices are read from and answered.
 */

/** About a second's work: a case should open within two of its last report, however much is sent. */
const leadRecordsMax = 20_000;

assert(parentPort !== null, 'the intake runs in a thread of its own');
const port = parentPort;
// The other side made it; nobody else starts this file.
const settings = workerData as IntakeSettings;

let cut: LogCut | undefined;
const log: Log = await openLog({
  ...settings,
  cacheBytesMax: 0,
  onCut: (found) => {
    cut = found;
  },
  onWritten: passOn,
}).catch((error: unknown) => {
  tell({ kind: 'broken', error: sendError(error) });
  process.exit();
});
const lead = new Lead(leadRecordsMax, () => log.bounds().next);
const appender = new Appender({
  log,
  timers: realTimers,
  onBroken: (error) => tell({ kind: 'broken', error: sendError(error) }),
  whenNear: () => lead.whenNear(),
  onRefusal: () => tellState(),
});
let broker: Broker | undefined;
let authentications = 0;
const authenticating = new Map<number, PromiseWithResolvers<boolean>>();
let isStateDue = false;

lead.note(log.bounds().next);
port.on('message', (message: ToIntake) => take(message));
tell({ kind: 'opened', next: log.bounds().next, cut });

function take(message: ToIntake): void {
  if (message.kind === 'processed') lead.note(message.next);
  else if (message.kind === 'publish') broker?.publish(message.topic, message.payload);
  else if (message.kind === 'disconnect') broker?.disconnect(message.device);
  else if (message.kind === 'authenticated') authenticated(message);
  else {
    const { id } = message;
    answer(message).then(
      (value) => tell({ kind: 'done', id, value }),
      (error: unknown) => tell({ kind: 'failed', id, error: sendError(error) }),
    );
  }
}

async function answer(request: Request): Promise<unknown> {
  if (request.kind === 'append') return appender.appendOwn(request.payloads);
  if (request.kind === 'trim') return log.trim(request.before);
  if (request.kind === 'listen') return listen(request);
  await broker?.close();
  await appender.close();
  if (request.kind === 'stop-listening') return undefined;
  await log.close();
  // Nothing is left to wait for: the thread ends once the answer has gone.
  port.unref();
  return undefined;
}

async function listen({ host, port: number, limits }: Request & { kind: 'listen' }): Promise<Broker['address']> {
  broker = await startBroker({
    host,
    port: number,
    limits,
    handlers: {
      authenticate: (device, secret) => {
        const id = authentications++;
        const asked = Promise.withResolvers<boolean>();
        authenticating.set(id, asked);
        tell({ kind: 'authenticate', id, device, secret });
        return asked.promise;
      },
      refusal: () => appender.refusal(),
      onMessage: ({ device, topic, payload }, done) => {
        const message = { kind: 'message', receivedAt: Date.now(), device, topic, payload } as const;
        const fill = (memory: Buffer, at: number) => writeMessageRecord(message, memory, at);
        appender.reserve(messageRecordBytes(message), fill, done);
      },
      onOversize: (device, bytes) => {
        const record = encodeRecord({ kind: 'oversize', receivedAt: Date.now(), device, bytes });
        appender.append(record, () => undefined);
      },
      onConnection: () => tellState(),
    },
  });
  return broker.address;
}

function authenticated({ id, answer: known }: ToIntake & { kind: 'authenticated' }): void {
  const asked = authenticating.get(id);
  authenticating.delete(id);
  if (known === undefined) asked?.reject(new Error('the credentials could not be looked up'));
  else asked?.resolve(known);
}

/** The memory goes along: nothing is copied, and nobody here reads it again. */
function passOn(written: WrittenGroup): void {
  const { buffer } = written.group.body;
  assert(buffer instanceof ArrayBuffer, 'a group has memory of its own');
  port.postMessage({ kind: 'written', written } satisfies FromIntake, [buffer]);
}

/** Once for all connections that come or go in one turn of the event loop. */
function tellState(): void {
  if (isStateDue) return;
  isStateDue = true;
  setImmediate(() => {
    isStateDue = false;
    tell({ kind: 'state', connections: broker?.connections() ?? 0, refusal: appender.refusal() });
  });
}

function tell(message: FromIntake): void {
  port.postMessage(message);
}
