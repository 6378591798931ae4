import { NativeSelect, TextInput } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { ProductItem } from '../api/model.ts';
import { SearchIcon } from './icons.tsx';
import css from './parts.module.css';

/** The row of fields above a list. */
export function Filters({ children }: { children: ReactNode }) {
  return <search className={css.filters}>{children}</search>;
}

/** How long after the last key the list follows. */
const typingMs = 200;

interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function SearchField({ label, placeholder, value, onChange }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The URL may change under the field: by the clear button, or by going back.
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const change = (text: string): void => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(text.trim()), typingMs);
  };
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={placeholder}
      size="xs"
      className={css.search ?? ''}
      leftSection={<SearchIcon />}
      value={typed}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}

interface ProductSelectProps {
  readonly products: readonly ProductItem[];
  readonly chosen: string | undefined;
  readonly onChange: (product: string) => void;
}

export function ProductSelect({ products, chosen, onChange }: ProductSelectProps) {
  const listed = products.map(({ id, title }) => ({ value: id, label: title }));
  // A product of the URL that is not listed (yet) stays chosen all the same.
  const isListed = chosen === undefined || products.some(({ id }) => id === chosen);
  return (
    <NativeSelect
      aria-label="Product"
      size="xs"
      value={chosen ?? ''}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={[{ value: '', label: 'All products' }, ...listed, ...(isListed ? [] : [{ value: chosen, label: chosen }])]}
    />
  );
}
