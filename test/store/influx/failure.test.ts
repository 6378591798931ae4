import { describe, expect, it } from 'vitest';
import { badAnswer, noAnswer, reasonOf } from '../../../src/store/influx/failure.ts';

const place = 'http://influx:8086';

describe('what went wrong with InfluxDB', () => {
  it('is said with what to do about it', () => {
    const refused = new TypeError('fetch failed', {
      cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    });
    expect(noAnswer(place, refused, 10)).toMatchObject({
      code: 'store-failed',
      message: 'InfluxDB at http://influx:8086 cannot be reached: connect ECONNREFUSED',
      hint: expect.stringMatching(/^Start it, or check INFLUX_URL\. What/),
    });
    expect(noAnswer(place, new DOMException('late', 'TimeoutError'), 250)).toMatchObject({
      message: 'InfluxDB at http://influx:8086 did not answer within 250 ms',
      hint: expect.stringContaining('overloaded'),
    });
    expect(badAnswer(place, 401, '{"code":"unauthorized","message":"unauthorized access"}')).toMatchObject({
      code: 'store-failed',
      message: 'InfluxDB at http://influx:8086 answers 401: unauthorized access',
      hint: expect.stringContaining('INFLUX_TOKEN'),
    });
    expect(badAnswer(place, 404, '{"error":"bucket \\"x\\" not found"}').hint).toContain('dbrp create');
    expect(badAnswer(place, 507, '').hint).toContain('disk');
    expect(badAnswer(place, 418, 'teapot').hint).toContain('See the message');
  });

  it('is read from every form of body, in one short line', () => {
    expect(reasonOf('{"error":"partial write"}')).toBe('partial write');
    expect(reasonOf('{"code":"invalid","message":"no"}')).toBe('no');
    expect(reasonOf('<html>\n  Bad  Gateway')).toBe('<html> Bad Gateway');
    expect(reasonOf('[1]')).toBe('[1]');
    expect(reasonOf('x'.repeat(9_000))).toHaveLength(501);
  });
});
