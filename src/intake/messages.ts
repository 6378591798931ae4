import type { SentError } from '../base/index.ts';
import type { BrokerLimits } from '../broker/index.ts';
import type { LogCut, WrittenGroup } from '../log/index.ts';

/** What the intake's thread is started with. */
export interface IntakeSettings {
  readonly folder: string;
  readonly bytesMax: number;
}

/** Answered by `done` or `failed` with the same id. */
export type Request =
  | { readonly kind: 'append'; readonly id: number; readonly payloads: readonly Uint8Array[] }
  | { readonly kind: 'trim'; readonly id: number; readonly before: number }
  | {
      readonly kind: 'listen';
      readonly id: number;
      readonly host: string;
      readonly port: number;
      readonly limits: BrokerLimits;
    }
  | { readonly kind: 'stop-listening'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number };

/** To the intake's thread. */
export type ToIntake =
  | Request
  | { readonly kind: 'authenticated'; readonly id: number; readonly answer: boolean | undefined }
  | { readonly kind: 'processed'; readonly next: number }
  | { readonly kind: 'publish'; readonly topic: string; readonly payload: string }
  | { readonly kind: 'disconnect'; readonly device: string };

/** From the intake's thread. */
export type FromIntake =
  | { readonly kind: 'opened'; readonly next: number; readonly cut: LogCut | undefined }
  | { readonly kind: 'written'; readonly written: WrittenGroup }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: SentError }
  | { readonly kind: 'authenticate'; readonly id: number; readonly device: string; readonly secret: string }
  | { readonly kind: 'state'; readonly connections: number; readonly refusal: string | undefined }
  | { readonly kind: 'broken'; readonly error: SentError };
