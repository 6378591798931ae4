import type { FastifyReply } from 'fastify';
import { AftercareError, formatInstant } from '../base/index.ts';
import type { LiveEvent, PipelineView } from '../pipeline/index.ts';
import { caseItem } from './case-shapes.ts';
import type { ApiLimits } from './deps.ts';

/**
 * Readers of `/live`. Each gets every change of a case. One that follows a device gets that device's changes; the others
 * are told now and then that devices changed, since thousands do every second. Who cannot keep up is dropped: a gap
 * would show people what is no longer so.
 */
export interface LiveHub {
  /** Tells what was changed here; what the pipeline changes comes from its view. */
  publish(event: LiveEvent): void;
  /** Starts the stream of a new reader. Rejects with `too-many-requests` when there are too many. */
  join(reply: FastifyReply, options: { readonly now: number; readonly device: string | undefined }): void;
  readers(): number;
  /** Ends every stream; readers come back by themselves. */
  close(): void;
}

interface Reader {
  /** The one it follows. */
  readonly device: string | undefined;
  send(frame: string): void;
  end(comment: string): void;
}

const retryMs = 2_000;
/** What is written last may still go out for so long; then the connection is cut. */
const lingerMs = 1_000;

export function createLiveHub(view: Pick<PipelineView, 'subscribe'>, limits: ApiLimits): LiveHub {
  const readers = new Set<Reader>();
  const send = (frame: string, isFor: (reader: Reader) => boolean): void => {
    for (const reader of readers) if (isFor(reader)) reader.send(frame);
  };
  const fleet = createPulse(limits.liveFleetMs, () => send(fleetFrame, ({ device }) => device === undefined));
  const publish = (event: LiveEvent): void => {
    if (readers.size === 0) return;
    if (event.type === 'case') {
      send(frameOf('case', caseItem(event.case)), () => true);
      return;
    }
    send(frameOf('device', { id: event.device }), ({ device }) => device === event.device);
    fleet.touch();
  };
  const unsubscribe = view.subscribe(publish);

  return {
    publish,
    join(reply, { now, device }) {
      if (readers.size >= limits.liveClientsMax) {
        throw new AftercareError('too-many-requests', `There are ${readers.size} live readers already.`, {
          hint: 'Close some pages of the console, or raise the limit.',
        });
      }
      const reader = createReader(reply, device, limits.liveBufferBytesMax);
      const expiry = setTimeout(() => reader.end('come back'), limits.liveStreamMsMax);
      expiry.unref();
      reply.sse.onClose(() => {
        clearTimeout(expiry);
        readers.delete(reader);
      });
      readers.add(reader);
      reply.sse.keepAlive();
      reply.sse.sendHeaders();
      reader.send(`retry: ${retryMs}\n${frameOf('hello', { at: formatInstant(now) })}`);
    },
    readers: () => readers.size,
    close() {
      unsubscribe();
      fleet.stop();
      for (const reader of readers) reader.end('the service stops');
    },
  };
}

/** Writes past the plugin's own `send`, which waits for slow readers one by one and so has no bound. */
function createReader(reply: FastifyReply, device: string | undefined, bufferBytesMax: number): Reader {
  const { raw, sse } = reply;
  const end = (comment: string): void => {
    const { socket } = raw;
    raw.write(`: ${comment}\n\n`);
    sse.close();
    socket?.destroySoon();
    setTimeout(() => socket?.destroy(), lingerMs).unref();
  };
  return {
    device,
    end,
    send(frame) {
      if (raw.writableLength + frame.length > bufferBytesMax) end('too slow: come back');
      else raw.write(frame);
    },
  };
}

/** Beats at the first touch, and for all that follow within `everyMs` once more after it. */
function createPulse(everyMs: number, beat: () => void): { touch(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let isDue = false;
  const turn = (): void => {
    timer = undefined;
    if (isDue) start();
  };
  const start = (): void => {
    isDue = false;
    timer = setTimeout(turn, everyMs);
    timer.unref();
    beat();
  };
  return {
    touch() {
      if (timer === undefined) start();
      else isDue = true;
    },
    stop: () => clearTimeout(timer),
  };
}

function frameOf(event: 'hello' | 'case' | 'device' | 'fleet', data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

const fleetFrame = frameOf('fleet', {});
