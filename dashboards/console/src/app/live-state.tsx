import { Button } from '@mantine/core';
import { clockSecondsWords } from '../words/times.ts';
import { useLive } from './live.tsx';
import css from './shell.module.css';

const words = { connecting: 'Connecting', live: 'Live', lost: 'Not live', paused: 'Paused' } as const;

/** Says whether what is on screen keeps itself current, and stops or restarts that. */
export function LiveButton() {
  const live = useLive();
  const paused = live.state === 'paused';
  return (
    <button
      type="button"
      className={css.entry}
      title={paused ? 'Updates are stopped. Press to start them again.' : 'Press to stop updates.'}
      aria-pressed={paused}
      onClick={() => live.setPaused(!paused)}
    >
      <span className={css.liveDot} data-state={live.state} aria-hidden="true" />
      <span>
        <span className="visually-hidden">Updates: </span>
        {words[live.state]}
      </span>
    </button>
  );
}

/** No silent staleness: says since when what is on screen may be old. */
export function LostBanner() {
  const live = useLive();
  if (live.state !== 'lost') return null;
  return (
    <div role="alert" className={css.lost}>
      <span>
        <strong>Live updates are lost.</strong> What you see was good at {clockSecondsWords(live.lastGoodAt)}; trying
        again by itself.
      </span>
      <Button size="compact-sm" variant="default" onClick={live.reconnect}>
        Try now
      </Button>
    </div>
  );
}
