import type { CaseItem } from '../../dashboards/console/src/api/model.ts';

/** An open case as the service lists it. */
export const caseItem: CaseItem = {
  id: 'c1',
  number: 1042,
  device: 'fridge-7',
  product: 'cold-fridge',
  failureMode: 'refrigerant-loss',
  title: 'Losing refrigerant',
  explanation: 'Cabinet is 9.1 °C; normal for it is 2.8–5.6 °C.',
  severity: 'major',
  safety: false,
  state: 'new',
  owner: null,
  openedAt: '2025-11-21T20:00:00Z',
  startsAt: '2025-11-21T19:00:00Z',
  createdAt: '2025-11-21T20:00:01Z',
  updatedAt: '2025-11-21T20:00:01Z',
  version: 1,
  verdict: null,
  note: null,
  resolvedAt: null,
  recurrenceOf: null,
  findings: 1,
  findingsOpen: 1,
  devices: 1,
  storm: null,
};
