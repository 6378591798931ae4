import type { ProductPack, SignalSpec } from '../../src/product/index.ts';

const signal = (changes: Partial<SignalSpec> & Pick<SignalSpec, 'name' | 'title'>): SignalSpec => ({
  kind: 'gauge',
  unit: undefined,
  type: 'number',
  values: undefined,
  range: undefined,
  maxAgeMs: 900_000,
  watch: [],
  ...changes,
});

/** The product of the API's tests. */
export const fridge: ProductPack = {
  product: 'fridge',
  title: 'Fridge',
  reports: { everyMs: 60_000, silentAfterMs: 900_000 },
  signals: [
    signal({
      name: 'cabinet_temp',
      title: 'cabinet temp',
      unit: 'Cel',
      range: [-40, 60],
      watch: [{ kind: 'level', failureMode: 'seal-leak', severity: 'minor', safety: false, params: {} }],
    }),
    signal({ name: 'door_open', title: 'door open', kind: 'state', type: 'boolean' }),
  ],
  failureModes: [
    {
      ...{ id: 'seal-leak', title: 'Door seal leaks', severity: 'major', safety: false },
      ...{ horizonMs: undefined, playbook: 'seal-leak', parts: [], covered: [] },
    },
    {
      ...{ id: 'noise', title: 'Noise', severity: 'info', safety: false },
      ...{ horizonMs: undefined, playbook: undefined, parts: [], covered: [] },
    },
  ],
  playbooks: [
    {
      id: 'seal-leak',
      title: 'Close the door',
      steps: [
        { do: 'Wipe the seal', who: 'customer', expect: 'The door closes by itself' },
        { do: 'Look again tomorrow', who: undefined, expect: undefined },
      ],
    },
  ],
  parent: undefined,
  derived: [],
  faultCodes: [],
  rules: [
    {
      ...{
        id: 'warm',
        title: 'Too warm',
        when: 'cabinet_temp > 8',
        forMs: 600_000,
        clear: undefined,
        clearForMs: 0,
        escalate: undefined,
      },
      ...{ severity: 'major', safety: false, failureMode: 'seal-leak', stage: 'live' },
    },
  ],
  tests: [],
};
