import { coldFridge } from './cold-fridge.ts';
import type { ProductModel } from './model.ts';
import { waterPump } from './water-pump.ts';

export type { ProductModel, Signals, Unit } from './model.ts';

/** Every product that can be simulated, by the id of its pack. A new one is a file and a line here. */
export const models: ReadonlyMap<string, ProductModel> = new Map(
  [coldFridge, waterPump].map((model) => [model.product, model]),
);
