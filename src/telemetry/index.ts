export {
  changeDevice,
  type DeviceChanges,
  type DeviceFacts,
  deviceFacts,
  deviceOfFact,
  type Fact,
  isDeviceId,
} from './device.ts';
export {
  isInMaintenance,
  isMaintained,
  type Maintenance,
  type MaintenancePlan,
  type MaintenanceQuery,
  type MaintenanceState,
  maintenanceEnd,
  maintenanceKeys,
  maintenanceState,
  maintenanceStates,
} from './maintenance.ts';
export {
  decodeRecord,
  encodeRecord,
  type FactRecord,
  type LogRecord,
  type MessageRecord,
  messageRecordBytes,
  type OversizeRecord,
  type ResumedRecord,
  type TickRecord,
  writeMessageRecord,
} from './record.ts';
export { correctionHorizonMs, type FaultCode, type Report, type SignalValue } from './report.ts';
export { type Severity, severities, severityRank, worseSeverity } from './severity.ts';
export { commandsTopic, type DeviceTopic, deviceTopic, rejectedTopic, reportsTopic } from './topics.ts';
export { displayUnit, formatClock, formatNumber, formatQuantity, titleInSentence } from './units.ts';
