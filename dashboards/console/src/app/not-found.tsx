import { Button } from '@mantine/core';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { usePageTitle } from './page-title.ts';
import css from './standalone.module.css';

export function NotFound() {
  usePageTitle('Nothing here');
  return (
    <main className={css.page}>
      <div className={css.card}>
        <h1>There is nothing at this address</h1>
        <p className="muted">The link may be old or mistyped.</p>
        <p>
          <Link to="/triage">Go to Triage</Link>
        </p>
      </div>
    </main>
  );
}

/** A mistake of ours in drawing a page; the words are the error's, for whoever reports it. */
export function Unexpected({ error }: ErrorComponentProps) {
  usePageTitle('Something went wrong');
  return (
    <main className={css.page}>
      <div className={css.card} role="alert">
        <h1>This page could not be drawn</h1>
        <p>Your cases are safe: this is a mistake of the console, not of the service.</p>
        <p className="muted">{error instanceof Error ? error.message : String(error)}</p>
        <Button onClick={() => location.reload()}>Load the page again</Button>
      </div>
    </main>
  );
}
