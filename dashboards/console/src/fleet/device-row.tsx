import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { Device } from '../api/model.ts';
import { HealthMark } from '../parts/health-mark.tsx';
import { countWords, plural } from '../words/numbers.ts';
import { agoWords, epoch, momentWords } from '../words/times.ts';
import css from './fleet.module.css';

interface DeviceRowProps {
  readonly device: Device;
  readonly productTitle: string;
  /** Whether its health changed while the row was on screen. */
  readonly changed: boolean;
  readonly now: number;
}

export const DeviceRow = memo(function DeviceRow({ device, productTitle, changed, now }: DeviceRowProps) {
  const beside = [productTitle, device.site].filter(Boolean).join(' · ');
  const more = [device.openCases > 0 && plural(device.openCases, 'open case'), device.firmware].filter(Boolean);
  return (
    <tr className={css.row}>
      <th scope="row">
        <Link
          to="/devices/$deviceId"
          params={{ deviceId: device.id }}
          search={true}
          className={css.device}
          data-device={device.id}
        >
          {device.id}
        </Link>
        <span className={css.beside}>{beside}</span>
        {more.length > 0 && <span className={css.besides}>{more.join(' · ')}</span>}
      </th>
      <td className={css.wide}>{productTitle}</td>
      <td className={css.wide}>{device.site}</td>
      <td data-changed={changed ? '' : undefined}>
        <HealthMark health={device.health} />
        {changed && <span className="changed"> changed</span>}
      </td>
      <td className={`${css.number} ${css.medium}`}>
        {device.openCases === 0 ? <span className="muted">–</span> : countWords(device.openCases)}
      </td>
      <td className={css.time}>
        {device.lastSeenAt === null ? (
          <span className="muted">never</span>
        ) : (
          <time dateTime={device.lastSeenAt} title={momentWords(epoch(device.lastSeenAt))}>
            {agoWords(epoch(device.lastSeenAt), now)}
          </time>
        )}
      </td>
      <td className={css.medium}>{device.firmware ?? <span className="muted">–</span>}</td>
    </tr>
  );
});
