export type { Credential, Device, DeviceQuery, LoggedFact, PackVersion, Registry } from './registry.ts';
