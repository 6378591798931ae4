import { useShortcutsOn } from '../app/shortcuts.ts';
import { countWords } from '../words/numbers.ts';
import css from './parts.module.css';

/** What is new waits here until it is asked for, so that nothing moves under a reader. */
export function NewBar({ count, onShow }: { count: number; onShow: () => unknown }) {
  const [on] = useShortcutsOn();
  return (
    <div role="status" className={css.newBarPlace}>
      {count > 0 && (
        <button type="button" className={css.newBar} onClick={() => void onShow()}>
          {countWords(count)} new
          {on && (
            <span className={css.byKey}>
              , press <kbd>U</kbd>
            </span>
          )}
          <span className={on ? css.byTouch : undefined}>, show</span>
        </button>
      )}
    </div>
  );
}
