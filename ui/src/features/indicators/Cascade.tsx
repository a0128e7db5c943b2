import { Link } from 'wouter';

import { Card } from '../../kit/Page';
import { usePageWords } from '../../locales/pages';
import { type Asking, type Bucket, listAddress, type Value } from './data';
import classes from './Indicators.module.css';

interface CascadeProps {
  readonly standard: Value | undefined;
  readonly control: Value | undefined;
  readonly asking: Omit<Asking, 'code'>;
}

/** From everybody on file to the controlled, each step with its people behind it. */
export function Cascade({ standard, control, asking }: CascadeProps) {
  const { t } = usePageWords();
  if (!standard || !control) return null;
  const all = standard.denominator + standard.exclusions;
  const steps: readonly (readonly [string, number, (readonly [string, Bucket]) | null])[] = [
    [t('ind.step.all'), all, null],
    [t('ind.step.managed'), standard.denominator, null],
    [t('ind.step.standard'), standard.numerator, [standard.code, 'numerator']],
    [t('ind.step.control'), control.numerator, [control.code, 'numerator']],
  ];
  return (
    <Card title={t('ind.cascade')} aside={<span className="muted">{t('ind.cascadeHint')}</span>}>
      <table className={classes.cascade}>
        <caption className="sr-only">{t('ind.cascade')}</caption>
        <tbody>
          {steps.map(([name, count, list]) => (
            <tr key={name}>
              <th scope="row">{list ? <Link href={listAddress({ ...asking, code: list[0] }, true, list[1])}>{name}</Link> : name}</th>
              <td className={classes.bar} aria-hidden="true">
                <span style={{ width: `${all === 0 ? 0 : (100 * count) / all}%` }} />
              </td>
              <td className={classes.count}>
                <strong>{count}</strong> <span className="muted">{all === 0 ? '—' : `${Math.round((100 * count) / all)}%`}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="muted">{t('ind.cascadeSays')}</p>
    </Card>
  );
}
