import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TimeQueue } from '../../simulators/time-queue.ts';

it('gives items by time, and those of one time in the order in which they were put in', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }), { maxLength: 200 }),
      (steps) => {
        const queue = new TimeQueue<number>();
        let model: { at: number; item: number }[] = [];
        for (const [item, at] of steps.entries()) {
          if (at !== undefined) {
            queue.push(at, item);
            model.push({ at, item });
            model = model.toSorted((a, b) => a.at - b.at || a.item - b.item);
          } else {
            expect(queue.nextAt).toBe(model[0]?.at ?? Number.POSITIVE_INFINITY);
            expect(queue.pop()).toBe(model.shift()?.item);
          }
          expect(queue.size).toBe(model.length);
        }
      },
    ),
  );
});
