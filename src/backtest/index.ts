export { type PackTestResult, runPackTests } from './pack-tests.ts';
