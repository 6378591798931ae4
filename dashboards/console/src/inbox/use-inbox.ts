import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { CaseItem, Page } from '../api/model.ts';
import { casesPage } from '../api/queries.ts';
import { useAnnounce } from '../app/announce.tsx';
import { useLiveEvents } from '../app/live.tsx';
import { plural } from '../words/numbers.ts';
import { type Filter, filterQuery } from './filter.ts';
import { arrive, type LiveNotes, markMs, noNotes, withoutOldMarks } from './live-list.ts';

type CasePages = InfiniteData<Page<CaseItem>>;

const pageSize = 100;

async function readPage(filter: Filter, cursor: string | undefined, signal: AbortSignal): Promise<Page<CaseItem>> {
  const page = await casesPage({ ...filterQuery(filter), cursor, limit: pageSize }, signal);
  if (filter.state !== undefined) return page;
  const open = page.items.filter((item) => item.state !== 'resolved');
  return { items: open, next: open.length < page.items.length ? null : page.next };
}

function rowsOf(data: CasePages | undefined): readonly CaseItem[] {
  const byId = new Map((data?.pages ?? []).flatMap((page) => page.items).map((item) => [item.id, item]));
  return [...byId.values()];
}

/** The inbox of a filter: rows that change where they stand, and what waits to be shown. */
export function useInbox(filter: Filter) {
  const client = useQueryClient();
  const announce = useAnnounce();
  const key = useMemo(() => ['cases', filter] as const, [filter]);
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => readPage(filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    // Nothing is read again behind a reader's back: rows would move. Live events and U keep it current.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    gcTime: 0,
  });
  const [notes, setNotes] = useState<LiveNotes>(noNotes);
  const rows = useMemo(() => rowsOf(query.data), [query.data]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another list
  useEffect(() => setNotes(noNotes), [filter]);
  useMarksThatFade(notes, setNotes);

  const { refetch } = query;
  const showNew = useCallback(async () => {
    const answer = await refetch();
    if (answer.isError) return;
    setNotes(noNotes);
    announce(`List read again: ${plural(rowsOf(answer.data).length, 'case')}.`);
  }, [refetch, announce]);

  const takeIn = useCallback(
    (item: CaseItem) => {
      const before = rowsOf(client.getQueryData<CasePages>(key));
      const arrival = arrive(before, noNotes, item, { filter, now: Date.now() });
      // Nobody reads an empty list: what comes is shown at once.
      if (before.length === 0 && arrival.notes.waiting.length > 0) void refetch();
      else setNotes((known) => arrive(before, known, item, { filter, now: Date.now() }).notes);
      if (arrival.rows !== before) replaceCase(client, item);
    },
    [client, key, filter, refetch],
  );

  useLiveEvents((event) => {
    if (event.kind === 'case') takeIn(event.item);
    if (event.kind === 'resumed') {
      void casesPage({ ...filterQuery(filter), limit: pageSize })
        .then((page) => page.items.forEach(takeIn))
        .catch(() => announce('The list could not be compared with the service.'));
    }
  });

  return { query, rows, notes, showNew };
}

/** Puts a newer version of a case into every list that holds it, where it stands. */
export function replaceCase(client: ReturnType<typeof useQueryClient>, item: CaseItem): void {
  client.setQueriesData<CasePages>({ queryKey: ['cases'] }, (data) => {
    if (data === undefined) return data;
    const pages = data.pages.map((page) => ({
      ...page,
      items: page.items.map((known) => (known.id === item.id && known.version < item.version ? item : known)),
    }));
    return { ...data, pages };
  });
}

function useMarksThatFade(notes: LiveNotes, setNotes: (change: (notes: LiveNotes) => LiveNotes) => void): void {
  useEffect(() => {
    if (notes.changed.size === 0) return;
    const timer = setTimeout(() => setNotes((known) => withoutOldMarks(known, Date.now())), markMs);
    return () => clearTimeout(timer);
  }, [notes, setNotes]);
}
