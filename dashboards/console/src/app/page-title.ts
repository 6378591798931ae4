import { useEffect } from 'react';

/** The browser's title while the page that calls this is shown. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Aftercare`;
  }, [title]);
}
