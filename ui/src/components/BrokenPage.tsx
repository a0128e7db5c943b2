import { Button } from '@mantine/core';

import { useWords } from '../locales/language';
import { Notice } from './Notice';

/** The page itself failed: nothing but loading it anew helps. */
export function BrokenPage() {
  const { t } = useWords();
  return (
    <Notice alert title={t('state.brokenTitle')} hint={t('state.brokenHint')}>
      <Button size="xs" onClick={() => location.reload()}>
        {t('app.reload')}
      </Button>
    </Notice>
  );
}
