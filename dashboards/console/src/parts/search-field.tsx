import { TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { SearchIcon } from './icons.tsx';

/** How long after the last key the list follows. */
const typingMs = 200;

interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly className: string | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function SearchField({ label, placeholder, className, value, onChange }: SearchFieldProps) {
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
      {...(className === undefined ? {} : { className })}
      leftSection={<SearchIcon />}
      value={typed}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}
