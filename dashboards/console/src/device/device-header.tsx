import type { Device, Product } from '../api/model.ts';
import { useNow } from '../app/use-now.ts';
import { HealthMark } from '../parts/health-mark.tsx';
import page from '../parts/page.module.css';
import { healthHelp } from '../words/health.ts';
import { plural } from '../words/numbers.ts';
import { agoWords, epoch, momentWords } from '../words/times.ts';
import css from './device.module.css';

/** Which device, how it is and why it is called so, and whether it is there. */
export function DeviceHeader({ device, product }: { device: Device; product: Product | undefined }) {
  const now = useNow();
  const { health } = device;
  return (
    <header className={css.header}>
      <p className={page.line}>
        <HealthMark health={health} badge />
        <span className="muted">{reasonWords(device)}</span>
      </p>
      <h1 id="device-title" className={css.title} tabIndex={-1}>
        {device.id}
      </h1>
      <p className="muted">
        {[product?.title ?? device.product, device.site, device.customer].filter(Boolean).join(' · ')}
      </p>
      <p className={page.facts}>
        <span>{device.online ? 'Connected' : 'Not connected'}</span>
        <span>
          {device.lastSeenAt === null ? (
            'No message yet'
          ) : (
            <>
              Last message{' '}
              <time dateTime={device.lastSeenAt} title={momentWords(epoch(device.lastSeenAt))}>
                {agoWords(epoch(device.lastSeenAt), now)}
              </time>
            </>
          )}
        </span>
        {device.firmware !== null && <span>Firmware {device.firmware}</span>}
        {device.openCases > 0 && <span>{plural(device.openCases, 'open case')}</span>}
        {device.openFindings > 0 && (
          <span>
            {plural(device.openFindings, 'finding')} {device.openFindings === 1 ? 'holds' : 'hold'}
          </span>
        )}
      </p>
    </header>
  );
}

function reasonWords(device: Device): string {
  if (device.life === 'retired') return 'Retired';
  if (device.health === 'unknown') return 'It has not sent a report yet';
  if (device.health === 'watch' && device.openFindings === 0) return 'A case waits though its findings are over';
  return healthHelp[device.health];
}
