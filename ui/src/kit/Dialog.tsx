import { CloseButton } from '@mantine/core';
import { type ReactNode, useEffect, useId, useRef } from 'react';

import { useWords } from '../locales/language';
import classes from './kit.module.css';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** Where the focus goes first; else to the first field. */
  readonly focus?: string;
  readonly children: ReactNode;
}

const FIRST_FIELD = '[data-field] input:checked, [data-field] input, [data-field] select, [data-field] textarea, [data-stop] button';

/** A dialog of the browser's own: it keeps the focus inside and gives it back, Escape closes it. */
export function Dialog({ title, onClose, focus = FIRST_FIELD, children }: DialogProps) {
  const { t } = useWords();
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const before = document.activeElement;
    if (!element.current?.open) element.current?.showModal();
    const field = element.current?.querySelector<HTMLElement>(focus);
    field?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, [focus]);
  return (
    <dialog
      ref={element}
      className={classes.dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className={classes.dialogHead}>
        <h2 id={titleId}>{title}</h2>
        <CloseButton aria-label={t('kit.close')} onClick={onClose} />
      </div>
      <div className={classes.dialogBody}>{children}</div>
    </dialog>
  );
}
