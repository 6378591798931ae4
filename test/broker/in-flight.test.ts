import { describe, expect, it } from 'vitest';
import { InFlight } from '../../src/broker/in-flight.ts';

const waiter = (name: string, woken: string[]) => ({ wake: () => woken.push(name) });

describe('what is in flight', () => {
  it('is full by messages or by bytes', () => {
    const inFlight = new InFlight(2, 100);
    inFlight.add(10);
    expect(inFlight.isFull).toBe(false);
    inFlight.add(10);
    expect(inFlight.isFull).toBe(true);
    inFlight.remove(10);
    inFlight.add(90);
    expect(inFlight.isFull).toBe(true);
    inFlight.remove(90);
    expect(inFlight.isFull).toBe(false);
  });

  it('wakes one that waits for each that leaves, in their order, and all when nothing is left', () => {
    const inFlight = new InFlight(4, 100);
    const woken: string[] = [];
    for (let i = 0; i < 4; i++) inFlight.add(1);
    for (const name of ['a', 'b', 'c', 'd', 'e']) inFlight.wait(waiter(name, woken));
    inFlight.remove(1);
    expect(woken).toEqual(['a']);
    inFlight.remove(1);
    expect(woken).toEqual(['a', 'b']);
    inFlight.remove(1);
    inFlight.remove(1);
    expect(woken).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('wakes nobody that was forgotten', () => {
    const inFlight = new InFlight(1, 100);
    const woken: string[] = [];
    const gone = waiter('gone', woken);
    inFlight.add(1);
    inFlight.wait(gone);
    inFlight.forget(gone);
    inFlight.remove(1);
    expect(woken).toEqual([]);
  });

  it('tells when it is empty', async () => {
    const inFlight = new InFlight(10, 100);
    await inFlight.whenEmpty();
    inFlight.add(1);
    let isEmpty = false;
    const empty = inFlight.whenEmpty().then(() => {
      isEmpty = true;
    });
    await Promise.resolve();
    expect(isEmpty).toBe(false);
    inFlight.remove(1);
    await empty;
    expect(isEmpty).toBe(true);
  });
});
