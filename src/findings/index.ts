export {
  explainAverage,
  explainBand,
  explainRange,
  type JudgedReading,
  type JudgedStretch,
  type SignalWords,
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
