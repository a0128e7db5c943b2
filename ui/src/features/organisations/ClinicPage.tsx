import { Link, useParams } from 'wouter';

import { Notice } from '../../components/Notice';
import { Asked } from '../../kit/Asked';
import { Page } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { useMay } from '../session/session';
import { useClinics } from '../today/clinics';
import { FavouritesCard } from './FavouritesCard';
import { GoalsCard } from './GoalsCard';
import { OpeningCard } from './OpeningCard';
import { RhythmCard } from './RhythmCard';
import { TeamsCard } from './TeamsCard';

/** The plan's settings of a node of the tree: when a clinic sees people, and the days between routine visits. */
export default function ClinicPage() {
  const { t, say } = usePageWords();
  const { id = '' } = useParams<{ id: string }>();
  const { query, organisations } = useClinics();
  const maySet = useMay('plans.manage');
  const seesPeople = useMay('people.read');
  const seesNumbers = useMay('indicators.read');
  const node = organisations.find((one) => one.id === id);
  return (
    <Page
      title={node ? `${say(node.name)} · ${t('org.settings')}` : t('org.settings')}
      aside={<Link href="/clinics">{t('org.back')}</Link>}
    >
      <Asked query={query}>
        {() =>
          node ? (
            <>
              {!maySet && <p className="muted">{t('org.mayNotSet')}</p>}
              {node.kind === 'clinic' && <OpeningCard clinic={node.id} maySet={maySet} />}
              {node.kind === 'clinic' && seesPeople && <TeamsCard clinic={node.id} />}
              {node.kind === 'clinic' && seesPeople && <FavouritesCard clinic={node.id} maySet={maySet} />}
              <RhythmCard node={node} maySet={maySet} />
              {seesNumbers && <GoalsCard node={node} maySet={maySet} />}
            </>
          ) : (
            <Notice title={t('org.absent')} />
          )
        }
      </Asked>
    </Page>
  );
}
