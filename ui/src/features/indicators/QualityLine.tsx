import { Link } from 'wouter';

import { Asked } from '../../kit/Asked';
import { Tag } from '../../kit/Tag';
import { usePageWords } from '../../locales/pages';
import { spanOf, useQuality } from '../quality/data';

/** One line on how well was measured; it leads to the page that says it in full. */
export function QualityLine({ scope }: { readonly scope: string }) {
  const { t, say } = usePageWords();
  const quality = useQuality(scope, spanOf('365'));
  return (
    <Asked query={quality} lines={1}>
      {({ flags, pressures, enough }) => (
    <p>
      {t('ind.quality', { n: pressures })}{' '}
      {flags.map((flag) => (
        <Tag key={flag.code} tone="warn">
          {say(flag.text)}
        </Tag>
      ))}
      {flags.length === 0 && (pressures >= enough ? t('ind.qualityFine') : t('ind.qualityFew', { n: enough }))}{' '}
      <Link href="/quality">{t('ind.qualityMore')}</Link>
    </p>
      )}
    </Asked>
  );
}
