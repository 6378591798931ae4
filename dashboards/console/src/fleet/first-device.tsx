import { Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import type { ProductItem } from '../api/model.ts';
import { DemoOffer } from '../demo/demo-offer.tsx';
import css from './fleet.module.css';

/** How the first device comes in: in words, and as a line to copy. */
export function FirstDevice({ products }: { products: readonly ProductItem[] }) {
  const clipboard = useClipboard({ timeout: 2000 });
  const product = products[0];
  const line = curlLine(location.origin, product?.id ?? 'cold-fridge');
  return (
    <div className={css.first}>
      <section aria-labelledby="first-heading">
        <h2 id="first-heading">No device yet</h2>
        {product === undefined && (
          <p>
            There is no product pack yet: put one into the folder of <code>AFTERCARE_PRODUCTS</code> and start the
            service again.
          </p>
        )}
        <p>Register one with the admin token; when the service started, it said in which file it keeps that:</p>
        <div className={css.line}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
          <pre tabIndex={0}>{line}</pre>
          <Button size="xs" variant="default" onClick={() => clipboard.copy(line)}>
            {clipboard.copied ? 'Copied' : 'Copy'}
          </Button>
        </div>
        <ol>
          <li>The answer holds the device's secret. It is shown this once.</li>
          <li>
            The device connects over MQTT with its id as client id and user name, and the secret as password, and
            publishes its reports to <code>devices/fridge-1/reports</code>.
          </li>
          <li>It then stands here by itself, and a case opens in Triage when something is wrong with it.</li>
        </ol>
      </section>
      <DemoOffer />
    </div>
  );
}

/** For a shell; the token comes from the environment, so that it is in no history. */
export function curlLine(origin: string, product: string): string {
  const body = JSON.stringify({ id: 'fridge-1', product });
  return [
    `curl ${origin}/api/v1/devices`,
    `-H "Authorization: Bearer $AFTERCARE_TOKEN"`,
    "-H 'content-type: application/json'",
    `-d '${body}'`,
  ].join(' \\\n  ');
}
