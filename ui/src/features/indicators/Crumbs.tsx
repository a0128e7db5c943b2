import type { Organisation } from '../../api/types';
import { usePageWords } from '../../locales/pages';
import { goTo } from '../../url';
import classes from './Indicators.module.css';
import { pathTo, useOverseen } from './place';

interface CrumbsProps {
  readonly place: Organisation;
  readonly organisations: readonly Organisation[];
  /** What a step up does; without it the same page is shown of that place. */
  readonly onOpen?: (place: Organisation) => void;
}

const showThere = (place: Organisation): void => goTo({ place: place.id });

/** Where a place lies in the tree; each step up that the caller oversees leads there and keeps the other filters. */
export function Crumbs({ place, organisations, onOpen = showThere }: CrumbsProps) {
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
              <button type="button" className={classes.crumb} onClick={() => onOpen(one)}>
                {say(one.name)}
              </button>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
