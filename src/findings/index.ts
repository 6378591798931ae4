export { type EvidenceReading, evidenceReadingsMax, type FindingEvent } from './finding.ts';
