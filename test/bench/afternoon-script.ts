/**
 * What a good engineer writes in an afternoon, for the comparison: aedes, JSON.parse, a map of thresholds, and the
 * InfluxDB client with its own batching. It acknowledges at once, and keeps in memory what InfluxDB has not taken.
 *
 *   node test/bench/afternoon-script.ts <mqtt port> <influx url> <database>
 */
import { createServer } from 'node:net';
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { Aedes } from 'aedes';

const [port = '', url = '', database = ''] = process.argv.slice(2);
const thresholds = new Map([
  ['temp', 90],
  ['humidity', 95],
  ['current', 12],
  ['pressure', 8],
  ['flow', 40],
]);
const alarms = new Set<string>();

const writer = new InfluxDB({ url, token: 'none' }).getWriteApi('none', `${database}/autogen`, 'ms', {
  batchSize: 5_000,
  flushInterval: 1_000,
});

const broker = await Aedes.createBroker();
broker.on('publish', (packet, client) => {
  if (client === null) return;
  const report = JSON.parse(packet.payload.toString()) as { at: number; signals: Record<string, number | boolean> };
  const point = new Point('rig').tag('device', client.id).timestamp(report.at);
  for (const [name, value] of Object.entries(report.signals)) {
    if (typeof value === 'boolean') {
      point.booleanField(name, value);
      continue;
    }
    point.floatField(name, value);
    const limit = thresholds.get(name);
    if (limit === undefined) continue;
    if (value > limit) alarms.add(`${client.id}/${name}`);
    else alarms.delete(`${client.id}/${name}`);
  }
  writer.writePoint(point);
});
createServer((socket) => broker.handle(socket)).listen(Number(port), '127.0.0.1');

process.on('SIGTERM', () => {
  void writer.close().finally(() => process.exit());
});
