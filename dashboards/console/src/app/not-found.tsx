import { Button } from '@mantine/core';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { usePageTitle } from './page-title.ts';
import { Standalone } from './standalone.tsx';

export function NotFound() {
  usePageTitle('Nothing here');
  return (
    <Standalone>
      <h1>There is nothing at this address</h1>
      <p className="muted">The link may be old or mistyped.</p>
      <p>
        <Link to="/triage">Go to Triage</Link>
      </p>
    </Standalone>
  );
}

/** A mistake of ours in drawing a page; the words are the error's, for whoever reports it. */
export function Unexpected({ error }: ErrorComponentProps) {
  usePageTitle('Something went wrong');
  return (
    <Standalone>
      <h1>This page could not be drawn</h1>
      <p role="alert">Your cases are safe: this is a mistake of the console, not of the service.</p>
      <p className="muted">{error instanceof Error ? error.message : String(error)}</p>
      <Button onClick={() => location.reload()}>Load the page again</Button>
    </Standalone>
  );
}
