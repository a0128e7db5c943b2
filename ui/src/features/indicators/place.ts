import type { Organisation } from '../../api/types';
import { useUrl } from '../../url';
import { useMe } from '../session/session';
import { useClinics } from '../today/clinics';

/** The place of the address: a district or region where it names one, else the chosen clinic. */
export function usePlace() {
  const { query, organisations, clinics, chosen } = useClinics();
  const named = useUrl('place');
  const place: Organisation | undefined = organisations.find((one) => one.id === named) ?? chosen;
  return { query, organisations, clinics, place };
}

/** From the top of what the caller sees down to the place. */
export function pathTo(place: Organisation, organisations: readonly Organisation[]): readonly Organisation[] {
  const path: Organisation[] = [];
  let here: Organisation | undefined = place;
  while (here && !path.includes(here)) {
    path.unshift(here);
    const parent: string | null = here.parent_id;
    here = organisations.find((one) => one.id === parent);
  }
  return path;
}

const LEVELS: readonly Organisation['kind'][] = ['region', 'district', 'clinic'];

/** Which places the caller oversees as a whole: those of a role, and all below; the tree also names what lies above. */
export function useOverseen() {
  const roles = useMe().data?.roles ?? [];
  const { query, organisations } = useClinics();
  const oversees = (place: Organisation): boolean =>
    roles.some(({ organisation_id: node }) => node === null || pathTo(place, organisations).some((one) => one.id === node));
  const highest = organisations
    .filter(oversees)
    .sort((a, b) => LEVELS.indexOf(a.kind) - LEVELS.indexOf(b.kind))[0];
  const named = useUrl('place');
  const place = organisations.find((one) => one.id === named && oversees(one)) ?? highest;
  return { query, organisations, oversees, place };
}

/** The place of a page of sums: the one of the address, else all that the caller oversees; one clinic for its own staff. */
export function useWidePlace() {
  const { query, organisations, place: overseen } = useOverseen();
  const { chosen } = useClinics();
  const [place, clinic] = [useUrl('place'), useUrl('clinic')];
  const isWide = overseen !== undefined && overseen.kind !== 'clinic';
  return { query, organisations, place: isWide && (place !== null || clinic === null) ? overseen : chosen };
}
