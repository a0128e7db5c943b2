
import { Link } from '../kit/Link';
import { useWords } from '../locales/language';
import { Notice } from './Notice';

export function NotFound() {
  const { t } = useWords();
  return (
    <Notice page title={t('app.notFound')} hint={t('app.notFoundHint')}>
      <Link href="/">{t('app.toToday')}</Link>
    </Notice>
  );
}
