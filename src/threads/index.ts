export { CallThread } from './call-thread.ts';
export { type Served, serveCalls } from './serve-calls.ts';
