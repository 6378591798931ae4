import { useShortcutsOn } from '../app/shortcuts.ts';
import css from './inbox.module.css';

/** Stands beside the list where there is room for both and no case is open. */
export function NothingOpen() {
  const [on] = useShortcutsOn();
  return (
    <p className={css.nothingOpen}>
      Choose a case
      {on && (
        <span>
          , or press <kbd>J</kbd>
        </span>
      )}
    </p>
  );
}
