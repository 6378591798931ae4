export {
  admitReports,
  correctionHorizonMs,
  type MessageContext,
  messageTopic,
  type QuarantineEntry,
  quarantineMessage,
  readAssist,
  readStatus,
  settle,
  type Verdict,
} from './admit.ts';
export { gapsOf, type SeqGap } from './identity.ts';
export {
  type AdmissionCounts,
  type DeviceAdmission,
  newDeviceAdmission,
  restoreAdmission,
  snapshotAdmission,
} from './state.ts';
export { type SignalIndex, signalIndex } from './validate.ts';
