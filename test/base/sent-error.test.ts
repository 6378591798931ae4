import { expect, it } from 'vitest';
import { AftercareError, isAftercareError, receiveError, sendError } from '../../src/base/index.ts';

it('keeps code and hint of an error on its way to another thread, and any message', () => {
  const sent = structuredClone(
    sendError(new AftercareError('store-failed', 'the disk is full', { hint: 'free some' })),
  );
  expect(receiveError(sent)).toMatchObject({ code: 'store-failed', message: 'the disk is full', hint: 'free some' });
  expect(isAftercareError(receiveError(sent), 'store-failed')).toBe(true);
  expect(isAftercareError(receiveError(sendError(new RangeError('beyond'))))).toBe(false);
  expect(receiveError(sendError('only words')).message).toBe('only words');
});
