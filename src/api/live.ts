import type { FastifyReply } from 'fastify';
import { AftercareError, formatInstant } from '../base/index.ts';
import type { LiveEvent, PipelineView } from '../pipeline/index.ts';
import { caseItem } from './case-shapes.ts';
import type { ApiLimits } from './deps.ts';

/** Readers of `/live`. Each gets every event, or is dropped: a gap would show people what is no longer so. */
export interface LiveHub {
  /** Tells what was changed here; what the pipeline changes comes from its view. */
  publish(event: LiveEvent): void;
  /** Starts the stream of a new reader. Rejects with `too-many-requests` when there are too many. */
  join(reply: FastifyReply, now: number): void;
  readers(): number;
  /** Ends every stream; readers come back by themselves. */
  close(): void;
}

interface Reader {
  send(frame: string): void;
  end(comment: string): void;
}

const retryMs = 2_000;
/** What is written last may still go out for so long; then the connection is cut. */
const lingerMs = 1_000;

export function createLiveHub(view: Pick<PipelineView, 'subscribe'>, limits: ApiLimits): LiveHub {
  const readers = new Set<Reader>();
  const publish = (event: LiveEvent): void => {
    if (readers.size === 0) return;
    const frame = frameOf(event);
    for (const reader of readers) reader.send(frame);
  };
  const unsubscribe = view.subscribe(publish);

  return {
    publish,
    join(reply, now) {
      if (readers.size >= limits.liveClientsMax) {
        throw new AftercareError('too-many-requests', `There are ${readers.size} live readers already.`, {
          hint: 'Close some pages of the console, or raise the limit.',
        });
      }
      const reader = createReader(reply, limits.liveBufferBytesMax);
      const expiry = setTimeout(() => reader.end('come back'), limits.liveStreamMsMax);
      expiry.unref();
      reply.sse.onClose(() => {
        clearTimeout(expiry);
        readers.delete(reader);
      });
      readers.add(reader);
      reply.sse.keepAlive();
      reply.sse.sendHeaders();
      reader.send(`retry: ${retryMs}\nevent: hello\ndata: ${JSON.stringify({ at: formatInstant(now) })}\n\n`);
    },
    readers: () => readers.size,
    close() {
      unsubscribe();
      for (const reader of readers) reader.end('the service stops');
    },
  };
}

/** Writes past the plugin's own `send`, which waits for slow readers one by one and so has no bound. */
function createReader(reply: FastifyReply, bufferBytesMax: number): Reader {
  const { raw, sse } = reply;
  const end = (comment: string): void => {
    const { socket } = raw;
    raw.write(`: ${comment}\n\n`);
    sse.close();
    socket?.destroySoon();
    setTimeout(() => socket?.destroy(), lingerMs).unref();
  };
  return {
    end,
    send(frame) {
      if (raw.writableLength + frame.length > bufferBytesMax) end('too slow: come back');
      else raw.write(frame);
    },
  };
}

function frameOf(event: LiveEvent): string {
  const data = event.type === 'case' ? caseItem(event.case) : { id: event.device };
  return `event: ${event.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
