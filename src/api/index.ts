export { type Role, roles } from './accounts.ts';
export type { BacktestAsked, BacktestRun, BacktestStart, Backtests } from './backtests.ts';
export { type ApiDeps, type ApiLimits, type Demo, type DemoState, defaultApiLimits, type Readiness } from './deps.ts';
export { buildServer } from './server.ts';
export { createSetupLink } from './setup.ts';
export type { WhyTold } from './why-route.ts';
