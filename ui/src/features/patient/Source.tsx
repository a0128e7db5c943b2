import type { ReactNode } from 'react';

import { goTo, type UrlKey } from '../../url';
import classes from './Patient.module.css';

/** The parts of the record below the overview, and what narrows a part to the record that is meant. */
const NARROWING = { act: null, code: null, from: null, to: null, open: null } as const;

export type Place = { readonly show: string } & Partial<Record<Exclude<UrlKey, 'show'>, string | null>>;

/** Go to a part of the record; what narrowed the part before is forgotten. */
export const goToPlace = (place: Place): void => goTo({ ...NARROWING, ...place });

/** The readings of a kind on one day, of which one may be meant. */
export const readingsOn = (kind: 'blood_pressure' | 'glucose', day: string, id?: string): Place => ({
  show: 'readings', act: kind, from: day, to: day, open: id ?? null,
}); // prettier-ignore

interface SourceProps {
  readonly to: Place;
  /** What it opens, for those who do not see where it stands. */
  readonly label?: string | undefined;
  readonly children: ReactNode;
}

/** A number that opens the record it comes from. */
export function Source({ to, label, children }: SourceProps) {
  return (
    <button type="button" className={classes.source} aria-label={label} onClick={() => goToPlace(to)}>
      {children}
    </button>
  );
}
