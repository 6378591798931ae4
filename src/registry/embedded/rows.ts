import type { SQLInputValue } from 'node:sqlite';
import { assert } from '../../base/index.ts';
import { integer, integerOrUndefined, type Row, text, textOrUndefined } from '../../sqlite/index.ts';
import { type Maintenance, type MaintenanceQuery, maintenanceEnd } from '../../telemetry/index.ts';
import type { Credential, Device, PackVersion } from '../registry.ts';

/** Parameters of {@link saveDeviceSql}, named as there. */
export function deviceRow(device: Device): Record<string, SQLInputValue> {
  return {
    id: device.id,
    product: device.product,
    serial: device.serial ?? null,
    site: device.site ?? null,
    customer: device.customer ?? null,
    timezone: device.timezone ?? null,
    parent: device.parent ?? null,
    batch: device.batch ?? null,
    installed_at: device.installedAt ?? null,
    registered_at: device.registeredAt,
    retired: device.retired ? 1 : 0,
    search: [device.id, device.serial, device.site, device.customer].join('\n').toLowerCase(),
  };
}

export function deviceOf(row: Row): Device {
  return {
    id: text(row.id),
    product: text(row.product),
    serial: textOrUndefined(row.serial),
    site: textOrUndefined(row.site),
    customer: textOrUndefined(row.customer),
    timezone: textOrUndefined(row.timezone),
    parent: textOrUndefined(row.parent),
    batch: textOrUndefined(row.batch),
    installedAt: integerOrUndefined(row.installed_at),
    registeredAt: integer(row.registered_at),
    retired: integer(row.retired) === 1,
  };
}

export const saveDeviceSql = `INSERT OR REPLACE INTO device
  (id, product, serial, site, customer, timezone, parent, batch, installed_at, registered_at, retired, search)
  VALUES (:id, :product, :serial, :site, :customer, :timezone, :parent, :batch, :installed_at, :registered_at,
    :retired, :search)`;

export function packOf(row: Row): PackVersion {
  return {
    product: text(row.product),
    version: integer(row.version),
    publishedAt: integer(row.published_at),
    file: text(row.file),
    source: text(row.source),
  };
}

/** Parameters of {@link saveMaintenanceSql}, named as there. */
export function maintenanceRow(item: Maintenance): Record<string, SQLInputValue> {
  return {
    id: item.id,
    query: JSON.stringify(item.query),
    owner: item.owner,
    reason: item.reason,
    from_at: item.from,
    to_at: item.to,
    planned_at: item.plannedAt,
    ended_at: item.endedAt ?? null,
    ended_by: item.endedBy ?? null,
    over_at: maintenanceEnd(item),
  };
}

export const saveMaintenanceSql = `INSERT OR REPLACE INTO maintenance
  (id, query, owner, reason, from_at, to_at, planned_at, ended_at, ended_by, over_at)
  VALUES (:id, :query, :owner, :reason, :from_at, :to_at, :planned_at, :ended_at, :ended_by, :over_at)`;

export function maintenanceOf(row: Row): Maintenance {
  return {
    id: text(row.id),
    // Only maintenanceRow writes this column.
    query: JSON.parse(text(row.query)) as MaintenanceQuery,
    owner: text(row.owner),
    reason: text(row.reason),
    from: integer(row.from_at),
    to: integer(row.to_at),
    plannedAt: integer(row.planned_at),
    endedAt: integerOrUndefined(row.ended_at),
    endedBy: textOrUndefined(row.ended_by),
  };
}

export function credentialOf(row: Row, kind: Credential['kind']): Credential {
  const data: unknown = JSON.parse(text(row.data));
  assert(data !== null && typeof data === 'object', "a credential's data is an object");
  return {
    kind,
    key: text(row.key),
    hash: text(row.hash),
    data: { ...data },
    createdAt: integer(row.created_at),
    expiresAt: integerOrUndefined(row.expires_at),
  };
}
