import { ErrorState } from '../../components/ErrorState';
import { LoadingLines } from '../../components/LoadingLines';
import { Notice } from '../../components/Notice';
import { TopBar } from '../../components/TopBar';
import { useWords } from '../../locales/language';
import { RateColumn } from '../rates/RateColumn';
import { signOut, useMay, useMe, useSession } from '../session/session';
import { UpdateBar } from '../session/UpdateBar';
import { ClinicChooser } from './ClinicChooser';
import { useClinics } from './clinics';
import classes from './TodayPage.module.css';
import { WorkListCard } from './WorkListCard';

export default function TodayPage() {
  const { t } = useWords();
  const session = useSession();
  const me = useMe();
  const seesPeople = useMay('people.read');
  const seesRates = useMay('indicators.read');
  const { clinics, organisations, chosen, query } = useClinics();

  return (
    <div className={classes.page}>
      <TopBar actor={me.data?.display_name} onSignOut={() => void signOut()}>
        {chosen && <ClinicChooser clinics={clinics} organisations={organisations} chosen={chosen} />}
      </TopBar>
      <UpdateBar serverBuild={session.data?.ui_build} />
      {!seesPeople && !seesRates ? (
        <main id="main">
          <Notice title={t('state.noWork')} hint={t('state.noWorkHint')} />
        </main>
      ) : chosen ? (
        <main id="main" className={classes.main}>
          {seesPeople && <WorkListCard key={chosen.id} clinic={chosen.id} />}
          {seesRates && <RateColumn clinic={chosen.id} />}
        </main>
      ) : (
        <main id="main">
          {query.isPending && <LoadingLines count={12} />}
          {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
          {query.isSuccess && <Notice title={t('state.noClinics')} hint={t('state.noClinicsHint')} />}
        </main>
      )}
      <footer className={`${classes.foot} muted`}>{t('app.zone')}</footer>
    </div>
  );
}
