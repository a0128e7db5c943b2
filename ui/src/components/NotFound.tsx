import { useWords } from '../locales/language';
import { Notice } from './Notice';

export function NotFound() {
  const { t } = useWords();
  return (
    <main>
      <Notice title={t('app.notFound')} hint={t('app.notFoundHint')}>
        <a href="/">{t('app.toToday')}</a>
      </Notice>
    </main>
  );
}
