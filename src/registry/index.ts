export type { DeviceInput } from './device-input.ts';
export { createDirectory, type Directory, type DirectoryOptions } from './directory.ts';
export { openEmbeddedRegistry } from './embedded/registry.ts';
export type { Credential, Device, DeviceQuery, LoggedFact, PackVersion, Registry } from './registry.ts';
