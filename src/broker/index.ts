export {
  type Broker,
  type BrokerHandlers,
  type BrokerLimits,
  type BrokerOptions,
  defaultBrokerLimits,
  type IncomingMessage,
  startBroker,
} from './broker.ts';
