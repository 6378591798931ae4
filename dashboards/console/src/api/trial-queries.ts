import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import type { Finding, Page } from './model.ts';
import { casesPage } from './queries.ts';
import type { Backtest, BacktestItem, PackChange, PackCheck, PackVersion, Why } from './trial-model.ts';

const id = encodeURIComponent;

export const versionsQuery = (product: string) =>
  queryOptions({
    queryKey: ['product', product, 'versions'],
    queryFn: ({ signal }) =>
      call<Page<PackVersion>>(`/products/${id(product)}/versions`, { query: { limit: 100 }, signal }),
  });

export const versionChangesQuery = (product: string, version: number) =>
  queryOptions({
    queryKey: ['product', product, 'versions', version],
    queryFn: ({ signal }) =>
      call<{ items: readonly PackChange[] }>(`/products/${id(product)}/versions/${version}/changes`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const packSource = async (product: string, version: number): Promise<string> =>
  (await call<{ source: string }>(`/products/${id(product)}/versions/${version}`)).source;

/** Reads a text as a pack; asks nothing while it is empty. */
export const packCheckQuery = (product: string, file: string, source: string, csrfToken: string) =>
  queryOptions({
    queryKey: ['product', product, 'check', file, source],
    queryFn: ({ signal }) =>
      call<PackCheck>(`/products/${id(product)}/check`, { method: 'POST', body: { file, source }, csrfToken, signal }),
    enabled: source.trim() !== '',
    placeholderData: keepPreviousData,
    gcTime: 0,
  });

export const backtestsQuery = (product: string) =>
  queryOptions({
    queryKey: ['product', product, 'backtests'],
    queryFn: ({ signal }) => call<Page<BacktestItem>>(`/products/${id(product)}/backtests`, { signal }),
  });

const progressEveryMs = 500;

export const isUnderWay = (state: BacktestItem['state']): boolean => state === 'queued' || state === 'running';

export const backtestQuery = (backtest: string) =>
  queryOptions({
    queryKey: ['backtest', backtest],
    queryFn: ({ signal }) => call<Backtest>(`/backtests/${id(backtest)}`, { signal }),
    refetchInterval: ({ state }) =>
      state.data !== undefined && isUnderWay(state.data.state) ? progressEveryMs : false,
  });

const shadowEveryMs = 30_000;
const shadowMax = 200;

/** What a rule found on the devices of a product, newest first. */
export const ruleFindingsQuery = (product: string, rule: string) =>
  queryOptions({
    queryKey: ['product', product, 'findings', rule],
    queryFn: ({ signal }) =>
      call<Page<Finding>>(`/products/${id(product)}/findings`, {
        query: { source: `rule:${rule}`, limit: shadowMax },
        signal,
      }),
    refetchInterval: shadowEveryMs,
  });

export const productCasesQuery = (product: string) =>
  queryOptions({
    queryKey: ['product', product, 'cases'],
    queryFn: ({ signal }) => casesPage({ product, limit: 1000 }, signal),
    refetchInterval: shadowEveryMs,
  });

export const whyQuery = (device: string, at: number) =>
  queryOptions({
    queryKey: ['why', device, at],
    queryFn: ({ signal }) => call<Why>(`/devices/${id(device)}/why`, { query: { at }, signal }),
    staleTime: 60_000,
  });
