import { useLocalStorage } from '@mantine/hooks';
import { useEffect, useRef } from 'react';

/** Every key of the console, in the order of the list that `?` opens. */
export const shortcutList = [
  { keys: ['J', 'K'], does: 'Next or previous case or device' },
  { keys: ['Enter'], does: 'Open the device or case, or go from its row into it' },
  { keys: ['Esc'], does: 'Back from the case or device to the list' },
  { keys: ['A'], does: 'Acknowledge' },
  { keys: ['R'], does: 'Resolve; then 1 to 9 for the verdict and Enter' },
  { keys: ['T'], does: 'Show charts as tables, and back' },
  { keys: ['U'], does: 'Show what is new' },
  { keys: ['/'], does: 'Search' },
  { keys: ['←', '→'], does: 'In a chart: read reading by reading; with Shift ten at a time' },
  { keys: ['N', 'P'], does: 'In a chart: next or previous reading that fired' },
  { keys: ['?'], does: 'This list' },
] as const;

/** Whether single keys act; a person can turn them off (WCAG 2.1.4). Kept in this browser. */
export function useShortcutsOn(): [boolean, (on: boolean) => void] {
  const [on, setOn] = useLocalStorage({
    key: 'aftercare.shortcuts',
    defaultValue: true,
    getInitialValueInEffect: false,
  });
  return [on, setOn];
}

/** Keys as `KeyboardEvent.key` gives them, in lower case. */
export type Shortcuts = Readonly<Record<string, () => void>>;

/** Acts on single keys while the component is shown and nothing is being typed or asked. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const [on] = useShortcutsOn();
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    if (!on) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
      const key = event.key.toLowerCase();
      const action = Object.hasOwn(latest.current, key) ? latest.current[key] : undefined;
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [on]);
}

const typedInto = 'input:not([type="radio"], [type="checkbox"]), textarea, select, [contenteditable="true"]';

/** Somebody types, chooses in a control of its own, or a dialog or menu is open. */
function isBusy(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"], [role="menu"]') !== null) return true;
  return target instanceof Element && target.closest(typedInto) !== null;
}
