import type { Right } from '../api/types';
import { Notice } from '../components/Notice';
import { Right as RIGHTS } from '../locales/codes';
import { usePageWords } from '../locales/pages';

/** A page that this user may not open: which right is missing, and whom to ask. */
export default function Denied({ right }: { readonly right: Right }) {
  const { t, name } = usePageWords();
  return <Notice page alert title={t('state.deniedTitle')} hint={t('state.deniedRight', { right: name(RIGHTS, right) })} />;
}
