import { Link } from '@tanstack/react-router';
import type { Fleet } from '../api/model.ts';
import { HealthMark } from '../parts/health-mark.tsx';
import { healthHelp, healths } from '../words/health.ts';
import { countWords } from '../words/numbers.ts';
import { type FleetFilter, withHealth } from './filter.ts';
import css from './fleet.module.css';

/** How many devices are in each state; a tile shows them, pressed again all. */
export function FleetTiles({ filter, counts }: { filter: FleetFilter; counts: Fleet }) {
  return (
    <nav aria-label="Devices by health">
      <ul className={css.tiles}>
        {healths.map((health) => (
          <li key={health}>
            <Link
              to="/fleet"
              search={withHealth(filter, health)}
              replace
              className={css.tile}
              title={healthHelp[health]}
              aria-current={filter.health === health ? 'true' : undefined}
              activeProps={{}}
              data-none={counts.health[health] === 0 ? '' : undefined}
            >
              <span className={css.tileCount}>{countWords(counts.health[health])}</span> <HealthMark health={health} />
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
