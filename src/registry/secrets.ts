import { createHmac, timingSafeEqual } from 'node:crypto';
import { assert } from '../base/index.ts';

/** 192 bits of randomness: 32 characters of base64url, which every MQTT client and configuration file can hold. */
const secretBytes = 24;

export function makeSecret(random: (bytes: number) => Uint8Array): string {
  const bytes = random(secretBytes);
  assert(bytes.length === secretBytes, 'the source of randomness gives as many bytes as asked');
  return Buffer.from(bytes).toString('base64url');
}

/** HMAC-SHA-256, hex. The device is part of it, so that one device's row is of no use to another. */
export function hashSecret(serverKey: Uint8Array, device: string, secret: string): string {
  return createHmac('sha256', serverKey).update(`${device}:${secret}`).digest('hex');
}

/** Takes as long for a wrong hash as for the right one. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
