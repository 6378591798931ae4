import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers';
import { afterAll, describe } from 'vitest';
import { telemetryStoreContract } from '../contract/store.ts';
import { influxPlace } from './influx-server.ts';

const [org, token, setupBucket] = ['aftercare', 'a-token-for-tests', 'setup'];
const capabilities = { sharedTimes: false, offsets: true, rawTimes: true, changingTypes: false };

/** Undefined, and said aloud, where no engine answers or the image cannot be had: that is no failure of ours. */
async function startInflux2(): Promise<StartedTestContainer | undefined> {
  try {
    await getContainerRuntimeClient();
    return await new GenericContainer('influxdb:2')
      .withEnvironment({
        DOCKER_INFLUXDB_INIT_MODE: 'setup',
        DOCKER_INFLUXDB_INIT_USERNAME: 'aftercare',
        DOCKER_INFLUXDB_INIT_PASSWORD: 'a-password-for-tests',
        DOCKER_INFLUXDB_INIT_ORG: org,
        DOCKER_INFLUXDB_INIT_BUCKET: setupBucket,
        DOCKER_INFLUXDB_INIT_ADMIN_TOKEN: token,
      })
      .withExposedPorts(8086)
      .withWaitStrategy(Wait.forHttp('/health', 8086))
      .withStartupTimeout(90_000)
      .start();
  } catch (error) {
    console.warn(`[skip] influxdb:2 cannot be started: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

const container = await startInflux2();
const url = container && `http://${container.getHost()}:${container.getMappedPort(8086)}`;
afterAll(() => container?.stop());

async function call(path: string, body?: object): Promise<{ id?: string; orgs?: { id: string }[] }> {
  const response = await fetch(`${url}/api/v2/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Token ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // The shape that InfluxDB documents.
  return (await response.json()) as { id?: string; orgs?: { id: string }[] };
}

let buckets = 0;

/** A bucket of its own, mapped to a database of its name as the documentation tells people to. */
async function newBucket(): Promise<string> {
  const bucket = `place-${++buckets}`;
  const orgID = (await call(`orgs?org=${org}`)).orgs?.[0]?.id;
  const { id } = await call('buckets', { orgID, name: bucket, retentionRules: [] });
  await call('dbrps', { orgID, bucketID: id, database: bucket, retention_policy: 'autogen', default: true });
  return bucket;
}

describe.skipIf(url === undefined)('InfluxDB 2 in a container', () => {
  telemetryStoreContract('InfluxDB 2', capabilities, async () => {
    const bucket = await newBucket();
    return influxPlace({ url: url ?? '', org, token, bucket, db: bucket });
  });
});
