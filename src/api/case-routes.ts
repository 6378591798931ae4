import { z } from 'zod';
import { AftercareError, assert } from '../base/index.ts';
import { actions, type Case, type CaseChange } from '../cases/index.ts';
import { callerOf } from './access.ts';
import {
  acknowledgeBody,
  caseDetail,
  caseDetailShape,
  caseItem,
  caseParams,
  caseShape,
  casesQuery,
  findingItem,
  findingShape,
  findingsQuery,
  productFindingsQuery,
  resolveBody,
  timelineItem,
  timelineQuery,
  timelineShape,
} from './case-shapes.ts';
import type { ApiDeps } from './deps.ts';
import { findDevice } from './device-routes.ts';
import { deviceParams } from './device-shapes.ts';
import type { LiveHub } from './live.ts';
import { problems } from './problem.ts';
import { findProduct } from './product-routes.ts';
import { type ApiServer, checkRange, pageOf } from './shapes.ts';

const tags = ['cases'];

/** Findings looked at for a case's evidence, the newest. */
const findingsMax = 1_000;

async function findCase({ cases }: ApiDeps, id: string): Promise<Case> {
  const { items } = await cases.list({ id, limit: 1 });
  if (items[0]) return items[0];
  throw new AftercareError('case-not-found', `There is no case ${JSON.stringify(id)}.`, {
    hint: 'GET /api/v1/cases lists them.',
  });
}

async function detailOf({ cases }: ApiDeps, item: Case) {
  const { items } = await cases.findings({ case: item.id, newestFirst: true, limit: findingsMax });
  return caseDetail(item, items.toReversed(), actions(item));
}

export function caseRoutes(api: ApiServer, deps: ApiDeps): void {
  const { cases } = deps;

  api.get(
    '/cases',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Cases, most urgent first',
        tags,
        querystring: casesQuery,
        response: { 200: pageOf(caseShape), ...problems },
      },
    },
    async (request) => {
      const { items, next } = await cases.list(request.query);
      return { items: items.map(caseItem), next };
    },
  );

  api.get(
    '/cases/:id',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'A case, what may be done with it, and what it rests on',
        tags,
        params: caseParams,
        response: { 200: caseDetailShape, ...problems },
      },
    },
    async (request) => detailOf(deps, await findCase(deps, request.params.id)),
  );

  api.get(
    '/cases/:id/timeline',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'What happened to a case, oldest first',
        tags,
        params: caseParams,
        querystring: timelineQuery,
        response: { 200: pageOf(timelineShape), ...problems },
      },
    },
    async (request) => {
      const { id } = await findCase(deps, request.params.id);
      const { items, next } = await cases.timeline(id, request.query);
      return { items: items.map(timelineItem), next };
    },
  );
}

export function caseActionRoutes(api: ApiServer, deps: ApiDeps, live: LiveHub): void {
  const act = async (change: CaseChange) => {
    const [changed] = await deps.cases.apply([change]);
    assert(changed, 'an action that is not refused changes its case');
    live.publish({ type: 'case', case: changed });
    return detailOf(deps, changed);
  };

  api.post(
    '/cases/:id/acknowledge',
    {
      config: { access: 'agent' },
      schema: {
        summary: 'Take a case over',
        tags,
        params: caseParams,
        body: acknowledgeBody,
        response: { 200: caseDetailShape, ...problems },
      },
    },
    (request) =>
      act({
        kind: 'acknowledge',
        case: request.params.id,
        version: request.body.version,
        actor: callerOf(request).name,
        now: deps.clock(),
      }),
  );

  api.post(
    '/cases/:id/resolve',
    {
      config: { access: 'agent' },
      schema: {
        summary: 'Resolve a case with a verdict',
        tags,
        params: caseParams,
        body: resolveBody,
        response: { 200: caseDetailShape, ...problems },
      },
    },
    (request) =>
      act({
        kind: 'resolve',
        case: request.params.id,
        version: request.body.version,
        verdict: request.body.verdict,
        note: request.body.note?.trim() || undefined,
        actor: callerOf(request).name,
        now: deps.clock(),
      }),
  );
}

export function findingRoutes(api: ApiServer, deps: ApiDeps): void {
  const { cases } = deps;
  const response = { 200: pageOf(findingShape), ...problems };

  api.get(
    '/devices/:id/findings',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Findings of a device, oldest first',
        tags,
        params: deviceParams,
        querystring: findingsQuery,
        response,
      },
    },
    async (request) => {
      checkRange(request.query);
      const { id: device } = await findDevice(deps, request.params.id);
      const { items, next } = await cases.findings({ device, ...request.query });
      return { items: items.map(findingItem), next };
    },
  );

  api.get(
    '/products/:id/findings',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Findings of one source on all devices of a product, newest first',
        tags,
        params: z.object({ id: z.string() }),
        querystring: productFindingsQuery,
        response,
      },
    },
    async (request) => {
      checkRange(request.query);
      const { product } = findProduct(deps.view, request.params.id);
      const { items, next } = await cases.findings({ product, ...request.query, newestFirst: true });
      return { items: items.map(findingItem), next };
    },
  );

  api.get(
    '/cases/:id/findings',
    {
      config: { access: 'viewer' },
      schema: { summary: 'Findings of a case', tags, params: caseParams, querystring: timelineQuery, response },
    },
    async (request) => {
      const { id } = await findCase(deps, request.params.id);
      const { items, next } = await cases.findings({ case: id, ...request.query });
      return { items: items.map(findingItem), next };
    },
  );
}
