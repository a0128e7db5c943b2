import type { Organisation } from '../../api/types';
import { usePageWords } from '../../locales/pages';
import { goTo } from '../../url';
import classes from './Indicators.module.css';
import { pathTo, useOverseen } from './place';

/** Where a place lies in the tree; each step up is a link that keeps the other filters. */
export function Crumbs({ place, organisations }: { readonly place: Organisation; readonly organisations: readonly Organisation[] }) {
  const { t, say } = usePageWords();
  const { oversees } = useOverseen();
  return (
    <nav aria-label={t('ind.path')}>
      <ol className={classes.crumbs}>
        {pathTo(place, organisations).map((one) => (
          <li key={one.id}>
            {one.id === place.id ? (
              <strong aria-current="location">{say(one.name)}</strong>
            ) : !oversees(one) ? (
              say(one.name)
            ) : (
              <button type="button" className={classes.crumb} onClick={() => goTo({ place: one.id })}>
                {say(one.name)}
              </button>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
