import { createContext } from 'react';

import type { components } from '../api/schema';

export type Favourite = components['schemas']['FavouriteOut'];

/** The medicines that the clinic at hand is offered first; none where nothing was set, or before they are known. */
export const FavouritesContext = createContext<readonly Favourite[]>([]);
