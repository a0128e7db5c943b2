import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '../../api/client';
import type { components } from '../../api/schema';
import type { Favourite } from '../../kit/favourites';
import { useClinics } from '../today/clinics';

type Schemas = components['schemas'];
export type Favourites = Schemas['Favourites'];

const NONE: readonly Favourite[] = [];
const STALE_MS = 60_000;

const of = (organisation_id: string) => ({ params: { path: { organisation_id } } });

export const favouritesKey = (clinic: string) => ['favourites', clinic] as const;

export const useFavouritesOf = (clinic: string | undefined) =>
  useQuery({
    queryKey: favouritesKey(clinic ?? ''),
    queryFn: () => dataOf(api.GET('/v1/organisations/{organisation_id}/favourite-medicines', of(clinic ?? ''))),
    staleTime: STALE_MS,
    enabled: clinic !== undefined,
  });

/** The medicines of the clinic at whose desk this is; none until they are known, so that no form waits for them. */
export function useFavourites(): readonly Favourite[] {
  const { chosen } = useClinics();
  return useFavouritesOf(chosen?.id).data?.items ?? NONE;
}

export const setFavourites = (clinic: string, items: Schemas['FavouriteIn'][]): Promise<Favourites> =>
  dataOf(api.PUT('/v1/organisations/{organisation_id}/favourite-medicines', { ...of(clinic), body: { items } }));

/** A medicine of the list as it is sent again. */
export const sentAgain = ({ name, strength, dose, dose_unit, frequency }: Favourite): Schemas['FavouriteIn'] => ({
  name,
  strength,
  dose: dose === null ? null : Number(dose),
  dose_unit,
  frequency,
});
