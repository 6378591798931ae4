import { z } from 'zod';
import { AftercareError, formatInstant } from '../base/index.ts';
import type { QuarantineItem } from '../pipeline/index.ts';
import type { ApiDeps } from './deps.ts';
import { findDevice } from './device-routes.ts';
import { deviceParams } from './device-shapes.ts';
import { problems } from './problem.ts';
import { type ApiServer, instant, orNull, pageOf, pageQuery } from './shapes.ts';

const quarantineShape = z
  .object({
    receivedAt: instant,
    reason: z.string(),
    detail: z.string(),
    topic: z.string(),
    payload: z.string().nullable().describe('As text, cut at 2,000 characters; null where nothing was kept'),
    bytes: z.int(),
  })
  .meta({ id: 'QuarantineItem' });

const quarantinePage = pageOf(quarantineShape).extend({
  dropped: z.int().describe('Set aside and not kept any more, or never kept one by one'),
});

/** All that a device's ring holds. */
const ringMax = 1_000;

export function quarantineRoute(api: ApiServer, deps: ApiDeps): void {
  api.get(
    '/devices/:id/quarantine',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Messages and readings that were set aside, newest first',
        tags: ['devices'],
        params: deviceParams,
        querystring: z.strictObject(pageQuery),
        response: { 200: quarantinePage, ...problems },
      },
    },
    async (request) => {
      const { id } = await findDevice(deps, request.params.id);
      const { items, next } = pageAfter(deps.view.quarantine(id, ringMax), request.query);
      return { items: items.map(quarantineItem), next, dropped: deps.view.quarantineDropped(id) };
    },
  );
}

interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * A page of what lies behind the cursor. The cursor is the arrival of the last item given, and how many of that
 * arrival were given: so a page neither repeats nor skips when the ring moves on in between.
 */
function pageAfter(all: readonly QuarantineItem[], { limit, cursor }: PageRequest) {
  const rest = cursor === undefined ? all : after(all, cursor);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  if (!last || rest.length <= limit) return { items, next: null };
  const end = all.length - rest.length + items.length;
  const given = all.slice(0, end).filter(({ receivedAt }) => receivedAt === last.receivedAt).length;
  return { items, next: `${last.receivedAt}.${given}` };
}

function after(all: readonly QuarantineItem[], cursor: string): readonly QuarantineItem[] {
  const [, arrival, given] = /^(\d+)\.(\d+)$/.exec(cursor) ?? [];
  if (arrival === undefined) {
    throw new AftercareError('request-invalid', 'query/cursor: is not one that this call gave', {
      hint: 'Pass `next` of the page before, unchanged.',
    });
  }
  const older = all.filter(({ receivedAt }) => receivedAt < Number(arrival));
  const same = all.filter(({ receivedAt }) => receivedAt === Number(arrival));
  return [...same.slice(Number(given)), ...older];
}

function quarantineItem(item: QuarantineItem): z.infer<typeof quarantineShape> {
  return {
    receivedAt: formatInstant(item.receivedAt),
    reason: item.reason,
    detail: item.detail,
    topic: item.topic,
    payload: orNull(item.payload),
    bytes: item.bytes,
  };
}
