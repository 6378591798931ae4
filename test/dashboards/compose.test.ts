import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseConfig } from '../../src/app/config.ts';
import { root, text } from './grafana.ts';

const serviceShape = z.object({
  build: z.string().optional(),
  image: z.string().optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  restart: z.literal('unless-stopped'),
});

const { services, volumes } = z
  .object({ services: z.record(z.string(), serviceShape), volumes: z.record(z.string(), z.null()) })
  .parse(parse(text('docker-compose.yml')));

const docker = text('Dockerfile');

/** As compose does where nothing is set: `${NAME:-default}` is its default. */
function environmentOf(service: string): Record<string, string> {
  const given = Object.entries(services[service]?.environment ?? {});
  return Object.fromEntries(given.map(([name, value]) => [name, value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')]));
}

/** [what is mounted, where to] of every service. */
const mounts = Object.values(services).flatMap((service) =>
  service.volumes.map((volume) => volume.split(':') as [string, string]),
);

describe('docker-compose.yml', () => {
  it('has the service, its InfluxDB, and Grafana with its sources', () => {
    expect(Object.keys(services).toSorted()).toEqual(['aftercare', 'grafana', 'influxdb', 'prometheus']);
  });

  it('pins the version of every image that is not built here', () => {
    const { aftercare, ...others } = services;
    expect(aftercare?.build).toBe('.');
    for (const { image } of Object.values(others)) expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
  });

  it('opens ports to this machine only', () => {
    const ports = Object.values(services).flatMap((service) => service.ports);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('mounts files that are there and volumes that it declares', () => {
    const files = mounts.filter(([from]) => from.startsWith('./'));
    const named = mounts.filter(([from]) => !from.startsWith('./')).map(([from]) => from);
    expect(files.filter(([from]) => !existsSync(join(root, from)))).toEqual([]);
    expect(named.toSorted()).toEqual(Object.keys(volumes).toSorted());
  });

  it('waits for services that it has, by a health check where it waits for health', () => {
    for (const { depends_on } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(Object.keys(services)).toContain(name);
        if (condition === 'service_healthy') expect(services[name]?.healthcheck?.test[0]).toBe('CMD');
      }
    }
    // InfluxDB away must not keep the service from starting.
    expect(services.aftercare?.depends_on.influxdb?.condition).toBe('service_started');
  });

  it('gives the service settings that it knows, and that fit the InfluxDB beside it', () => {
    const environment = environmentOf('aftercare');
    const config = parseConfig({ environment, file: undefined });
    const influx = environmentOf('influxdb');
    expect(config.INFLUX_URL).toBe('http://influxdb:8086');
    expect(config.INFLUX_TOKEN).toBe(influx.DOCKER_INFLUXDB_INIT_ADMIN_TOKEN);
    expect(config.INFLUX_ORG).toBe(influx.DOCKER_INFLUXDB_INIT_ORG);
    expect(config.INFLUX_BUCKET).toBe(influx.DOCKER_INFLUXDB_INIT_BUCKET);
    expect(config.AFTERCARE_TOKEN).toBeUndefined();
  });

  it('has no secret but such as say that they are for local use', () => {
    const secret = /TOKEN|PASSWORD|SECRET/;
    const given = Object.keys(services).flatMap((name) => Object.entries(environmentOf(name)));
    const secrets = given.filter(([name, value]) => secret.test(name) && value !== '');
    expect(secrets.length).toBeGreaterThan(0);
    for (const [, value] of secrets) expect(value).toMatch(/^local-use-only/);
  });

  it('maps the bucket to a database with a script that can be run, and shows Grafana that database', () => {
    const script = 'dashboards/influxdb/allow-influxql.sh';
    expect(() => accessSync(join(root, script), constants.X_OK)).not.toThrow();
    const names = [...text(script).matchAll(/\$(\w+)/g)].map((match) => match[1] ?? '');
    const provided = [...Object.keys(environmentOf('influxdb')), 'DOCKER_INFLUXDB_INIT_BUCKET_ID'];
    expect(names.filter((name) => !provided.includes(name))).toEqual([]);
    const sources = text('dashboards/grafana/provisioning/datasources/aftercare.yaml');
    expect(sources).toContain(`dbName: ${environmentOf('influxdb').DOCKER_INFLUXDB_INIT_BUCKET}\n`);
    const used = [...sources.matchAll(/\$(\w+)/g)].map((match) => match[1] ?? '');
    expect(used.filter((name) => !(name in environmentOf('grafana')))).toEqual([]);
    expect(environmentOf('grafana').GRAFANA_INFLUX_PASSWORD).toBe(environmentOf('influxdb').GRAFANA_INFLUX_PASSWORD);
  });

  it('lets Grafana find its dashboards, and Prometheus the service', () => {
    const to = mounts.find(([from]) => from === './dashboards/grafana/dashboards')?.[1];
    expect(text('dashboards/grafana/provisioning/dashboards/aftercare.yaml')).toContain(`path: ${to}\n`);
    const home = environmentOf('grafana').GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH ?? '';
    expect(existsSync(join(root, home.replace(`${to}`, 'dashboards/grafana/dashboards')))).toBe(true);
    expect(text('dashboards/prometheus/prometheus.yml')).toContain("['aftercare:8080']");
  });
});

describe('Dockerfile', () => {
  const copied = [...docker.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => (match[1] ?? '').split(' '));

  it('copies what is there, and .dockerignore lets it have that and nothing else', () => {
    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const lines = text('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(lines[0]).toBe('*');
    expect(allowed.toSorted()).toEqual(copied.toSorted());
    // Within the folders that are let in.
    expect(lines).toEqual(expect.arrayContaining(['**/node_modules', '**/dist']));
  });

  it('sets settings that the service knows, to where its ports and its volume are', () => {
    const environment = Object.fromEntries(
      [...docker.matchAll(/\b(AFTERCARE_\w+)=(\S+)/g)].map((match) => [match[1], match[2]]),
    );
    const config = parseConfig({ environment, file: undefined });
    expect([config.AFTERCARE_HTTP.port, config.AFTERCARE_MQTT.port]).toEqual([8080, 1883]);
    expect(docker).toContain('EXPOSE 8080 1883');
    expect(docker).toContain(`VOLUME ${config.AFTERCARE_DATA}\n`);
    expect(mounts).toContainEqual(['aftercare-data', config.AFTERCARE_DATA]);
  });

  it('runs as a user without rights, signals reach it, and it asks itself whether it is ready', () => {
    expect(docker.lastIndexOf('\nUSER node\n')).toBeGreaterThan(docker.lastIndexOf('\nFROM '));
    expect(docker).toMatch(/^ENTRYPOINT \["node", .*\]$/m);
    expect(docker).toMatch(/^CMD \["serve"\]$/m);
    expect(docker).toMatch(/HEALTHCHECK [\s\S]*CMD \["node", .*readyz/);
  });
});
