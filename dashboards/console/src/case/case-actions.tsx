import { Button, Kbd } from '@mantine/core';
import { useState } from 'react';
import type { CaseAction, CaseDetail } from '../api/model.ts';
import { useSession } from '../app/session.ts';
import { useShortcuts, useShortcutsOn } from '../app/shortcuts.ts';
import { Notice } from '../parts/notice.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import css from './case.module.css';
import { ResolveDialog } from './resolve-dialog.tsx';
import { useCaseAction } from './use-case-action.ts';

/** What may be done now; where it is narrow, a bar at the bottom holds it. What may not be done is not a button. */
export function CaseActions({ item }: { item: CaseDetail }) {
  const session = useSession();
  const [resolving, setResolving] = useState(false);
  const acknowledge = useCaseAction(item);
  const reads = session.role === 'viewer';
  const may = (name: CaseAction['name']): boolean =>
    !reads && item.actions.some((action) => action.name === name && action.allowed);
  const onAcknowledge = (): void => {
    if (may('acknowledge') && !acknowledge.isPending) acknowledge.mutate({ name: 'acknowledge' });
  };
  const onResolve = (): void => {
    if (may('resolve')) setResolving(true);
  };
  useShortcuts({ a: onAcknowledge, r: onResolve });
  const refusal = item.actions.find((action) => action.name === 'resolve' && !action.allowed)?.reason;
  return (
    <>
      {(may('acknowledge') || may('resolve')) && (
        <div className={css.actions}>
          {may('acknowledge') && (
            <Button loading={acknowledge.isPending} rightSection={<KeyHint name="A" filled />} onClick={onAcknowledge}>
              Acknowledge
            </Button>
          )}
          {may('resolve') && (
            <Button
              variant={may('acknowledge') ? 'default' : 'filled'}
              rightSection={<KeyHint name="R" filled={!may('acknowledge')} />}
              onClick={onResolve}
            >
              Resolve
            </Button>
          )}
        </div>
      )}
      {item.state !== 'resolved' && !may('resolve') && (
        <p className={css.refusal}>{reads ? 'Your account reads cases; it does not change them.' : refusal}</p>
      )}
      {acknowledge.conflict !== null && (
        <div className={css.wide}>
          <Conflict changes={acknowledge.conflict} />
        </div>
      )}
      {acknowledge.isError && acknowledge.conflict === null && (
        <div className={css.wide}>
          <ProblemNotice what="The case was not acknowledged" error={acknowledge.error} onRetry={onAcknowledge} />
        </div>
      )}
      <ResolveDialog item={item} opened={resolving} onClose={() => setResolving(false)} />
    </>
  );
}

/** The key beside its button; not part of the button's name. */
function KeyHint({ name, filled }: { name: string; filled: boolean }) {
  const [on] = useShortcutsOn();
  if (!on) return null;
  return (
    <Kbd size="xs" aria-hidden="true" className={filled ? css.keyOnAccent : css.key}>
      {name}
    </Kbd>
  );
}

export function Conflict({ changes }: { changes: readonly string[] }) {
  return (
    <Notice severity="minor" role="alert">
      <p>
        <strong>The case changed while you were reading:</strong> {changes.join(', ')}. Nothing of yours was saved;
        look, then do it again if it still fits.
      </p>
    </Notice>
  );
}
