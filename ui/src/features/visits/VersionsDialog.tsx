import { localMoment } from '../../dates';
import { Asked } from '../../kit/Asked';
import { Dialog } from '../../kit/Dialog';
import kit from '../../kit/kit.module.css';
import { Pairs } from '../../kit/Page';
import { Tag } from '../../kit/Tag';
import { Disease, VisitEnd } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import { useEncounter } from '../visit/opening';
import { Judged } from '../patient/VisitsPanel';
import { changed } from './columns';

interface VersionsDialogProps {
  readonly encounter: string;
  readonly onClose: () => void;
}

/** Everything that was ever written of one visit: each version, why it ended, and what the next one changed. */
export function VersionsDialog({ encounter, onClose }: VersionsDialogProps) {
  const words = usePageWords();
  const { t, name } = words;
  const query = useEncounter(encounter);
  return (
    <Dialog title={t('visits.history')} onClose={onClose}>
      <Asked query={query}>
        {({ versions }) => (
          <>
            {versions.map((version, index) => {
              const [first] = version.followups;
              const before = versions[index - 1];
              const changes = before ? changed(before, version, words) : [];
              const ended = version.followups.find((one) => one.ended_as !== null);
              return (
                <section key={version.version} className={kit.card}>
                  <div className={kit.cardHead}>
                    <h2>{t('visit.version', { n: version.version })}</h2>
                    {!ended && <Tag tone="good">{t('visits.stands')}</Tag>}
                    {ended && <Tag tone="ended">{name(VisitEnd, ended.ended_as)}</Tag>}
                    {version.followups.map((one) => (
                      <span key={one.id} className={kit.line}>
                        {name(Disease, one.disease)} <Judged judgement={one.judgement} />
                      </span>
                    ))}
                  </div>
                  <div className={kit.cardBody}>
                    <Pairs
                      rows={[
                        [t('visits.written'), first ? localMoment(first.recorded_at) : ''],
                        ...(ended?.ended_at
                          ? [
                              [t('visits.ended'), localMoment(ended.ended_at)] as const,
                              [t('visits.why'), ended.end_reason ?? ''] as const,
                            ]
                          : []),
                      ]}
                    />
                    {changes.length > 0 && (
                      <table className={kit.table}>
                        <caption>{t('visits.changes')}</caption>
                        <thead>
                          <tr>
                            <th scope="col">{t('visits.field')}</th>
                            <th scope="col">{t('visits.before')}</th>
                            <th scope="col">{t('visits.after')}</th>
                          </tr>
                        </thead>
                        <tbody>
                          {changes.map((one) => (
                            <tr key={one.label}>
                              <th scope="row">{one.label}</th>
                              <td>{one.before || '–'}</td>
                              <td>{one.after || '–'}</td>
                            </tr>
                          ))}
                        </tbody>
                      </table>
                    )}
                  </div>
                </section>
              );
            })}
          </>
        )}
      </Asked>
    </Dialog>
  );
}
