import { expect, it } from 'vitest';
import { Lead } from '../../src/intake/lead.ts';

it('is near up to its bound, and tells who waits when it is again', async () => {
  let written = 10;
  const lead = new Lead(10, () => written);
  expect(lead.whenNear()).toBeUndefined();
  written = 11;
  const near = lead.whenNear();
  expect(near).toBeInstanceOf(Promise);
  lead.note(1);
  await near;
  expect(lead.whenNear()).toBeUndefined();
});
