export {
  explainAverage,
  explainBand,
  explainDrift,
  explainRange,
  explainSpread,
  explainStuck,
  explainWithdrawal,
  type JudgedReading,
  type SignalWords,
  type Stretch,
} from './explain.ts';
export { type EvidenceReading, evidenceReadingsMax, type FindingEvent } from './finding.ts';
export { fixedGate, type GateBudget, type GateParams, gateVersion, learnedGate, patientGate } from './gate.ts';
export {
  type GatesChange,
  type GatesState,
  gatesAt,
  gatesCells,
  gatesInit,
  gatesOpen,
  gatesStep,
  type Look,
  type LookScores,
  type Looks,
  readingBar,
  stretchBar,
} from './gates.ts';
