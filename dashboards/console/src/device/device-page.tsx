import { Skeleton } from '@mantine/core';
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Device, Product, SeriesRange } from '../api/model.ts';
import { deviceFindingsQuery, deviceQuery, productQuery } from '../api/queries.ts';
import { useLiveDevice, useLiveEvents } from '../app/live.tsx';
import { usePageTitle } from '../app/page-title.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { useTitleFocus } from '../app/title-focus.ts';
import { type DevicePreset, deviceRange } from '../chart/range.ts';
import { MaintenanceNotice } from '../maintenance/maintenance-notice.tsx';
import { useDelayed } from '../parts/delayed.ts';
import page from '../parts/page.module.css';
import { BackLink, PageProblem } from '../parts/page.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { epoch } from '../words/times.ts';
import css from './device.module.css';
import { DeviceCases } from './device-cases.tsx';
import { DeviceFacts } from './device-facts.tsx';
import { DeviceFindings } from './device-findings.tsx';
import { DeviceHeader } from './device-header.tsx';
import { DeviceLedger } from './device-ledger.tsx';
import { DeviceSignals } from './device-signals.tsx';
import { DeviceWhy } from './device-why.tsx';
import { Quarantine } from './quarantine.tsx';

export function DevicePage() {
  const { deviceId } = useParams({ from: '/signed-in/fleet-pages/devices/$deviceId' });
  // Another device is another page: no range or crosshair is carried over.
  return <DeviceView key={deviceId} deviceId={deviceId} />;
}

function DeviceView({ deviceId }: { deviceId: string }) {
  usePageTitle(deviceId);
  const query = useQuery(deviceQuery(deviceId));
  const late = useDelayed(query.isPending);
  const navigate = useNavigate();
  useShortcuts({ escape: () => void navigate({ to: '/fleet', search: true, state: { device: deviceId } }) });
  return (
    <div className={page.page}>
      <BackLink to="/fleet" search={true} state={{ device: deviceId }}>
        Fleet
      </BackLink>
      {late && <Placeholder />}
      {query.isError && <PageProblem what="device" title={deviceId} query={query} />}
      {query.data !== undefined && <Loaded device={query.data} query={query} />}
    </div>
  );
}

function Loaded({ device, query }: { device: Device; query: UseQueryResult<Device> }) {
  useCurrent(device.id);
  useTitleFocus('device-title');
  const product = useQuery(productQuery(device.product));
  const [preset, setPreset] = useState<DevicePreset>('day');
  const [whyAt, setWhyAt] = useState<number>();
  const range = useRange(preset, device);
  const findings = useQuery(deviceFindingsQuery(device.id, range));
  return (
    <article aria-labelledby="device-title" className={css.device}>
      <DeviceHeader device={device} product={product.data} />
      <MaintenanceNotice device={device.id} />
      <Signals
        device={device}
        product={product}
        findings={findings.data?.items ?? []}
        range={range}
        preset={preset}
        onPreset={setPreset}
        onPick={setWhyAt}
      />
      <div className={page.columns}>
        <DeviceCases device={device.id} />
        <DeviceFindings query={findings} preset={preset} />
      </div>
      {device.watermark !== null && <DeviceWhy device={device.id} at={whyAt} />}
      <div className={page.columns}>
        <DeviceFacts device={query} productTitle={product.data?.title} heading="Facts" linked={false} />
        <DeviceLedger device={device.id} />
        <Quarantine device={device.id} />
      </div>
    </article>
  );
}

type SignalsProps = Omit<Parameters<typeof DeviceSignals>[0], 'product' | 'findings'> & {
  readonly product: UseQueryResult<Product>;
  readonly findings: Parameters<typeof DeviceSignals>[0]['findings'];
};

function Signals({ product, ...rest }: SignalsProps) {
  if (product.isError) {
    return (
      <ProblemNotice what="The product's facts could not be read" error={product.error} onRetry={product.refetch} />
    );
  }
  if (product.data === undefined) return null;
  return <DeviceSignals {...rest} product={product.data} />;
}

/** The same object while its ends are the same: a chart is not drawn anew for nothing. */
function useRange(preset: DevicePreset, device: Device): SeriesRange {
  const watermark = device.watermark === null ? undefined : epoch(device.watermark);
  return useMemo(() => deviceRange(watermark === undefined ? 'all' : preset, watermark ?? 0), [preset, watermark]);
}

/** At most this often is a busy device read again. */
const refreshMs = 5_000;
/** Silence comes without a message. */
const idleRefreshMs = 30_000;

/** Reads again what live events say has changed. */
function useCurrent(device: string): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    const idle = setInterval(() => void client.invalidateQueries({ queryKey: ['device', device] }), idleRefreshMs);
    return () => {
      clearInterval(idle);
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, [client, device]);
  useLiveDevice(device);
  useLiveEvents((event) => {
    const ours =
      event.kind === 'resumed' ||
      (event.kind === 'device' && event.id === device) ||
      (event.kind === 'case' && event.item.device === device);
    if (!ours) return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: ['device', device] });
    }, refreshMs);
  });
}

function Placeholder() {
  return (
    <div className={css.device} aria-hidden="true">
      <Skeleton height={24} width="40%" />
      <Skeleton height={16} width="70%" />
      <Skeleton height={220} />
    </div>
  );
}
