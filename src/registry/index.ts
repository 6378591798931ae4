export type { DeviceInput } from './device-input.ts';
export { createDirectory, type Directory, type DirectoryOptions } from './directory.ts';
export { openEmbeddedRegistry } from './embedded/registry.ts';
export type { MaintenanceInput } from './maintenance-input.ts';
export type {
  Credential,
  Device,
  DeviceQuery,
  LoggedFact,
  MaintenancePageQuery,
  PackVersion,
  Registry,
} from './registry.ts';
