import { describe, expect, it } from 'vitest';
import { packJsonSchema } from '../../src/product/index.ts';

describe('the published JSON Schema', () => {
  it('is the one of the parser', async () => {
    const published = '../../products/pack.schema.json';
    await expect(`${JSON.stringify(packJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(published);
  });

  it('knows every key of a pack and allows no others', () => {
    expect(packJsonSchema()).toMatchObject({
      type: 'object',
      additionalProperties: false,
      required: ['product', 'title', 'signals'],
      $defs: { signal: { additionalProperties: false, required: ['kind'] }, rule: { required: ['id', 'when'] } },
    });
  });
});
