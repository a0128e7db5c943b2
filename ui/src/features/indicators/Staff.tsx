import { Link } from 'wouter';

import { Asked } from '../../kit/Asked';
import { Card, Switch } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { goTo, useOneOf } from '../../url';
import { type Definition, listAddress, NO_TEAM, type Part, type Span, useBreakdown, useGoalOf } from './data';
import { OrderFilter, Ranking } from './Ranking';
import { ORDERS } from './ranking-order';

interface StaffProps {
  readonly scope: string;
  readonly disease: 'HTN' | 'T2DM';
  readonly month: string;
  readonly span: Span;
  readonly definitions: readonly Definition[];
}

/** The clinic's responsible doctors, or its family-doctor teams, beside each other in the number of control. */
export function Staff({ scope, disease, month, span, definitions }: StaffProps) {
  const { t, say } = usePageWords();
  const code = disease === 'HTN' ? 'IND-03' : 'IND-04';
  const order = useOneOf('order', ORDERS);
  const by = useOneOf('by', ['doctor', 'team']);
  const asking = { code, disease, scope, month, span };
  const breakdown = useBreakdown(asking, by);
  const goalOf = useGoalOf(scope, month);
  const definition = definitions.find((one) => one.code === code && one.disease === disease);
  const title = t(`ind.staff.${by}`, { title: definition ? say(definition.title) : code });
  const nameOf = (part: Part): string =>
    by === 'team' ? (part.name ? say(part.name) : t('ind.noTeam')) : (part.doctor ?? t('ind.noDoctor'));
  const lists = (part: Part) => (
    <Link href={listAddress({ ...asking, team: part.team_id ?? NO_TEAM }, true)}>{t('dist.open')}</Link>
  );
  return (
    <Card
      title={title}
      flush
      aside={
        <>
          <Switch
            label={t('dist.by')}
            options={[
              ['doctor', t('ind.doctors')],
              ['team', t('ind.teams')],
            ]}
            value={by}
            onChange={(next) => goTo({ by: next })}
          />
          <OrderFilter order={order} />
        </>
      }
    >
      <Asked query={breakdown}>
        {(found) => (
          <Ranking
            title={title}
            breakdown={found}
            order={order}
            higherIsBetter={definition?.direction !== 'lower'}
            nameOf={nameOf}
            empty={t('rates.noData')}
            goal={definition ? goalOf(definition) : null}
            {...(by === 'team' ? { actions: lists } : {})}
          />
        )}
      </Asked>
    </Card>
  );
}
