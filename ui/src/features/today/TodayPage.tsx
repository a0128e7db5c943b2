import { ErrorState } from '../../components/ErrorState';
import { LoadingLines } from '../../components/LoadingLines';
import { Notice } from '../../components/Notice';
import { useWords } from '../../locales/language';
import { RateColumn } from '../rates/RateColumn';
import { useMay } from '../session/session';
import { useClinics } from './clinics';
import classes from './TodayPage.module.css';
import { WorkListCard } from './WorkListCard';

export default function TodayPage() {
  const { t } = useWords();
  const seesPeople = useMay('people.read');
  const seesRates = useMay('indicators.read');
  const { chosen, query } = useClinics();
  if (!seesPeople && !seesRates) return <Notice page title={t('state.noWork')} hint={t('state.noWorkHint')} />;
  if (query.isPending) return <LoadingLines count={12} />;
  if (query.isError && !chosen) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (!chosen) return <Notice page title={t('state.noClinics')} hint={t('state.noClinicsHint')} />;
  return (
    <div className={classes.page}>
      <div className={classes.main}>
        {seesPeople && <WorkListCard key={chosen.id} clinic={chosen.id} />}
        {seesRates && <RateColumn clinic={chosen.id} />}
      </div>
      <footer className={`${classes.foot} muted`}>{t('app.zone')}</footer>
    </div>
  );
}
