import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { call } from '../api/client.ts';
import type { Device, Page } from '../api/model.ts';
import { devicesPage, fleetQuery } from '../api/queries.ts';
import { useAnnounce } from '../app/announce.tsx';
import { useLive, useLiveEvents } from '../app/live.tsx';
import { plural } from '../words/numbers.ts';
import { type FleetFilter, fleetFilterQuery } from './filter.ts';
import { changedHealth, refreshRows } from './rows.ts';

type DevicePages = InfiniteData<Page<Device>>;

const pageSize = 100;
/** What is on screen is read again in larger pages. */
const refreshPageSize = 1_000;
/** Live events come every second; the list follows them at most this often. */
const refreshMs = 5_000;
/** Silence comes without a message, so the list is read again without one now and then. */
const idleRefreshMs = 20_000;
/** Rows that left the filter are read one by one, the first of them. */
const singleReadsMax = 20;
const markMs = 10_000;

const rowsOf = (data: DevicePages | undefined): readonly Device[] => (data?.pages ?? []).flatMap((page) => page.items);

/** The list of a filter: rows that change where they stand, and how many wait to be shown. */
export function useFleet(filter: FleetFilter) {
  const announce = useAnnounce();
  const key = useMemo(() => ['devices', filter] as const, [filter]);
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      devicesPage({ ...fleetFilterQuery(filter), cursor: pageParam, limit: pageSize }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    // Nothing is read whole again behind a reader's back: rows would move.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    gcTime: 0,
  });
  const rows = useMemo(() => rowsOf(query.data), [query.data]);
  const { waiting, setWaiting, changed, setChanged } = useNotes(filter);

  const { refetch } = query;
  const showNew = useCallback(async () => {
    const answer = await refetch();
    if (answer.isError) return;
    setWaiting(0);
    announce(`List read again: ${plural(rowsOf(answer.data).length, 'device')}.`);
  }, [refetch, announce, setWaiting]);

  useRefresh({
    filter,
    queryKey: key,
    onEmpty: () => void refetch(),
    onRefreshed: (count, ids) => {
      setWaiting(count);
      if (ids.length > 0) setChanged(new Set(ids));
    },
  });
  return { query, rows, waiting, changed, showNew };
}

function useNotes(filter: FleetFilter) {
  const [waiting, setWaiting] = useState(0);
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set());
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another list
  useEffect(() => {
    setWaiting(0);
    setChanged(new Set());
  }, [filter]);
  useEffect(() => {
    if (changed.size === 0) return;
    const timer = setTimeout(() => setChanged(new Set()), markMs);
    return () => clearTimeout(timer);
  }, [changed]);
  return { waiting, setWaiting, changed, setChanged };
}

interface RefreshOptions {
  readonly filter: FleetFilter;
  readonly queryKey: readonly unknown[];
  /** Nobody reads an empty list: what comes is shown at once. */
  readonly onEmpty: () => void;
  readonly onRefreshed: (waiting: number, changed: readonly string[]) => void;
}

/** Reads what is on screen again, after live events and now and then, and counts the tiles with it. */
function useRefresh({ filter, queryKey, onEmpty, onRefreshed }: RefreshOptions): void {
  const client = useQueryClient();
  const live = useLive();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const refresh = async (): Promise<void> => {
    void client.invalidateQueries({ queryKey: fleetQuery.queryKey });
    const before = client.getQueryData<DevicePages>(queryKey);
    if (before === undefined) return;
    const rows = rowsOf(before);
    if (rows.length === 0) return onEmpty();
    const { fresh, waiting } = await readAgain(filter, rows, before.pages.at(-1)?.next == null);
    if (shown.current !== filter) return;
    onRefreshed(waiting, changedHealth(rows, fresh));
    const now = new Map(fresh.map((device) => [device.id, device]));
    client.setQueryData<DevicePages>(queryKey, (data) => data && replaceDevices(data, now));
  };
  const latest = useRef(refresh);
  const shown = useRef(filter);
  useEffect(() => {
    latest.current = refresh;
    shown.current = filter;
  });
  // A reading that fails says nothing new; the banner of the live stream tells that the service is away.
  const soon = useCallback((delayMs: number) => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void latest.current().catch(() => undefined);
    }, delayMs);
  }, []);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  useLiveEvents((event) => soon(event.kind === 'resumed' ? 0 : refreshMs));
  useEffect(() => {
    if (live.state !== 'live') return;
    const idle = setInterval(() => soon(0), idleRefreshMs);
    return () => clearInterval(idle);
  }, [live.state, soon]);
}

async function readAgain(filter: FleetFilter, rows: readonly Device[], complete: boolean) {
  const read: Device[] = [];
  let next: string | null = null;
  do {
    const query = { ...fleetFilterQuery(filter), cursor: next ?? undefined, limit: refreshPageSize };
    const page: Page<Device> = await devicesPage(query);
    read.push(...page.items);
    next = page.next;
  } while (next !== null && next < (rows.at(-1)?.id ?? ''));
  const refreshed = refreshRows(rows, read, complete);
  const singles = await Promise.allSettled(
    refreshed.missing.slice(0, singleReadsMax).map((id) => call<Device>(`/devices/${encodeURIComponent(id)}`)),
  );
  const left = new Map(singles.flatMap((one) => (one.status === 'fulfilled' ? [[one.value.id, one.value]] : [])));
  return { fresh: refreshed.rows.map((device) => left.get(device.id) ?? device), waiting: refreshed.waiting };
}

function replaceDevices(data: DevicePages, now: ReadonlyMap<string, Device>): DevicePages {
  const pages = data.pages.map((page) => ({ ...page, items: page.items.map((item) => now.get(item.id) ?? item) }));
  return { ...data, pages };
}
