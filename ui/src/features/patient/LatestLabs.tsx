import { DataTable } from '../../kit/DataTable';
import { Card } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { LabFlag } from '../../locales/codes';
import { resultText, unitText } from '../../kit/values';
import { usePageWords } from '../../locales/pages';
import { goTo } from '../../url';
import { Button } from '@mantine/core';
import type { Schemas, Summary } from './data';
import { Source } from './Source';

type Lab = Schemas['SummaryResult'];

const ARROWS: Readonly<Record<string, string>> = { HIGH: '▲', LOW: '▼' };

const isAbnormal = (lab: Lab): boolean => lab.flag === 'HIGH' || lab.flag === 'LOW';

/** The latest result of each analyte, what is out of range first. */
export function LatestLabs({ summary }: { readonly summary: Summary }) {
  const { t, say, name } = usePageWords();
  const rows = [...summary.labs].sort(
    (a, b) => Number(b.is_critical) - Number(a.is_critical) || Number(isAbnormal(b)) - Number(isAbnormal(a)),
  );
  return (
    <Card
      title={t('part.labs')}
      flush
      aside={
        <Button size="compact-sm" variant="default" onClick={() => goTo({ show: 'labs' })}>
          {t('p360.allLabs')}
        </Button>
      }
    >
      <DataTable
        caption={t('p360.latestLabs')}
        rows={rows}
        rowKey={(lab) => lab.analyte}
        empty={t('fact.none')}
        columns={[
          { head: t('fact.analyte'), cell: (lab) => say(lab.text) },
          {
            head: t('fact.value'),
            number: true,
            cell: (lab) => (
              <span style={{ fontWeight: isAbnormal(lab) ? 700 : 400 }}>
                <Source to={{ show: 'labs', code: lab.analyte }}>
                  {lab.beyond}
                  {resultText(lab.value)}
                </Source>{' '}
                {ARROWS[lab.flag]}
              </span>
            ),
          },
          { head: t('fact.unit'), cell: (lab) => unitText(lab.unit) },
          {
            head: t('fact.flag'),
            cell: (lab) =>
              lab.is_critical ? <Tag tone="bad">{t('today.critical')}</Tag> : name(LabFlag, lab.flag),
          },
          { head: t('fact.on'), cell: (lab) => lab.on },
        ]}
      />
    </Card>
  );
}
