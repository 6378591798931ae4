import { Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Fleet, ProductItem } from '../api/model.ts';
import { useNow } from '../app/use-now.ts';
import { useDelayed } from '../parts/delayed.ts';
import { Empty, ListProblem, ShowMore } from '../parts/listing.tsx';
import { healthWords } from '../words/health.ts';
import { DeviceRow } from './device-row.tsx';
import { type FleetFilter, isFiltered } from './filter.ts';
import { FirstDevice } from './first-device.tsx';
import css from './fleet.module.css';
import type { useFleet } from './use-fleet.ts';

interface FleetBodyProps {
  readonly filter: FleetFilter;
  readonly fleet: ReturnType<typeof useFleet>;
  readonly counts: Fleet | undefined;
  readonly products: readonly ProductItem[];
}

export function FleetBody({ filter, fleet, counts, products }: FleetBodyProps) {
  const { query, rows } = fleet;
  const late = useDelayed(query.isPending);
  const none = query.data !== undefined && rows.length === 0 && !query.isError;
  const noDevice = none && counts?.devices === 0 && counts.retired === 0;
  return (
    <>
      {query.isError && (
        <ListProblem
          what="The devices could not be read"
          error={query.error}
          onRetry={fleet.showNew}
          hasRows={rows.length > 0}
        />
      )}
      {late && <Placeholder />}
      {noDevice && <FirstDevice products={products} />}
      {none && !noDevice && <NoMatch filter={filter} />}
      {rows.length > 0 && <DeviceTable fleet={fleet} products={products} />}
    </>
  );
}

function DeviceTable({ fleet, products }: Pick<FleetBodyProps, 'fleet' | 'products'>) {
  const { query, rows, changed } = fleet;
  const now = useNow();
  const titles = new Map(products.map((product) => [product.id, product.title]));
  return (
    <>
      <table className={css.table} aria-label="Devices" aria-busy={query.isFetching}>
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col" className={css.wide}>
              Product
            </th>
            <th scope="col" className={css.wide}>
              Site
            </th>
            <th scope="col">Health</th>
            <th scope="col" className={`${css.number} ${css.medium}`}>
              Open cases
            </th>
            <th scope="col" className={css.time}>
              Last seen
            </th>
            <th scope="col" className={css.medium}>
              Firmware
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((device) => (
            <DeviceRow
              key={device.id}
              device={device}
              productTitle={titles.get(device.product) ?? device.product}
              changed={changed.has(device.id)}
              now={now}
            />
          ))}
        </tbody>
      </table>
      <ShowMore query={query} />
    </>
  );
}

const placeholderRows = ['32%', '24%', '38%', '28%', '35%', '22%', '30%', '26%'];

function Placeholder() {
  return (
    <div aria-hidden="true">
      {placeholderRows.map((width) => (
        <div key={width} className={css.placeholder}>
          <Skeleton height={12} width={width} />
        </div>
      ))}
    </div>
  );
}

function NoMatch({ filter }: { filter: FleetFilter }) {
  if (!isFiltered(filter)) return <Empty title="No device is in use." />;
  return (
    <Empty title={`No device matches ${filterWords(filter)}.`}>
      <Link to="/fleet" search={{}} replace>
        Clear the filter
      </Link>
    </Empty>
  );
}

function filterWords(filter: FleetFilter): string {
  return [
    filter.q === undefined ? '' : `“${filter.q}”`,
    filter.health === undefined ? '' : healthWords[filter.health].toLowerCase(),
    filter.product ?? '',
    filter.retired === undefined ? '' : 'retired',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
