export type { Broker, BrokerHandlers, BrokerLimits, IncomingMessage } from './broker.ts';
