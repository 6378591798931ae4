import { expect, it } from 'vitest';
import { formatPackChange, packChanges } from '../../src/product/changes.ts';

const before = `
product: fridge
title: Fridge
signals:
  temp: { kind: gauge, watch: [level, stuck] }
  door: { kind: state, values: [true, false] }
rules:
  - { id: warm, when: temp > 8.0, for: 10m }
  - { id: cold, when: temp < 0.0 }
`;

function changes(after: string): string[] {
  return packChanges(before, after).map(formatPackChange);
}

it('tells what was added, removed and changed by the names of things', () => {
  const after = `
product: fridge
title: Fridge
signals:
  temp: { kind: gauge, watch: [level, { kind: drift, budget: 1 }] }
  lamp: { kind: state, values: [true, false] }
  door: { kind: state, values: [true, false] }
rules:
  - { id: hot, when: temp > 20.0 }
  - { id: warm, when: temp > 7.0, for: 15m, clear: temp < 6.0 }
`;
  expect(changes(after)).toEqual([
    '+ signals.temp.watch.drift: {"kind":"drift","budget":1}',
    '- signals.temp.watch.stuck: stuck',
    '+ signals.lamp: {"kind":"state","values":[true,false]}',
    '+ rules.hot: {"id":"hot","when":"temp > 20.0"}',
    '~ rules.warm.when: temp > 8.0 → temp > 7.0',
    '~ rules.warm.for: 10m → 15m',
    '+ rules.warm.clear: temp < 6.0',
    '- rules.cold: {"id":"cold","when":"temp < 0.0"}',
  ]);
});

it('takes order, comments and formatting for no change', () => {
  const same = `
# the same
title: Fridge
product: fridge
rules: [{ when: temp < 0.0, id: cold }, { id: warm, for: 10m, when: temp > 8.0 }]
signals: { door: { values: [true, false], kind: state }, temp: { watch: [stuck, level], kind: gauge } }
`;
  expect(changes(same)).toEqual([]);
});

it('compares as a whole what has no names', () => {
  expect(packChanges('a: [1, 2]', 'a: [2, 1]')).toEqual([
    { change: 'changed', path: 'a', before: '[1,2]', after: '[2,1]' },
  ]);
});
