import { Button } from '@mantine/core';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { countWords } from '../words/numbers.ts';
import { clockWords, epoch } from '../words/times.ts';
import css from './demo.module.css';
import { useDemo } from './use-demo.ts';

/** For an empty console: products that fail, without owning one. Nothing where the service has no demo. */
export function DemoOffer() {
  const { demo, change } = useDemo();
  if (demo === undefined || demo.running) return null;
  return (
    <section aria-labelledby="demo-heading" className={css.offer}>
      <h2 id="demo-heading">Or look at it first</h2>
      <p>
        The demo simulates {countWords(demo.devices)} devices that report over MQTT like real ones. Some of them begin
        to fail; the first case opens within two minutes.
      </p>
      <div>
        <Button loading={change.isPending} onClick={() => change.mutate('POST')}>
          Start the demo
        </Button>
      </div>
      {change.isError && <ProblemNotice what="The demo did not start" error={change.error} />}
    </section>
  );
}

/** Says that what is on screen is simulated, and ends it. */
export function DemoBar() {
  const { demo, change } = useDemo();
  if (demo === undefined || !demo.running) return null;
  return (
    <div className={css.bar}>
      <p>
        <strong>The demo runs</strong> with {countWords(demo.devices)} simulated devices
        {demo.startedAt !== null && <> since {clockWords(epoch(demo.startedAt))}</>}.
      </p>
      <Button size="compact-sm" variant="default" loading={change.isPending} onClick={() => change.mutate('DELETE')}>
        Stop the demo
      </Button>
      {change.isError && <ProblemNotice what="The demo did not stop" error={change.error} />}
    </div>
  );
}
