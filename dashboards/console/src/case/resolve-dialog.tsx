import { Button, Radio, Textarea } from '@mantine/core';
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { CaseDetail } from '../api/model.ts';
import { Dialog, DialogFoot } from '../parts/dialog.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { type VerdictId, verdicts } from '../words/cases.ts';
import css from './case.module.css';
import { Conflict } from './case-actions.tsx';
import { useCaseAction } from './use-case-action.ts';

interface ResolveDialogProps {
  readonly item: CaseDetail;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** A digit, Enter: resolved. The note is for those who want to say more. */
export function ResolveDialog({ item, opened, onClose }: ResolveDialogProps) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Resolve case #${item.number}`} size={480}>
      <ResolveForm item={item} onClose={onClose} />
    </Dialog>
  );
}

/** A dialog that closes gives the focus back a moment later. */
const afterReturnMs = 50;

/** The button that opened the dialog is gone from a resolved case; reading goes on at the title. */
function keepFocus(): void {
  if (document.activeElement === document.body) {
    document.getElementById('case-title')?.focus({ preventScroll: true });
  }
}

function ResolveForm({ item, onClose }: Omit<ResolveDialogProps, 'opened'>) {
  const [verdict, setVerdict] = useState<VerdictId | null>(null);
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const resolve = useCaseAction(item);

  // Resolved by this form, or by somebody else while it was open: nothing is left to ask.
  useEffect(() => {
    if (!resolve.isSuccess) return;
    onClose();
    setTimeout(keepFocus, afterReturnMs);
  }, [resolve.isSuccess, onClose]);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (verdict === null || resolve.isPending) return;
    const text = note.trim();
    resolve.mutate({ name: 'resolve', verdict, ...(text === '' ? {} : { note: text }) });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit();
    if (event.target instanceof HTMLTextAreaElement || event.ctrlKey || event.metaKey || event.altKey) return;
    const chosen = /^[1-9]$/.test(event.key) ? verdicts[Number(event.key) - 1] : undefined;
    if (chosen === undefined) return;
    event.preventDefault();
    setVerdict(chosen.id);
    document.getElementById(`verdict-${chosen.id}`)?.focus();
  };
  return (
    <form ref={form} onSubmit={submit} onKeyDown={onKeyDown} className={css.resolve}>
      <fieldset className={css.verdicts}>
        <legend>What was it?</legend>
        {verdicts.map(({ id, title, help }, index) => (
          <div key={id} className={css.verdict}>
            <Radio
              id={`verdict-${id}`}
              name="verdict"
              value={id}
              label={title}
              description={help}
              checked={verdict === id}
              onChange={() => setVerdict(id)}
              {...(index === 0 ? { 'data-autofocus': true } : {})}
            />
            <span className={css.digit} aria-hidden="true">
              {index + 1}
            </span>
          </div>
        ))}
      </fieldset>
      <Textarea
        label="Note (optional)"
        placeholder="What was found, what was done"
        autosize={false}
        rows={2}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <DialogFoot
        onCancel={onClose}
        problem={
          <>
            {tried && verdict === null && (
              <p role="alert" className={css.missing}>
                Choose what it was.
              </p>
            )}
            {resolve.conflict !== null && <Conflict changes={resolve.conflict} />}
            {resolve.isError && resolve.conflict === null && (
              <ProblemNotice what="The case was not resolved" error={resolve.error} />
            )}
          </>
        }
      >
        <Button type="submit" loading={resolve.isPending}>
          Resolve
        </Button>
      </DialogFoot>
    </form>
  );
}
