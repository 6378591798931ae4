import { gapsOf, type QuarantineEntry } from '../admission/index.ts';
import type { Engine } from '../engine/index.ts';
import type { Catalogue } from '../product/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { newPipelineDevice, type PipelineDevice, type PipelineDevices } from './devices.ts';
import type { Forwarder, ForwarderState } from './forwarder.ts';
import type { LiveFeed } from './live.ts';
import type { Pump } from './pump.ts';
import type { DeviceLedger, FleetLedger, LedgerCounts, LiveEvent, PipelineView, QuarantineItem } from './view.ts';

export interface ViewOptions {
  readonly catalogue: Catalogue;
  readonly engine: Pick<Engine, 'uncorrected'>;
  readonly devices: PipelineDevices;
  readonly checkpoint: Checkpoint;
  readonly pump: Pick<Pump, 'behindSince' | 'waitingBands' | 'waitingQuarantine'>;
  readonly forwarder: Pick<Forwarder, 'state'> | undefined;
  readonly live: LiveFeed<LiveEvent>;
}

const payloadCharactersMax = 2_000;

export function createView(options: ViewOptions): PipelineView {
  const { catalogue, engine, devices, checkpoint, pump, forwarder, live } = options;
  return {
    ledger: (device) => deviceLedger(devices.get(device) ?? newPipelineDevice(), engine.uncorrected(device)),
    fleetLedger: () => fleetLedger({ devices, engine }, pump.behindSince, forwarder?.state()),
    server: () => forwarder?.state(),
    status: (device) => {
      const admission = devices.get(device)?.admission;
      return {
        life: admission?.watermark === undefined ? 'registered' : 'active',
        online: admission?.online ?? false,
        lastSeenAt: admission?.lastSeenAt,
        watermark: admission?.watermark,
        firmware: admission?.firmware,
        clockSuspect: admission?.clockSuspect,
      };
    },
    quarantine: (device, limit) => {
      const saved = checkpoint.quarantine(device, limit);
      const newest = saved[0];
      const waiting = pump.waitingQuarantine(device).filter((entry) => newest === undefined || isAfter(entry, newest));
      return [...waiting.reverse(), ...saved].slice(0, limit).map(quarantineItem);
    },
    quarantineDropped: (device) => {
      const held = checkpoint.quarantineCount(device) + pump.waitingQuarantine(device).length;
      return Math.max(0, (devices.get(device)?.admission.counts.setAside ?? 0) - held);
    },
    bands: ({ device, signal, from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER, limit }) => {
      const saved = checkpoint.bands({ device, signal, from, to, limit });
      const known = new Map(saved.map((point) => [point.at, point]));
      for (const point of pump.waitingBands(device, signal)) if (point.at < to) known.set(point.at, point);
      const points = [...known.values()].sort((a, b) => a.at - b.at);
      const inside = points.filter(({ at }) => at >= from);
      const before = points.at(-inside.length - 1);
      return [...(before === undefined ? [] : [before]), ...inside.slice(0, limit)];
    },
    pack: (product) => catalogue.pack(product)?.pack,
    packs: () => [...catalogue.packs()].map((known) => known.pack),
    subscribe: (listener) => live.subscribe(listener),
  };
}

function deviceLedger(device: PipelineDevice, uncorrected: number): DeviceLedger {
  const { admission } = device;
  const gaps = [...admission.pastGaps, ...admission.boots.flatMap(gapsOf)];
  return { ...countsOf(device, uncorrected), gaps };
}

function countsOf({ admission, unstored, evaluated }: PipelineDevice, uncorrected: number): LedgerCounts {
  const { received, acknowledged, duplicates, quarantined, setAside: _, ...rest } = admission.counts;
  const stored = acknowledged - unstored;
  return { received, acknowledged, duplicates, quarantined, stored, evaluated, ...rest, uncorrected };
}

function fleetLedger(
  { devices, engine }: Pick<ViewOptions, 'devices' | 'engine'>,
  pumpBehindSince: number | undefined,
  server: ForwarderState | undefined,
): FleetLedger {
  const sum = { ...countsOf(newPipelineDevice(), 0) };
  const gaps: FleetLedger['gaps'][number][] = [];
  let count = 0;
  for (const [id, device] of devices.entries()) {
    const ledger = deviceLedger(device, engine.uncorrected(id));
    for (const name of Object.keys(sum) as (keyof LedgerCounts)[]) sum[name] += ledger[name];
    for (const gap of ledger.gaps) gaps.push({ device: id, ...gap });
    count += 1;
  }
  const since = [pumpBehindSince, server?.behindSince].filter((at) => at !== undefined);
  const behindSince = since.length > 0 ? Math.min(...since) : undefined;
  return { ...sum, gaps, devices: count, behindSince, server };
}

const decoder = new TextDecoder();

function isAfter(a: QuarantineEntry, b: QuarantineEntry): boolean {
  return a.offset > b.offset || (a.offset === b.offset && a.index > b.index);
}

function quarantineItem(entry: QuarantineEntry): QuarantineItem {
  const { receivedAt, reason, detail, topic, payload, bytes } = entry;
  const text = payload === undefined ? undefined : decoder.decode(payload).slice(0, payloadCharactersMax);
  return { receivedAt, reason, detail, topic, payload: text, bytes };
}
