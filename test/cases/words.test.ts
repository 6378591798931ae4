import { describe, expect, it } from 'vitest';
import { verdicts } from '../../src/cases/index.ts';
import { wordsOfInstant, wordsOfVerdict } from '../../src/cases/words.ts';
import { start } from './events.ts';

describe('words', () => {
  it('has plain words for every verdict', () => {
    const words = [...verdicts, 'retracted' as const].map(wordsOfVerdict);
    expect(new Set(words).size).toBe(words.length);
    expect(words.join()).not.toContain('_');
  });

  it('says a time to the minute, with its zone', () => {
    expect(wordsOfInstant(start + 59_999)).toBe('2025-11-21 20:00 UTC');
  });
});
