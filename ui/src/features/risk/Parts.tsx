import { usePageWords } from '../../locales/pages';
import type { Schemas } from './data';
import classes from './Risk.module.css';

const HALF = 50;

/** What raises a number to the right, what lowers it to the left, against somebody of the same age and sex. */
export function Parts({ parts }: { readonly parts: readonly Schemas['RiskPartOut'][] }) {
  const { t, say } = usePageWords();
  if (parts.length === 0) return null;
  const most = Math.max(...parts.map((part) => Math.abs(part.log_odds)));
  return (
    <>
      <h3 className={classes.head}>{t('risk.parts')}</h3>
      <table className={classes.parts}>
        <caption className="sr-only">{t('risk.parts')}</caption>
        <tbody>
          {parts.map((part) => (
            <tr key={part.variable}>
              <th scope="row">
                {say(part.text)} {part.modifiable && <span className="muted">{t('risk.modifiable')}</span>}
              </th>
              <td className={classes.arrow} aria-hidden="true">
                <span
                  className={`${classes.bar} ${part.log_odds > 0 ? classes.more : classes.less}`}
                  style={{ width: `${(HALF * Math.abs(part.log_odds)) / most}%` }}
                />
              </td>
              <td>{t(part.log_odds > 0 ? 'risk.raises' : 'risk.lowers', { n: Math.abs(part.log_odds).toFixed(2) })}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="muted">{t('risk.partsHint')}</p>
    </>
  );
}
