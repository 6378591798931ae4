export { type Arrival, messageText, type SimulatedReport } from './arrival.ts';
export type { ReportCounts } from './link.ts';
export { models } from './models/index.ts';
export { type Network, networks } from './network.ts';
export {
  type LiveRun,
  type LiveRunOptions,
  liveRun,
  type PublishOptions,
  type PublishProgress,
  publish,
} from './publish.ts';
export { type Scenario, type ScenarioName, scenarioNamed, scenarios } from './scenario.ts';
export { type SimulatedDevice, type SimulateOptions, type Simulation, simulate } from './simulate.ts';
export { type FaultKind, type Truth, truthLine } from './truth.ts';
