import type { z } from 'zod';
import { AftercareError, formatInstant } from '../base/index.ts';
import type { Device } from '../registry/index.ts';
import type { ApiDeps } from './deps.ts';
import {
  changeBody,
  deletionShape,
  deviceParams,
  deviceShape,
  devicesQuery,
  deviceWithSecretShape,
  fleetShape,
  registerBody,
  secretShape,
} from './device-shapes.ts';
import type { Fleet } from './fleet.ts';
import type { LiveHub } from './live.ts';
import { problems } from './problem.ts';
import { type ApiServer, pageOf } from './shapes.ts';

/** The device with this id. Rejects with `device-not-found`. */
export async function findDevice(deps: Pick<ApiDeps, 'directory'>, id: string): Promise<Device> {
  const device = await deps.directory.device(id);
  if (device) return device;
  throw new AftercareError('device-not-found', `There is no device ${JSON.stringify(id)}.`, {
    hint: 'GET /api/v1/devices lists them; POST /api/v1/devices registers one.',
  });
}

const tags = ['devices'];

export function deviceRoutes(api: ApiServer, { directory }: ApiDeps, fleet: Fleet): void {
  api.get(
    '/devices',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Devices, by id',
        tags,
        querystring: devicesQuery,
        response: { 200: pageOf(deviceShape), ...problems },
      },
    },
    (request) => fleet.list(request.query),
  );

  api.get(
    '/fleet',
    {
      config: { access: 'viewer' },
      schema: { summary: 'How the fleet is: devices by health', tags, response: { 200: fleetShape, ...problems } },
    },
    () => fleet.counts(),
  );

  api.get(
    '/devices/:id',
    {
      config: { access: 'viewer' },
      schema: { summary: 'A device', tags, params: deviceParams, response: { 200: deviceShape, ...problems } },
    },
    async (request) => fleet.item(await findDevice({ directory }, request.params.id)),
  );
}

/** What those who change devices need beside the API's own. */
export interface DeviceChangeDeps extends Pick<ApiDeps, 'directory' | 'disconnect'> {
  readonly fleet: Fleet;
  readonly live: LiveHub;
}

export function deviceChangeRoutes(api: ApiServer, deps: DeviceChangeDeps): void {
  registerRoute(api, deps);
  secretRoute(api, deps);
  changeRoutes(api, deps);
  deleteRoute(api, deps);
}

function registerRoute(api: ApiServer, { directory, fleet, live }: DeviceChangeDeps): void {
  api.post(
    '/devices',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Register a device',
        tags,
        body: registerBody,
        response: { 201: deviceWithSecretShape, ...problems },
      },
    },
    async (request, reply) => {
      const { device, secret } = await directory.register(withoutNulls(request.body));
      live.publish({ type: 'device', device: device.id });
      reply.header('location', `/api/v1/devices/${encodeURIComponent(device.id)}`).header('cache-control', 'no-store');
      return reply.status(201).send({ ...(await fleet.item(device)), secret });
    },
  );
}

function secretRoute(api: ApiServer, { directory, disconnect }: DeviceChangeDeps): void {
  api.post(
    '/devices/:id/secret',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'A new secret; it ends the connections made with the old one',
        tags,
        params: deviceParams,
        response: { 200: secretShape, ...problems },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const secret = await directory.newSecret(id);
      disconnect(id);
      reply.header('cache-control', 'no-store');
      return { id, secret };
    },
  );
}

function changeRoutes(api: ApiServer, { directory, disconnect, fleet, live }: DeviceChangeDeps): void {
  const changed = (device: Device) => {
    live.publish({ type: 'device', device: device.id });
    return fleet.item(device);
  };

  api.patch(
    '/devices/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Change facts of a device; null forgets one',
        tags,
        params: deviceParams,
        body: changeBody,
        response: { 200: deviceShape, ...problems },
      },
    },
    async (request) => changed(await directory.change(request.params.id, request.body)),
  );

  api.post(
    '/devices/:id/retire',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Retire a device, for ever',
        tags,
        params: deviceParams,
        response: { 200: deviceShape, ...problems },
      },
    },
    async (request) => {
      const device = await directory.retire(request.params.id);
      disconnect(device.id);
      return changed(device);
    },
  );
}

function deleteRoute(api: ApiServer, { directory }: DeviceChangeDeps): void {
  api.delete(
    '/devices/:id/readings',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Delete the stored readings of a device; the device, its ledger and its cases stay',
        tags,
        params: deviceParams,
        response: { 202: deletionShape, ...problems },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const at = formatInstant(await directory.deleteReadings(id));
      const detail = `What is stored of the reports that ${id} had sent by then goes now, for ever.`;
      return reply.status(202).send({ id, at, detail });
    },
  );
}

function withoutNulls({ id, product, ...facts }: z.infer<typeof registerBody>) {
  return {
    id,
    product,
    serial: facts.serial ?? undefined,
    site: facts.site ?? undefined,
    customer: facts.customer ?? undefined,
    timezone: facts.timezone ?? undefined,
    parent: facts.parent ?? undefined,
    batch: facts.batch ?? undefined,
    installedAt: facts.installedAt ?? undefined,
  };
}
