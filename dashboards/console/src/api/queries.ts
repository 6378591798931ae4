import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import type {
  CaseDetail,
  CaseItem,
  Demo,
  Device,
  Finding,
  Fleet,
  FleetLedger,
  Ledger,
  Maintenance,
  MaintenanceDetail,
  Page,
  Product,
  QuarantineItem,
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

export const devicesPage = (
  query: Readonly<Record<string, string | number | undefined>>,
  signal?: AbortSignal,
): Promise<Page<Device>> => call('/devices', { query, signal });

export const fleetQuery = queryOptions({
  queryKey: ['fleet'],
  queryFn: ({ signal }) => call<Fleet>('/fleet', { signal }),
  // Counts that a page before has read would stand above rows that it has not.
  staleTime: 0,
});

/** More of a device's findings than anyone reads; a shorter range shows the rest. */
const findingPagesMax = 5;

export const deviceFindingsQuery = (device: string, range: SeriesRange) =>
  queryOptions({
    queryKey: ['device', device, 'findings', range],
    queryFn: async ({ signal }): Promise<Page<Finding>> => {
      const items: Finding[] = [];
      let next: string | null = null;
      for (let pages = 0; pages < findingPagesMax && (pages === 0 || next !== null); pages += 1) {
        const page: Page<Finding> = await call(`/devices/${id(device)}/findings`, {
          query: { ...range, cursor: next ?? undefined, limit: 1000 },
          signal,
        });
        items.push(...page.items);
        next = page.next;
      }
      return { items, next };
    },
    placeholderData: keepPreviousData,
  });

export const deviceCasesQuery = (device: string) =>
  queryOptions({
    queryKey: ['device', device, 'cases'],
    queryFn: ({ signal }) => casesPage({ device, limit: 100 }, signal),
  });

/** Silence and much else comes without a message. */
const maintenanceEveryMs = 30_000;

export const maintenancePage = (
  query: Readonly<Record<string, string | number | undefined>>,
  signal: AbortSignal,
): Promise<Page<Maintenance>> => call('/maintenance', { query, signal });

/** What a device is in now. */
export const deviceMaintenanceQuery = (device: string) =>
  queryOptions({
    queryKey: ['maintenance', 'of', device],
    queryFn: ({ signal }) => maintenancePage({ device, state: 'active', limit: 1000 }, signal),
    refetchInterval: maintenanceEveryMs,
  });

export const maintenanceListQuery = (state: Maintenance['state'], limit: number) =>
  queryOptions({
    queryKey: ['maintenance', state, limit],
    queryFn: ({ signal }) => maintenancePage({ state, limit }, signal),
    refetchInterval: maintenanceEveryMs,
    placeholderData: keepPreviousData,
  });

export const maintenanceDetailQuery = (maintenance: string) =>
  queryOptions({
    queryKey: ['maintenance', 'detail', maintenance],
    queryFn: ({ signal }) =>
      call<MaintenanceDetail>(`/maintenance/${id(maintenance)}`, { query: { limit: 200 }, signal }),
    refetchInterval: maintenanceEveryMs,
  });

/** What holds on a device and opened no case because of maintenance. */
export const hiddenFindingsQuery = (device: string) =>
  queryOptions({
    queryKey: ['device', device, 'hidden'],
    queryFn: async ({ signal }): Promise<readonly Finding[]> => {
      const query = { from: Date.now(), limit: 1000 };
      const { items } = await call<Page<Finding>>(`/devices/${id(device)}/findings`, { query, signal });
      return items.filter((item) => item.state === 'raised' && item.case === null && item.hiddenBy.length > 0);
    },
    refetchInterval: maintenanceEveryMs,
  });

export const quarantineQuery = (device: string) =>
  queryOptions({
    queryKey: ['device', device, 'quarantine'],
    queryFn: ({ signal }) =>
      call<Page<QuarantineItem>>(`/devices/${id(device)}/quarantine`, { query: { limit: 20 }, signal }),
  });

export const fleetLedgerQuery = queryOptions({
  queryKey: ['ledger'],
  queryFn: ({ signal }) => call<FleetLedger>('/ledger', { signal }),
});

/** The demo, or null where the service has none. */
export const demoQuery = queryOptions({
  queryKey: ['demo'],
  queryFn: async ({ signal }): Promise<Demo | null> => {
    try {
      return await call<Demo>('/demo', { signal });
    } catch (error) {
      if (isProblem(error) && error.status === 404) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

export const ledgerQuery = (device: string) =>
  queryOptions({
    queryKey: ['device', device, 'ledger'],
    queryFn: ({ signal }) => call<Ledger>(`/devices/${id(device)}/ledger`, { signal }),
  });

export const productsQuery = queryOptions({
  queryKey: ['products'],
  queryFn: ({ signal }) => call<Page<Product>>('/products', { query: { limit: 1000 }, signal }),
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
