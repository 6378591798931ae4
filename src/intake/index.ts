export { Appender, type Done } from './appender.ts';
export { type Intake, openIntake } from './intake.ts';
export { Lead } from './lead.ts';
export { realTimers, type Timers } from './timers.ts';
