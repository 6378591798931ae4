export { type Answer, type Asked, CallThread, type CallThreadOptions } from './call-thread.ts';
export { type Served, serveCalls } from './serve-calls.ts';
