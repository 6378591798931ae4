import { Button, Modal } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { KeyboardEvent, ReactNode } from 'react';
import css from './parts.module.css';

interface DialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** Its width where there is room, in px; elsewhere it fills the screen. */
  readonly size: number;
  readonly children: ReactNode;
}

export function Dialog(props: DialogProps) {
  const narrow = useMediaQuery('(max-width: 559.98px)') ?? false;
  // Mantine would close it before the page sees the key, which then means: back to the list.
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    props.onClose();
  };
  return (
    <Modal
      {...props}
      fullScreen={narrow}
      closeOnEscape={false}
      onKeyDown={onKeyDown}
      closeButtonProps={{ 'aria-label': 'Close' }}
    />
  );
}

interface DialogFootProps {
  readonly onCancel: () => void;
  /** What went wrong, if anything. */
  readonly problem: ReactNode;
  /** The button that does it. */
  readonly children: ReactNode;
}

/** In sight however long the dialog is. */
export function DialogFoot({ onCancel, problem, children }: DialogFootProps) {
  return (
    <div className={css.dialogFoot}>
      {problem}
      <div className={css.dialogActions}>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        {children}
      </div>
    </div>
  );
}
