import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import type {
  CaseDetail,
  CaseItem,
  Device,
  Finding,
  Ledger,
  Page,
  Product,
  ProductItem,
  Series,
  SeriesRange,
  Session,
  TimelineItem,
} from './model.ts';
import { isProblem } from './problem.ts';

/** How often the session is asked for again: it is also the heartbeat that notices a dead network. */
export const heartbeatMs = 30_000;

const id = encodeURIComponent;

/** The session, or null when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await call<Session>('/session', { signal });
    } catch (error) {
      if (isProblem(error) && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export const casesPage = (
  query: Readonly<Record<string, string | number | undefined>>,
  signal?: AbortSignal,
): Promise<Page<CaseItem>> => call('/cases', { query, signal });

export const caseQuery = (caseId: string) =>
  queryOptions({
    queryKey: ['case', caseId],
    queryFn: ({ signal }) => call<CaseDetail>(`/cases/${id(caseId)}`, { signal }),
  });

export const findingsQuery = (caseId: string) =>
  queryOptions({
    queryKey: ['case', caseId, 'findings'],
    queryFn: ({ signal }) => call<Page<Finding>>(`/cases/${id(caseId)}/findings`, { query: { limit: 1000 }, signal }),
  });

export const timelinePage = (caseId: string, cursor: string | undefined, signal: AbortSignal) =>
  call<Page<TimelineItem>>(`/cases/${id(caseId)}/timeline`, { query: { cursor, limit: 100 }, signal });

export const deviceQuery = (device: string) =>
  queryOptions({
    queryKey: ['device', device],
    queryFn: ({ signal }) => call<Device>(`/devices/${id(device)}`, { signal }),
  });

export const ledgerQuery = (device: string) =>
  queryOptions({
    queryKey: ['device', device, 'ledger'],
    queryFn: ({ signal }) => call<Ledger>(`/devices/${id(device)}/ledger`, { signal }),
  });

export const productsQuery = queryOptions({
  queryKey: ['products'],
  queryFn: ({ signal }) => call<Page<ProductItem>>('/products', { query: { limit: 1000 }, signal }),
  staleTime: 300_000,
});

export const productQuery = (product: string) =>
  queryOptions({
    queryKey: ['product', product],
    queryFn: ({ signal }) => call<Product>(`/products/${id(product)}`, { signal }),
    staleTime: 300_000,
  });

export const seriesQuery = (device: string, name: string, range: SeriesRange) =>
  queryOptions({
    queryKey: ['device', device, 'series', name, range],
    queryFn: ({ signal }) =>
      call<Series>(`/devices/${id(device)}/signals/${id(name)}`, { query: { ...range, points: 500 }, signal }),
    placeholderData: keepPreviousData,
  });
