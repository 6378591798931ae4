import { Button, NativeSelect } from '@mantine/core';
import { useState } from 'react';

const dayMs = 86_400_000;

const spans = [
  { value: 'all', label: 'all that is stored', days: undefined },
  { value: 'week', label: 'the last 7 days', days: 7 },
  { value: 'month', label: 'the last 30 days', days: 30 },
  { value: 'quarter', label: 'the last 90 days', days: 90 },
] as const;

interface TrialStartProps {
  readonly pending: boolean;
  /** Cases from then on count, epoch ms; undefined: all. */
  readonly onStart: (from: number | undefined) => void;
}

export function TrialStart({ pending, onStart }: TrialStartProps) {
  const [span, setSpan] = useState<string>('all');
  const start = (): void => {
    const days = spans.find(({ value }) => value === span)?.days;
    onStart(days === undefined ? undefined : Date.now() - days * dayMs);
  };
  return (
    <>
      <NativeSelect
        aria-label="On what"
        size="xs"
        data={spans.map(({ value, label }) => ({ value, label: `On ${label}` }))}
        value={span}
        onChange={(event) => setSpan(event.currentTarget.value)}
      />
      <Button size="xs" loading={pending} onClick={start}>
        Try it
      </Button>
    </>
  );
}
