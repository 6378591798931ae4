import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../api/client.ts';
import { type Maintenance, maintenanceKeys } from '../api/model.ts';
import { productsQuery } from '../api/queries.ts';
import { useAnnounce } from '../app/announce.tsx';
import { useSession } from '../app/session.ts';
import { Dialog, DialogFoot } from '../parts/dialog.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import css from './maintenance.module.css';
import { fieldTime, keyWords, timeOfField } from './words.ts';

interface PlanDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function PlanDialog({ opened, onClose }: PlanDialogProps) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Plan maintenance" size={560}>
      <PlanForm onClose={onClose} />
    </Dialog>
  );
}

const usualLengthMs = 2 * 3_600_000;

const emptyQuery = Object.fromEntries(maintenanceKeys.map((key) => [key, '']));

function PlanForm({ onClose }: Pick<PlanDialogProps, 'onClose'>) {
  const { name, csrfToken } = useSession();
  const client = useQueryClient();
  const announce = useAnnounce();
  const [query, setQuery] = useState<Readonly<Record<string, string>>>(emptyQuery);
  const [words, setWords] = useState({ reason: '', owner: name });
  const [times, setTimes] = useState(() => ({ from: '', to: fieldTime(Date.now() + usualLengthMs) }));
  const plan = useMutation({
    mutationFn: () =>
      call<Maintenance>('/maintenance', {
        method: 'POST',
        csrfToken,
        body: {
          query: Object.fromEntries(Object.entries(query).filter(([, value]) => value.trim() !== '')),
          ...words,
          from: timeOfField(times.from),
          to: timeOfField(times.to) ?? 0,
        },
      }),
    onSuccess: (item) => {
      announce(`Planned: ${item.reason}.`);
      void client.invalidateQueries({ queryKey: ['maintenance'] });
      onClose();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!plan.isPending) plan.mutate();
  };
  return (
    <form onSubmit={submit} className={css.plan}>
      <TextInput
        label="Reason"
        placeholder="New door seals"
        required
        maxLength={200}
        data-autofocus
        value={words.reason}
        onChange={(event) => setWords({ ...words, reason: event.currentTarget.value })}
      />
      <fieldset className={css.fields}>
        <legend>Which devices? All that is filled in must be so.</legend>
        {maintenanceKeys.map((key) => (
          <QueryField
            key={key}
            name={key}
            value={query[key] ?? ''}
            onChange={(value) => setQuery({ ...query, [key]: value })}
          />
        ))}
      </fieldset>
      <div className={css.fields}>
        <TextInput
          label="From (empty: now)"
          type="datetime-local"
          value={times.from}
          onChange={(event) => setTimes({ ...times, from: event.currentTarget.value })}
        />
        <TextInput
          label="To"
          type="datetime-local"
          required
          value={times.to}
          onChange={(event) => setTimes({ ...times, to: event.currentTarget.value })}
        />
        <TextInput
          label="Who answers for it"
          required
          maxLength={200}
          value={words.owner}
          onChange={(event) => setWords({ ...words, owner: event.currentTarget.value })}
        />
      </div>
      <DialogFoot
        onCancel={onClose}
        problem={plan.isError && <ProblemNotice what="It was not planned" error={plan.error} />}
      >
        <Button type="submit" loading={plan.isPending}>
          Plan
        </Button>
      </DialogFoot>
    </form>
  );
}

interface QueryFieldProps {
  readonly name: (typeof maintenanceKeys)[number];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function QueryField({ name, value, onChange }: QueryFieldProps) {
  const products = useQuery(productsQuery).data?.items ?? [];
  const label = keyWords[name];
  if (name !== 'product') {
    return (
      <TextInput
        label={label}
        maxLength={200}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  const data = [{ value: '', label: 'Any' }, ...products.map(({ id, title }) => ({ value: id, label: title }))];
  return (
    <NativeSelect label={label} data={data} value={value} onChange={(event) => onChange(event.currentTarget.value)} />
  );
}
