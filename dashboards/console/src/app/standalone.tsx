import type { ReactNode } from 'react';
import { Pulse } from '../parts/icons.tsx';
import css from './standalone.module.css';

/** A page of its own, outside the frame of the signed-in ones. */
export function Standalone({ children }: { children: ReactNode }) {
  return (
    <main className={css.page}>
      <div className={css.card}>
        <div className={css.brand}>
          <Pulse /> Aftercare
        </div>
        {children}
      </div>
    </main>
  );
}
