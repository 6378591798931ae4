import { useEffect } from 'react';

/** Who came by a row or link that is gone with its page goes on reading at the title of this one. */
export function useTitleFocus(id: string): void {
  useEffect(() => {
    const active = document.activeElement;
    if (active === null || active === document.body || active.checkVisibility() === false) {
      document.getElementById(id)?.focus({ preventScroll: true });
    }
  }, [id]);
}
