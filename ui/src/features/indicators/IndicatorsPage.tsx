import { useLocation } from 'wouter';

import { Notice } from '../../components/Notice';
import { localMoment, monthOf } from '../../dates';
import { Asked } from '../../kit/Asked';
import { usePageWords } from '../../locales/pages';
import { useDefinitions } from '../rates/rates';
import { useMay } from '../session/session';
import { useClinics } from '../today/clinics';
import { Cascade } from './Cascade';
import { Crumbs } from './Crumbs';
import { type Definition, inMonths, type Span, useValues, type Value } from './data';
import { HeadlineCard } from './HeadlineCard';
import classes from './Indicators.module.css';
import { NumbersPage } from './NumbersPage';
import { OthersCard } from './OthersCard';
import { OutcomesCard } from './OutcomesCard';
import { QualityLine } from './QualityLine';
import { Staff } from './Staff';

/** The three that head the page, for each disease. */
const HEADLINES = {
  HTN: ['IND-02', 'IND-03', 'SIMPLE-MISSED'],
  T2DM: ['IND-02', 'IND-04', 'IND-20'],
} as const;

/** How a clinic does: its numbers, what they are made of, how they move, and who is behind them. */
export default function IndicatorsPage() {
  const { t } = usePageWords();
  const [, navigate] = useLocation();
  const { chosen, organisations, query } = useClinics();
  return (
    <NumbersPage place={chosen} query={query} titleOf="ind.titleOf" title="nav.indicators">
      {({ disease, month, months, span }) =>
        chosen ? (
          <>
            <Crumbs
              place={chosen}
              organisations={organisations}
              onOpen={(one) => navigate(`/district?place=${one.id}&disease=${disease}&period=${month}&span=${span}`)}
            />
            <Dashboard scope={chosen.id} disease={disease} month={month} months={months} span={span} />
          </>
        ) : (
          <Notice title={t('state.noClinics')} hint={t('state.noClinicsHint')} />
        )
      }
    </NumbersPage>
  );
}

interface DashboardProps {
  readonly scope: string;
  readonly disease: 'HTN' | 'T2DM';
  readonly month: string;
  readonly months: readonly string[];
  readonly span: Span;
}

function Dashboard({ scope, disease, month, months, span }: DashboardProps) {
  const definitions = useDefinitions();
  const values = useValues(scope, months, span, disease);
  return (
    <Asked query={definitions} lines={3}>
      {({ items }) => (
        <Asked query={values} lines={14}>
          {(known) => <Numbers scope={scope} disease={disease} month={month} months={months} span={span} definitions={items} values={known.items} />}
        </Asked>
      )}
    </Asked>
  );
}

interface NumbersProps extends DashboardProps {
  readonly definitions: readonly Definition[];
  readonly values: readonly Value[];
}

function Numbers({ scope, disease, month, months, span, definitions, values }: NumbersProps) {
  const { t } = usePageWords();
  const seesPeople = useMay('people.read');
  const newest = (code: string) => values.find((one) => one.code === code && monthOf(one.period.end) === month);
  const computed = values.reduce((latest, one) => (one.computed_at > latest ? one.computed_at : latest), '');
  return (
    <>
      <p className="muted">
        {t(span === 'year' ? 'rates.ytd' : `ind.spanNote.${span}`)} {computed && t('ind.computed', { at: localMoment(computed) })}
      </p>
      <div className={classes.cards}>
        {HEADLINES[disease].map((code) => {
          const definition = definitions.find((one) => one.code === code && one.disease === disease);
          return (
            definition?.spans.includes(span) && (
              <HeadlineCard
                key={code}
                definition={definition}
                asking={{ code, disease, scope, month, span }}
                months={months}
                values={inMonths(values.filter((one) => one.code === code), months)}
                isClinic
              />
            )
          );
        })}
      </div>
      {span === 'year' && (
        <div className={classes.halves}>
          {disease === 'HTN' && <OutcomesCard months={months} values={values} />}
          <Cascade standard={newest('IND-02')} control={newest(disease === 'HTN' ? 'IND-03' : 'IND-04')} asking={{ disease, scope, month, span }} />
        </div>
      )}
      {seesPeople && <Staff scope={scope} disease={disease} month={month} span={span} definitions={definitions} />}
      <QualityLine scope={scope} />
      <OthersCard scope={scope} isClinic disease={disease} definitions={definitions} values={values} months={months} span={span} />
    </>
  );
}
