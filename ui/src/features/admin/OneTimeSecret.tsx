import { Button } from '@mantine/core';

import { Dialog } from '../../kit/Dialog';
import { usePageWords } from '../../locales/pages';

interface OneTimeSecretProps {
  readonly title: string;
  readonly secret: string;
  readonly onClose: () => void;
}

/** A password or key that is shown once and kept nowhere. */
export function OneTimeSecret({ title, secret, onClose }: OneTimeSecretProps) {
  const { t } = usePageWords();
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{t('user.once')}</p>
      <code style={{ fontSize: '1.125rem', overflowWrap: 'anywhere', userSelect: 'all' }}>{secret}</code>
      <Button onClick={onClose}>{t('user.noted')}</Button>
    </Dialog>
  );
}
