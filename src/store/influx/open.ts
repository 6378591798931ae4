import type { InfluxStore, InfluxStoreOptions } from './influx.ts';

/** {@link InfluxStore}; its client is loaded by who calls this, and not by who has no InfluxDB. */
export async function openInfluxStore(options: InfluxStoreOptions): Promise<InfluxStore> {
  const driver = await import('./influx.ts');
  return driver.openInfluxStore(options);
}
