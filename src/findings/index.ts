export {
  explainAverage,
  explainBand,
  explainDrift,
  explainRange,
  explainSpread,
  explainStuck,
  type JudgedReading,
  type SignalWords,
  type Stretch,
} from './explain.ts';
export { type EvidenceReading, evidenceReadingsMax, type FindingEvent } from './finding.ts';
export {
  fixedGate,
  type GateBudget,
  type GateParams,
  type GateState,
  type GateStep,
  gateInit,
  gateStep,
  gateVersion,
  learnedGate,
  patientGate,
} from './gate.ts';
export {
  type GatesState,
  type GatesStep,
  gatesInit,
  gatesOpen,
  gatesStep,
  type Look,
  type LookScores,
} from './gates.ts';
