import { useMemo } from 'react';
import type { Evidence } from '../api/model.ts';
import { Prose } from '../parts/prose.tsx';
import css from './case.module.css';
import { linkNumbers } from './number-links.ts';

interface SentenceProps {
  readonly text: string;
  readonly evidence: readonly Evidence[];
  /** Lights the reading of a number in the chart. */
  readonly onReading: (reading: Evidence) => void;
}

/** Why this case: one sentence whose numbers lead to their readings. */
export function Sentence({ text, evidence, onReading }: SentenceProps) {
  const pieces = useMemo(() => {
    let start = 0;
    return linkNumbers(text, evidence).map((piece) => {
      const placed = { ...piece, start };
      start += piece.text.length;
      return placed;
    });
  }, [text, evidence]);
  return (
    <p className={css.sentence}>
      {pieces.map(({ text: words, reading, start }) =>
        reading === undefined ? (
          <Prose key={start} text={words} />
        ) : (
          <button
            key={start}
            type="button"
            className={css.number}
            title="Show this reading in the chart"
            onClick={() => onReading(reading)}
          >
            {words}
          </button>
        ),
      )}
    </p>
  );
}
