import { useEffect, useState } from 'react';

/** How long something may take before a placeholder is drawn; quicker answers never flash one. */
const patienceMs = 150;

/** True once `active` has lasted longer than a moment. */
export function useDelayed(active: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!active) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), patienceMs);
    return () => clearTimeout(timer);
  }, [active]);
  return active && late;
}
