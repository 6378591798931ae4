import { argon2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { AftercareError, assert } from '../base/index.ts';

const derive = promisify(argon2);

/** OWASP's password storage advice for argon2id: 19 MiB, two passes, one lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const tagBytes = 32;
const saltBytes = 16;

/** Each takes 19 MiB and a thread of the pool that also serves the disk: few at once, a bounded number waiting. */
const runningMax = 2;
const waitingMax = 50;

/** Bounds of what a stored hash may ask for, so that a damaged one cannot take all memory. */
const storedMemoryMax = 1_048_576;
const storedPassesMax = 64;

export interface Passwords {
  /** The PHC string (argon2id) of a password. */
  hash(password: string): Promise<string>;
  /** Whether the password has this PHC string. Takes as long, and is false, when there is no string. */
  verify(password: string, phc: string | undefined): Promise<boolean>;
}

/** Rejects with `too-many-requests` when too many wait already. */
export function createPasswords(random: (bytes: number) => Uint8Array): Passwords {
  const run = createGate();
  const decoy = Buffer.alloc(saltBytes);
  return {
    hash: (password) =>
      run(async () => {
        const salt = Buffer.from(random(saltBytes));
        const tag = await derive('argon2id', { message: password, nonce: salt, tagLength: tagBytes, ...cost });
        const { memory, passes, parallelism } = cost;
        return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
      }),
    verify: (password, phc) =>
      run(async () => {
        const stored = phc === undefined ? undefined : parsePhc(phc);
        const { salt, tag, ...costs } = stored ?? { salt: decoy, tag: Buffer.alloc(tagBytes), ...cost };
        const given = await derive('argon2id', { message: password, nonce: salt, tagLength: tag.length, ...costs });
        return timingSafeEqual(given, tag) && stored !== undefined;
      }),
  };
}

const phcPattern = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

function parsePhc(phc: string) {
  const [, memory, passes, parallelism, salt, tag] = phcPattern.exec(phc) ?? [];
  assert(salt !== undefined && tag !== undefined, 'a stored password hash is argon2id in PHC form');
  const costs = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  assert(costs.memory <= storedMemoryMax, 'a stored password hash asks for a bounded memory');
  assert(costs.passes <= storedPassesMax, 'a stored password hash asks for a bounded time');
  return { ...costs, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
}

/** PHC strings hold base64 without padding. */
function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}

function createGate(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= runningMax) {
      if (waiting.length >= waitingMax) {
        throw new AftercareError('too-many-requests', 'Too many people sign in at this moment.', {
          hint: 'Try again in a few seconds.',
        });
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running++;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
