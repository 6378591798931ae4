import { Button, FileButton, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useRef } from 'react';
import type { Product } from '../api/model.ts';
import type { PackCheck, PackPlace } from '../api/trial-model.ts';
import { packCheckQuery, packSource } from '../api/trial-queries.ts';
import { useSession } from '../app/session.ts';
import { Notice } from '../parts/notice.tsx';
import page from '../parts/page.module.css';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Prose } from '../parts/prose.tsx';
import { plural } from '../words/numbers.ts';
import { Changes } from './changes.tsx';
import css from './product.module.css';
import { StageMark } from './stage-mark.tsx';
import { placeIn, safeFileName } from './words.ts';

/** A pack that is being tried. */
export interface PackText {
  readonly file: string;
  readonly source: string;
}

interface PackFieldProps {
  readonly product: Product;
  readonly pack: PackText;
  readonly onChange: (pack: PackText) => void;
  /** What can be done with a text that has no problem. */
  readonly children: (check: PackCheck) => ReactNode;
}

const typingMs = 500;
/** Kept in sight above the place of a problem. */
const linesAbove = 4;

/** A place for a pack's text, which is checked as it changes. */
export function PackField({ product, pack, onChange, children }: PackFieldProps) {
  const { csrfToken } = useSession();
  const field = useRef<HTMLTextAreaElement>(null);
  const [settled] = useDebouncedValue(pack, typingMs);
  const check = useQuery(packCheckQuery(product.id, settled.file, settled.source, csrfToken));
  const published = useMutation({
    mutationFn: () => packSource(product.id, product.version),
    onSuccess: (source) => onChange({ file: 'pack.yaml', source }),
  });
  const open = useMutation({
    mutationFn: async (file: File) => ({ file: safeFileName(file.name), source: await file.text() }),
    onSuccess: onChange,
  });
  const goTo = ({ line, column }: PackPlace): void => {
    const at = placeIn(pack.source, line, column);
    const shown = field.current;
    if (shown === null) return;
    shown.focus();
    shown.setSelectionRange(at, at + 1);
    // A browser leaves a long text where it was scrolled to.
    shown.scrollTop = (line - linesAbove) * Number.parseFloat(getComputedStyle(shown).lineHeight);
  };
  const isCurrent = settled === pack && !check.isPlaceholderData;
  const isEmpty = pack.source.trim() === '';
  return (
    <>
      <div className={css.actions}>
        <Button size="xs" variant="default" loading={published.isPending} onClick={() => published.mutate()}>
          Start from version {product.version}
        </Button>
        <FileButton onChange={(file) => file && open.mutate(file)} accept=".yaml,.yml,.json">
          {(props) => (
            <Button size="xs" variant="default" {...props}>
              Open a file
            </Button>
          )}
        </FileButton>
      </div>
      {published.isError && <ProblemNotice what="The version could not be read" error={published.error} />}
      <Textarea
        ref={field}
        label="The changed pack"
        description="Nothing changes until it is published"
        placeholder="Paste its YAML or JSON"
        rows={isEmpty ? 3 : 14}
        spellCheck={false}
        classNames={{ input: css.source ?? '' }}
        value={pack.source}
        onChange={(event) => onChange({ ...pack, source: event.currentTarget.value })}
      />
      {check.isError && !isEmpty && (
        <ProblemNotice what="It could not be checked" error={check.error} onRetry={check.refetch} />
      )}
      {!isEmpty && check.data !== undefined && (
        <>
          <CheckResult check={check.data} onPlace={goTo} />
          {isCurrent && check.data.problems.length === 0 && children(check.data)}
        </>
      )}
    </>
  );
}

function CheckResult({ check, onPlace }: { check: PackCheck; onPlace: (place: PackPlace) => void }) {
  if (check.problems.length > 0) {
    return (
      <Notice severity="critical" role="alert">
        <strong>{plural(check.problems.length, 'problem')}</strong>
        <ul className={css.problems}>
          {check.problems.map((problem) => (
            <li key={`${problem.line}:${problem.column} ${problem.text}`}>
              <button type="button" className={css.place} onClick={() => onPlace(problem)}>
                Line {problem.line}, column {problem.column}
              </button>
              <span>{problem.text}</span>
            </li>
          ))}
        </ul>
      </Notice>
    );
  }
  if (check.changes.length === 0) {
    const what = check.isNew ? `Says the same as version ${check.version}` : `The text of version ${check.version}`;
    return <p role="status">{what}: no problem, no change.</p>;
  }
  return (
    <div className={css.told}>
      <p role="status">
        No problem. {plural(check.changes.length, 'change')} against version {check.version}:
      </p>
      <Changes items={check.changes} />
      {check.rules.length > 0 && (
        <ul className={page.list}>
          {check.rules.map((rule) => (
            <li key={rule.id} className={page.what}>
              <span className={page.line}>
                <strong>{rule.title}</strong> <span className="muted">then reads</span>
                <StageMark stage={rule.stage} />
              </span>
              <span>
                <Prose text={rule.sentence} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
