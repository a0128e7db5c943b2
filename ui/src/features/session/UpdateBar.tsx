import { Button } from '@mantine/core';

import { useWords } from '../../locales/language';
import classes from './UpdateBar.module.css';

const pageBuild = document.querySelector<HTMLMetaElement>('meta[name="cmc-build"]')?.content;

/** Tells when the server has newer pages than this tab; reloading stays the user's choice. */
export function UpdateBar({ serverBuild }: { readonly serverBuild: string | null | undefined }) {
  const { t } = useWords();
  if (!serverBuild || !pageBuild || serverBuild === pageBuild) return null;
  return (
    <div className={classes.bar} role="status">
      {t('app.updated')}
      <Button size="compact-xs" onClick={() => location.reload()}>
        {t('app.reload')}
      </Button>
    </div>
  );
}
