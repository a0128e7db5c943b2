import { Link } from 'wouter';

import type { Organisation } from '../../api/types';
import { Asked } from '../../kit/Asked';
import { Card, Page } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { useMay } from '../session/session';
import { useClinics } from '../today/clinics';
import classes from './Clinics.module.css';

/** The tree as far as the caller sees it: region, districts, clinics. */
export default function ClinicsPage() {
  const { t } = usePageWords();
  const { query, clinics, organisations } = useClinics();
  const known = new Set(organisations.map((one) => one.id));
  const roots = organisations.filter((one) => one.parent_id === null || !known.has(one.parent_id));
  return (
    <Page title={t('nav.clinics')} aside={<span className="muted">{t('org.count', { n: clinics.length })}</span>}>
      <Card title={t('org.tree')}>
        <Asked query={query}>
          {() => <Level nodes={roots} all={organisations} />}
        </Asked>
      </Card>
    </Page>
  );
}

interface LevelProps {
  readonly nodes: readonly Organisation[];
  readonly all: readonly Organisation[];
}

function Level({ nodes, all }: LevelProps) {
  const { t, say } = usePageWords();
  const works = useMay('people.read');
  return (
    <ul className={classes.level}>
      {nodes.map((node) => {
        const below = all.filter((one) => one.parent_id === node.id);
        return (
          <li key={node.id}>
            <span className="muted">{t(`org.${node.kind}`)}</span>{' '}
            {node.kind === 'clinic' && works ? (
              <Link href={`/?clinic=${node.id}`}>{say(node.name)}</Link>
            ) : (
              <strong>{say(node.name)}</strong>
            )}{' '}
            <code className="muted">{node.code}</code>{' '}
            <Link href={`/clinics/${node.id}`} aria-label={t('org.settingsOf', { name: say(node.name) })}>
              {t('org.settings')}
            </Link>
            {below.length > 0 && <Level nodes={below} all={all} />}
          </li>
        );
      })}
    </ul>
  );
}
