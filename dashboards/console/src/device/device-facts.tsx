import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Device } from '../api/model.ts';
import { useNow } from '../app/use-now.ts';
import { Notice } from '../parts/notice.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { agoWords, dateWords, epoch, momentWords } from '../words/times.ts';
import css from './device.module.css';

interface DeviceFactsProps {
  readonly device: UseQueryResult<Device>;
  readonly productTitle: string | undefined;
  readonly heading: string;
  /** Whether the id leads to the device's own page. */
  readonly linked: boolean;
}

export function DeviceFacts({ device, heading, ...rest }: DeviceFactsProps) {
  return (
    <section aria-labelledby="device-heading">
      <h2 id="device-heading">{heading}</h2>
      {device.isError && (
        <ProblemNotice what="The device could not be read" error={device.error} onRetry={device.refetch} />
      )}
      {device.data !== undefined && <Facts device={device.data} {...rest} />}
    </section>
  );
}

const lifeWords = { registered: 'Registered, no report yet', active: 'Active', retired: 'Retired' } as const;

type FactsProps = Pick<DeviceFactsProps, 'productTitle' | 'linked'> & { readonly device: Device };

function Facts({ device, productTitle, linked }: FactsProps) {
  const now = useNow();
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Id', linked ? <DeviceLink key="id" device={device.id} /> : device.id],
    ['Product', productTitle ?? device.product],
    ['State', `${lifeWords[device.life]}, ${device.online ? 'connected' : 'not connected'}`],
    ['Last message', device.lastSeenAt && <Ago at={device.lastSeenAt} now={now} />],
    ['Reports reach', device.watermark && momentWords(epoch(device.watermark))],
    ['Firmware', device.firmware],
    ['Serial', device.serial],
    ['Site', device.site],
    ['Customer', device.customer],
    ['Time zone', device.timezone],
    ['Batch', device.batch],
    ['Installed', device.installedAt && dateWords(epoch(device.installedAt))],
  ];
  // Most devices are part of nothing, so its absence is not worth a word.
  const parent = device.parent && <DeviceLink device={device.parent} />;
  const shown = [...facts, ['Part of', parent] as const].filter(([, value]) => value !== null);
  const unknown = facts.filter(([, value]) => value === null).map(([name]) => name.toLowerCase());
  return (
    <>
      {device.clockSuspect !== null && (
        <Notice severity="minor">
          Its clock is not to be trusted: it said {momentWords(epoch(device.clockSuspect.rawAt))} when it was{' '}
          {momentWords(epoch(device.clockSuspect.receivedAt))}. Such reports stand at their arrival.
        </Notice>
      )}
      <dl className={css.facts}>
        {shown.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {unknown.length > 0 && <p className={`meta muted ${css.unknown}`}>Not known: {unknown.join(', ')}</p>}
    </>
  );
}

function DeviceLink({ device }: { device: string }) {
  return (
    <Link to="/devices/$deviceId" params={{ deviceId: device }} search={{}}>
      {device}
    </Link>
  );
}

function Ago({ at, now }: { at: string; now: number }) {
  return (
    <time dateTime={at} title={momentWords(epoch(at))}>
      {agoWords(epoch(at), now)}
    </time>
  );
}
