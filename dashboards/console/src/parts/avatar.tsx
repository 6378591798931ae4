import css from './parts.module.css';

/** "Ana Berg" → "AB", "ana.berg" → "AB", "kim" → "K". */
export function initials(name: string): string {
  const words = name.split(/[\s._@-]+/).filter((word) => word !== '');
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('');
}

/** Stands beside the name, never instead of it. */
export function Avatar({ name }: { name: string }) {
  return (
    <span className={css.avatar} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
