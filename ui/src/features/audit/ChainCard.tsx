import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { Asked } from '../../kit/Asked';
import { Card } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { usePageWords } from '../../locales/pages';

/** Whether the newest part of the trail is as it was sealed. */
export function ChainCard() {
  const { t, say } = usePageWords();
  const query = useQuery({ queryKey: ['audit', 'check'], queryFn: () => dataOf(api.GET('/v1/audit/check')) });
  return (
    <Card title={t('audit.chain')}>
      <Asked query={query} lines={1}>
        {({ segments, sealed, unsealed, findings }) => (
          <>
            <p>
              {findings.length === 0 ? <Tag tone="good">{t('audit.whole')}</Tag> : <Tag tone="bad">{t('audit.broken')}</Tag>}{' '}
              {t('audit.checked', { segments, sealed, unsealed })}
            </p>
            {findings.length > 0 && (
              <ul>
                {findings.map((one) => (
                  <li key={`${one.segment}.${one.seq}.${one.words.en}`}>
                    {t('audit.where', { segment: one.segment ?? '–', seq: one.seq ?? '–' })} {say(one.words)}
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </Asked>
    </Card>
  );
}
