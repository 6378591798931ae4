import type { PackChange } from '../api/trial-model.ts';
import page from '../parts/page.module.css';
import css from './product.module.css';

const words: Readonly<Record<PackChange['change'], string>> = {
  added: 'Added',
  removed: 'Removed',
  changed: 'Changed',
};

/** What one text of a pack changes of another, by names. */
export function Changes({ items }: { items: readonly PackChange[] }) {
  return (
    <ul className={css.changes}>
      {items.map((item) => (
        <li key={`${item.change} ${item.path}`}>
          <span className={css.changeWord}>{words[item.change]}</span>
          <span className={page.what}>
            <code>{item.path === '' ? 'the pack' : item.path}</code>
            <span>
              {item.before !== null && <del>{item.before}</del>}
              {item.before !== null && item.after !== null && ' → '}
              {item.after !== null && <ins>{item.after}</ins>}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
