import { AftercareError } from '../base/index.ts';
import { isMaintained, type Maintenance } from '../telemetry/index.ts';
import { callerOf } from './access.ts';
import { findingItem } from './case-shapes.ts';
import type { ApiDeps } from './deps.ts';
import { findDevice } from './device-routes.ts';
import {
  maintenanceDetailQuery,
  maintenanceDetailShape,
  maintenanceItem,
  maintenanceParams,
  maintenanceQuery,
  maintenanceShape,
  planBody,
  queryOf,
} from './maintenance-shapes.ts';
import { problems } from './problem.ts';
import { type ApiServer, pageOf } from './shapes.ts';

const tags = ['maintenance'];

type MaintenanceDeps = Pick<ApiDeps, 'directory' | 'registry' | 'cases' | 'view' | 'clock'>;

/** Times in which findings open no case. Those about safety, and calls for help, always do. */
export function maintenanceRoutes(api: ApiServer, deps: MaintenanceDeps): void {
  listRoute(api, deps);
  detailRoute(api, deps);
  changeRoutes(api, deps);
}

function listRoute(api: ApiServer, deps: MaintenanceDeps): void {
  api.get(
    '/maintenance',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Maintenance; that which begins last comes first',
        tags,
        querystring: maintenanceQuery,
        response: { 200: pageOf(maintenanceShape), ...problems },
      },
    },
    async (request) => {
      const { device, ...query } = request.query;
      const now = deps.clock();
      const isAsked = device === undefined ? () => true : await aboutDevice(deps, device);
      const { items, next } = await deps.registry.maintenance({ ...query, now });
      return { items: items.filter(isAsked).map((item) => maintenanceItem(item, now)), next };
    },
  );
}

async function aboutDevice(deps: MaintenanceDeps, id: string): Promise<(item: Maintenance) => boolean> {
  const device = await findDevice(deps, id);
  const { firmware } = deps.view.status(id);
  return (item) => isMaintained(item, device, firmware);
}

function detailRoute(api: ApiServer, { directory, cases, clock }: MaintenanceDeps): void {
  api.get(
    '/maintenance/:id',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Maintenance, and the findings that it kept from opening a case',
        tags,
        params: maintenanceParams,
        querystring: maintenanceDetailQuery,
        response: { 200: maintenanceDetailShape, ...problems },
      },
    },
    async (request) => {
      const item = await directory.maintenance(request.params.id);
      if (item === undefined) {
        throw new AftercareError(
          'maintenance-not-found',
          `There is no maintenance ${JSON.stringify(request.params.id)}.`,
          {
            hint: 'GET /api/v1/maintenance lists what there is.',
          },
        );
      }
      const { items, next } = await cases.findings({ hiddenBy: item.id, ...request.query });
      return { ...maintenanceItem(item, clock()), findings: { items: items.map(findingItem), next } };
    },
  );
}

function changeRoutes(api: ApiServer, { directory, clock }: MaintenanceDeps): void {
  api.post(
    '/maintenance',
    {
      config: { access: 'agent' },
      schema: {
        summary:
          'Plan maintenance: what is found in it opens no case, unless it is about safety or still holds after it',
        tags,
        body: planBody,
        response: { 201: maintenanceShape, ...problems },
      },
    },
    async (request, reply) => {
      const { query, owner, reason, from, to } = request.body;
      const item = await directory.planMaintenance({
        query: queryOf(query),
        owner: owner ?? callerOf(request).name,
        reason,
        from: from ?? undefined,
        to,
      });
      reply.header('location', `/api/v1/maintenance/${encodeURIComponent(item.id)}`);
      return reply.status(201).send(maintenanceItem(item, clock()));
    },
  );

  api.post(
    '/maintenance/:id/end',
    {
      config: { access: 'agent' },
      schema: {
        summary: 'End maintenance now, or call it off; what is over stays as it is',
        tags,
        params: maintenanceParams,
        response: { 200: maintenanceShape, ...problems },
      },
    },
    async (request) => {
      const item = await directory.endMaintenance(request.params.id, callerOf(request).name);
      return maintenanceItem(item, clock());
    },
  );
}
