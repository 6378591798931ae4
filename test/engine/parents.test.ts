import { describe, expect, it } from 'vitest';
import { VirtualService } from '../../src/backtest/index.ts';
import { Engine } from '../../src/engine/index.ts';
import { Catalogue } from '../../src/product/index.ts';
import { deviceFacts, type Report, reportsTopic, type SignalValue } from '../../src/telemetry/index.ts';
import { minute, pack, start } from './fixture.ts';

const room = `
product: room
title: Cold room
signals:
  temp: {kind: gauge, unit: Cel, maxAge: 30m}
`;
const shelf = `
product: shelf
title: Shelf
parent: room
reports: {every: 1m, silentAfter: 1h}
signals:
  temp: {kind: gauge, unit: Cel}
failureModes:
  warm: {title: Too warm}
rules:
  - {id: both, when: temp > 8.0 && parent.temp > 8.0, for: 2m, failureMode: warm}
`;

const factsOf = (id: string, product: string, parent?: string) => deviceFacts({ id, product, parent });

/** A room and a shelf in it, in minutes after the start. */
class Place {
  readonly service = new VirtualService((_, source) => pack(source), start);

  static async with(...publications: readonly string[]): Promise<Place> {
    const place = new Place();
    for (const source of publications) await place.publish(source);
    return place;
  }

  publish(source: string): Promise<void> {
    return this.service.publish({ product: pack(source).product, file: 'pack.yaml', source });
  }

  async say(device: string, atMinute: number, signals: Readonly<Record<string, SignalValue>>): Promise<this> {
    const payload = JSON.stringify({ at: start + atMinute * minute, signals });
    this.service.now = Math.max(this.service.now, start + atMinute * minute);
    await this.service.message(device, reportsTopic(device), new TextEncoder().encode(payload));
    return this;
  }

  async minutes(device: string, from: number, to: number, temp: number): Promise<this> {
    for (let at = from; at <= to; at++) await this.say(device, at, { temp });
    return this;
  }

  get told(): string[] {
    return this.service.events.map(({ device, state, correction }) => `${device} ${correction ?? state}`);
  }
}

describe('what a parent told', () => {
  it('is not known of one of another product, nor before the device belongs to it', async () => {
    const place = await Place.with(room, shelf, shelf.replace('product: shelf', 'product: rack'));
    await place.service.register(factsOf('room-1', 'room'));
    await place.service.register(factsOf('rack-1', 'rack', 'room-1'));
    await place.service.register(factsOf('shelf-1', 'shelf', 'rack-1'));
    await place.say('room-1', 0, { temp: 9 });
    await place.say('rack-1', 0, { temp: 9 });
    await place.minutes('shelf-1', 0, 5, 9);
    expect(place.told).toEqual([]);
    await place.minutes('rack-1', 1, 3, 9);
    expect(place.told).toEqual(['rack-1 raised']);
  });

  it('is of the same product where the pack says so', async () => {
    const place = await Place.with(shelf.replace('parent: room', 'parent: shelf'));
    await place.service.register(factsOf('top', 'shelf'));
    await place.service.register(factsOf('below', 'shelf', 'top'));
    await place.minutes('top', 0, 5, 9);
    expect(place.told).toEqual([]);
    await place.minutes('below', 5, 7, 9);
    expect(place.told).toEqual(['below raised']);
  });

  it('is unknown once the pack of the parents no longer has it: what was found by it ends', async () => {
    const place = await Place.with(room, shelf);
    await place.service.register(factsOf('room-1', 'room'));
    await place.service.register(factsOf('shelf-1', 'shelf', 'room-1'));
    await place.say('room-1', 0, { temp: 9 });
    await place.minutes('shelf-1', 0, 4, 9);
    expect(place.told).toEqual(['shelf-1 raised']);
    await place.publish(room.replace('temp: {kind: gauge, unit: Cel', 'warmth: {kind: gauge'));
    // What comes late from before is judged under what was in force then.
    await place.say('shelf-1', 1.5, { temp: 4 });
    await place.service.tick();
    expect(place.told).toEqual(['shelf-1 raised', 'shelf-1 moved']);
    await place.say('shelf-1', 5, { temp: 9 });
    expect(place.told.slice(2)).toEqual(['shelf-1 cleared']);
    expect(place.service.events.at(-1)?.explanation).toContain("a version of its parents' pack");
    expect(place.service.why('shelf-1')?.rules[0]?.holds).toBe(undefined);
  });

  it('goes on over a version of the parents that has what is asked as it was', async () => {
    const place = await Place.with(room, shelf);
    await place.service.register(factsOf('room-1', 'room'));
    await place.service.register(factsOf('shelf-1', 'shelf', 'room-1'));
    await place.say('room-1', 0, { temp: 9 });
    await place.minutes('shelf-1', 0, 1, 9);
    await place.publish(`${room}  hum: {kind: gauge}\n`);
    await place.minutes('shelf-1', 2, 3, 9);
    expect(place.service.events.map(({ startsAt }) => startsAt)).toEqual([start]);
  });
});

it('costs nothing where nobody asks: the report is the same object', () => {
  const catalogue = new Catalogue((_, source) => pack(source));
  for (const [index, source] of [
    room,
    shelf.replace('parent: room\n', '').replace('&& parent.temp > 8.0', ''),
  ].entries()) {
    const { product } = pack(source);
    catalogue.apply({ type: 'pack-published', at: start, product, version: 1, file: `${index}`, source });
  }
  catalogue.apply({ type: 'device-registered', at: start, device: factsOf('room-1', 'room') });
  const engine = new Engine(catalogue);
  const identity = { rawAt: undefined, boot: undefined, seq: undefined, firmware: undefined, faults: [] };
  const place = { device: 'room-1', product: 'room', offset: 3, index: 0, at: start, receivedAt: start };
  const report: Report = { ...place, ...identity, signals: { temp: 9 } };
  expect(engine.withParent(report)).toBe(report);
  engine.step({ kind: 'report', report, judged: true }, { findings: [], bands: [], touched: new Set() });
  expect(engine.snapshot('room-1')).not.toContain('told');
});
