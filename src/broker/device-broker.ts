import { Aedes, type AedesOptions, type Client, type PublishPacket } from 'aedes';
import { writeToStream } from 'mqtt-packet';

type PublishDone = (error?: Error) => void;

/** About six days: four times it still fits a timer. */
const neverMs = 2 ** 29 - 1;

// Of what aedes writes hardly anything has a number: bytes of all 65,536, made beforehand, would cost 9 MB.
writeToStream.cacheNumbers = false;

/**
 * aedes without what only a broker between devices needs. What a device publishes is done once it was authorized (taken
 * over by us): nobody else may subscribe to it, so looking up retained messages, sessions and subscribers would only
 * cost time on the hot path, and retained payloads would fill the memory.
 */
export class DeviceBroker extends Aedes {
  constructor(options: AedesOptions) {
    super({
      ...options,
      // Its emitter queues beyond this many deliveries: a subscriber that does not read would hold up all others, and
      // 8,000 queued messages overflow the stack. Without the bound there is no queue; we bound what goes to a device.
      concurrency: 0,
      // The heartbeat tells other brokers of a cluster that this one lives, and every fourth one publishes wills of
      // those that do not. After a suspended machine's sleep we would count among these.
      heartbeatInterval: neverMs,
    });
  }

  override publish(packet: PublishPacket, client: Client | PublishDone | null, done?: PublishDone): void {
    if (typeof client === 'function') super.publish(packet, client);
    else done?.();
  }
}
