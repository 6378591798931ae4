import type { ProductPack } from '../product/index.ts';

/** Rules read signals, not what detectors make of them: without its detectors a pack is judged many times as fast. */
export function withoutDetectors(pack: ProductPack): ProductPack {
  return { ...pack, signals: pack.signals.map((signal) => ({ ...signal, watch: [], range: undefined })) };
}
