import { Button } from '@mantine/core';
import type { ReactNode } from 'react';

import { usePageWords } from '../locales/pages';
import { Dialog } from './Dialog';
import type { Draft } from './drafts';
import type { Field } from './fields';
import { Fields } from './Fields';
import { FaultSummary, Form } from './Form';
import classes from './kit.module.css';
import { useForm } from './useForm';

interface FormDialogProps<T> {
  readonly title: string;
  readonly submit: string;
  readonly draftKey: string;
  readonly fields: readonly Field[];
  readonly initial?: Draft;
  readonly send: (body: Record<string, unknown>, draft: Draft) => Promise<T>;
  readonly onDone: (answer: T) => void;
  readonly onClose: () => void;
  readonly children?: ReactNode | ((draft: Draft) => ReactNode);
}

const NOTHING: Draft = {};

/** One small form in a dialog. */
export function FormDialog<T>(props: FormDialogProps<T>) {
  const { title, submit, draftKey, fields, initial = NOTHING, send, onDone, onClose, children } = props;
  const { t } = usePageWords();
  const form = useForm(draftKey, fields, initial, send, onDone);
  const close = (): void => {
    form.reset(); // closed on purpose: what was typed is not wanted
    onClose();
  };
  return (
    <Dialog title={title} onClose={close}>
      <Form label={title} onSubmit={form.send}>
        <FaultSummary faults={form.faults} fields={fields} />
        <Fields fields={fields} draft={form.draft} set={form.set} faults={form.faults} />
        {typeof children === 'function' ? children(form.draft) : children}
        <div className={classes.line} data-stop>
          <Button type="submit" loading={form.isSending}>
            {submit}
          </Button>
          <Button variant="default" onClick={close}>
            {t('kit.close')}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
