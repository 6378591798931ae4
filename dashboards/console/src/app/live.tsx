import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { CaseItem } from '../api/model.ts';

export type LiveEvent =
  | { readonly kind: 'case'; readonly item: CaseItem }
  /** Only of the device that is followed. */
  | { readonly kind: 'device'; readonly id: string }
  /** Some devices changed; only while none is followed. */
  | { readonly kind: 'fleet' }
  /** The stream came back: what was sent in between is to be asked for. */
  | { readonly kind: 'resumed' };

export type LiveState = 'connecting' | 'live' | 'lost' | 'paused';

interface Live {
  readonly state: LiveState;
  /** When the service was last known to answer; epoch ms. */
  readonly lastGoodAt: number;
  readonly setPaused: (paused: boolean) => void;
  readonly reconnect: () => void;
  readonly follow: (device: string | undefined) => void;
  readonly subscribe: (listener: (event: LiveEvent) => void) => () => void;
}

const LiveContext = createContext<Live | null>(null);

/** After a loss; a browser gives up by itself when the stream is answered with an error. */
const reconnectMs = 3_000;

/** The session's regular re-read: a stream over a dead network looks alive, an unanswered call does not. */
interface Beat {
  readonly isError: boolean;
  readonly dataUpdatedAt: number;
}

export function LiveProvider({ beat, children }: { beat: Beat; children: ReactNode }) {
  const listeners = useRef(new Set<(event: LiveEvent) => void>());
  const [stream, setStream] = useState<{ state: 'connecting' | 'live' | 'lost'; goodAt: number }>(() => ({
    state: 'connecting',
    goodAt: Date.now(),
  }));
  const [paused, setPaused] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const [device, follow] = useState<string>();
  const interrupted = useRef(false);

  const subscribe = useCallback((listener: (event: LiveEvent) => void) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  }, []);
  const reconnect = useCallback(() => setAttempt((count) => count + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt opens a new stream
  useEffect(() => {
    if (paused) {
      interrupted.current = true;
      return;
    }
    const emit = (event: LiveEvent): void => {
      for (const listener of listeners.current) listener(event);
    };
    const query = device === undefined ? '' : `?device=${encodeURIComponent(device)}`;
    const source = new EventSource(`/api/v1/live${query}`);
    let greeted = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    source.addEventListener('hello', () => {
      greeted = true;
      setStream({ state: 'live', goodAt: Date.now() });
      if (interrupted.current) emit({ kind: 'resumed' });
      interrupted.current = false;
    });
    source.addEventListener('case', (event) => emit({ kind: 'case', item: JSON.parse(event.data) }));
    source.addEventListener('device', (event) => emit({ kind: 'device', id: JSON.parse(event.data).id }));
    source.addEventListener('fleet', () => emit({ kind: 'fleet' }));
    source.addEventListener('error', () => {
      interrupted.current = true;
      setStream((before) => ({ state: 'lost', goodAt: before.state === 'live' ? Date.now() : before.goodAt }));
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(reconnect, reconnectMs);
    });
    return () => {
      clearTimeout(timer);
      source.close();
      // Between this stream and the next one something may happen.
      if (greeted) interrupted.current = true;
    };
  }, [paused, attempt, reconnect, device]);

  const live = useMemo<Live>(() => {
    const state = paused ? 'paused' : beat.isError ? 'lost' : stream.state;
    return { state, lastGoodAt: Math.max(stream.goodAt, beat.dataUpdatedAt), setPaused, reconnect, follow, subscribe };
  }, [paused, beat.isError, beat.dataUpdatedAt, stream, reconnect, subscribe]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error('No live stream: this component stands outside the signed-in pages');
  return live;
}

/** Calls `listener` for every live event while the component is shown. */
export function useLiveEvents(listener: (event: LiveEvent) => void): void {
  const { subscribe } = useLive();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => subscribe((event) => latest.current(event)), [subscribe]);
}

/** Asks for the live events of a device while the component is shown: one at a time. */
export function useLiveDevice(device: string): void {
  const { follow } = useLive();
  useEffect(() => {
    follow(device);
    return () => follow(undefined);
  }, [follow, device]);
}
