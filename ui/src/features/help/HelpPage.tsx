import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import { KEYS } from '../../app/keys-list';
import { Asked } from '../../kit/Asked';
import kit from '../../kit/kit.module.css';
import { Card, Page, Pairs } from '../../kit/Page';
import { Tag, type Tone } from '../../kit/Tag';
import { usePageWords, type PageKey } from '../../locales/pages';
import { useMay } from '../session/session';
import classes from './Help.module.css';

const SIGNS: readonly (readonly [Tone, PageKey])[] = [
  ['good', 'help.good'], ['warn', 'help.warn'], ['bad', 'help.bad'], ['time', 'help.time'], ['plain', 'help.plain'],
  ['ended', 'help.ended'],
]; // prettier-ignore

/** Keys, signs, what each rate counts, and whom to ask. */
export default function HelpPage() {
  const { t } = usePageWords();
  const readsRates = useMay('indicators.read');
  return (
    <Page title={t('nav.help')}>
      <div className={classes.columns}>
        <Card title={t('keys.title')}>
          <Pairs rows={KEYS.map(([key, what]) => [key, t(what)] as const)} />
          <p className="muted">{t('keys.off')}</p>
        </Card>
        <div className={classes.column}>
          <Card title={t('help.signs')}>
            <ul className={classes.signs}>
              {SIGNS.map(([tone, words]) => (
                <li key={tone}>
                  <Tag tone={tone}>{t(words)}</Tag>
                </li>
              ))}
            </ul>
          </Card>
          <Card title={t('help.contact')}>
            <p>{t('help.contactHint')}</p>
          </Card>
        </div>
      </div>
      {readsRates && <Rates />}
    </Page>
  );
}

function Rates() {
  const { t, say } = usePageWords();
  const query = useQuery({
    queryKey: ['indicators'],
    queryFn: () => dataOf(api.GET('/v1/indicators')),
    staleTime: 600_000,
  });
  return (
    <Card title={t('help.rates')}>
      <Asked query={query}>
        {(data) => (
          <dl className={classes.rates}>
            {data.items.map((one) => (
              <div key={`${one.code}${one.disease}`}>
                <dt>
                  {say(one.title)} <span className="muted">{one.code}</span>
                </dt>
                <dd>
                  {t('rates.numerator')}: {say(one.numerator)}
                </dd>
                <dd>
                  {t('rates.denominator')}: {say(one.denominator)}
                </dd>
                <dd className={kit.hint}>
                  {t('rates.source')}: {one.source} · {t('rates.version', { v: one.version })}
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Asked>
    </Card>
  );
}
