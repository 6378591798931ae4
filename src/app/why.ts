import type { WhyTold } from '../api/index.ts';
import type { WhyAnswer, WhyRequest } from '../backtest/index.ts';
import { AftercareError } from '../base/index.ts';
import { type FromBacktestThread, received, type ToBacktestThread } from './backtest-messages.ts';
import { startBacktestThread } from './start-backtest-thread.ts';

/** Questions that are answered at a time, each by a thread of its own; beyond it 429. */
export const whyAtOnceMax = 4;

/** Answers how the rules stood, over the data folder that this process uses. */
export function createWhy(folder: string): (request: WhyRequest) => Promise<WhyTold> {
  let busy = 0;
  return async (request) => {
    if (busy >= whyAtOnceMax) {
      throw new AftercareError('too-many-requests', `${busy} such questions are being answered.`, {
        hint: 'Ask again in a second.',
      });
    }
    busy += 1;
    try {
      const { rules, notes, ...answer } = await askThread(folder, request);
      return { ...answer, rules: rules.map((rule) => ({ ...rule, inputs: [...rule.inputs] })), notes: [...notes] };
    } finally {
      busy -= 1;
    }
  };
}

async function askThread(folder: string, request: WhyRequest): Promise<WhyAnswer> {
  const thread = startBacktestThread(folder);
  try {
    return await new Promise((resolve, reject) => {
      thread.once('error', reject);
      thread.once('message', (message: FromBacktestThread) => {
        if (message.kind === 'told') resolve(message.answer);
        if (message.kind === 'failed') reject(received(message.error));
      });
      const question: ToBacktestThread = { kind: 'why', request };
      thread.postMessage(question);
    });
  } finally {
    await thread.terminate();
  }
}
